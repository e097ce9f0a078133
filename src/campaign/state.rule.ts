import { formStates, type FormState } from '../form/form-state.rule.ts';
import { campaignStates, endedStates, type CampaignState } from '../kernel/campaign-state.rule.ts';

export { campaignStates, endedStates, type CampaignState };

/** Signed, and something can still go out. */
export const runningStates: readonly CampaignState[] = ['scheduled', 'sending', 'paused'];

/** From which states a person (or the clock, or the verifier) may bring a campaign into `to`. */
export const campaignMoves = {
  freezing: ['draft'],
  'awaiting-liaison': ['freezing'],
  'awaiting-leader': ['awaiting-liaison'],
  scheduled: ['awaiting-leader', 'paused'],
  sending: ['scheduled', 'paused'],
  paused: ['scheduled', 'sending'],
  settling: ['sending', 'paused', 'scheduled'],
  completed: ['settling'],
  archived: ['completed'],
  rejected: ['awaiting-liaison', 'awaiting-leader'],
  withdrawn: ['awaiting-liaison', 'awaiting-leader', 'scheduled'],
  expired: ['awaiting-liaison', 'awaiting-leader'],
  voided: ['awaiting-liaison', 'awaiting-leader', 'scheduled', 'sending', 'paused'],
  cancelled: ['scheduled', 'sending', 'paused'],
  draft: ['freezing'],
} as const satisfies Record<CampaignState, readonly CampaignState[]>;

/** How a campaign's form stands once the campaign has come into `state`; null where the move says nothing of the form. */
export function formStateOf(state: CampaignState): FormState | null {
  if (state === 'scheduled') return 'signed';
  const own: readonly string[] = formStates;
  return own.includes(state) ? (state as FormState) : null;
}
