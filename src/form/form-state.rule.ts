import type { CampaignState } from '../campaign/state.rule.ts';

export const formStates = [
  'awaiting-liaison',
  'awaiting-leader',
  'signed',
  'rejected',
  'withdrawn',
  'expired',
  'voided',
] as const;
export type FormState = (typeof formStates)[number];

/** From which states a form may come into each. What was signed can still be taken back, or found changed; nothing else undoes it. */
export const formMoves = {
  'awaiting-liaison': [],
  'awaiting-leader': ['awaiting-liaison'],
  signed: ['awaiting-leader'],
  rejected: ['awaiting-liaison', 'awaiting-leader'],
  withdrawn: ['awaiting-liaison', 'awaiting-leader', 'signed'],
  expired: ['awaiting-liaison', 'awaiting-leader'],
  voided: ['awaiting-liaison', 'awaiting-leader', 'signed'],
} as const satisfies Record<FormState, readonly FormState[]>;

/** How a campaign's form stands once the campaign has come into `state`; null where the move says nothing of the form. */
export function formStateOf(state: CampaignState): FormState | null {
  if (state === 'scheduled') return 'signed';
  const own: readonly string[] = formStates;
  return own.includes(state) ? (state as FormState) : null;
}
