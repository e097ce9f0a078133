import { formStates, type FormState } from '../../form/form-state.rule.ts';

/** A script is a draft, or stands as its form stands. */
export const scriptStates = ['draft', ...formStates] as const;
export type ScriptState = 'draft' | FormState;

/** From which state a further version may be written: what is on its way to be signed is sent back or withdrawn first. */
export const mayHaveNextVersion = (state: ScriptState): boolean =>
  ['signed', 'rejected', 'withdrawn', 'expired', 'voided'].includes(state);
