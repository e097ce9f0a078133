import type { SigningRole } from '../house/signing-role.rule.ts';

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

/** Whose signature a form in that state, or its subject, waits for; null where it waits for none. */
export const awaitedRole = (state: string): SigningRole | null =>
  state === 'awaiting-liaison' ? 'liaison' : state === 'awaiting-leader' ? 'leader' : null;
