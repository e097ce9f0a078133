import type { CampaignState } from './state.rule.ts';
import type { LedgerCounts } from '../contact/message-state.rule.ts';
import type { WindowState } from '../contact/sending-window.rule.ts';

/** What a campaign's workflow does now. `untilMs` is the longest it may wait before it looks again. */
export type NextStep =
  | { kind: 'freeze' }
  | { kind: 'expire' }
  | { kind: 'start' }
  | { kind: 'send' }
  | { kind: 'wait'; untilMs: number; why: 'signature' | 'window' | 'deferred' | 'paused' }
  | { kind: 'close'; remaining: 'expired' | 'cancelled' }
  | { kind: 'settle'; waitMs: number }
  | { kind: 'finish' }
  | { kind: 'end' };

export type Situation = {
  state: CampaignState;
  window: WindowState;
  counts: LedgerCounts;
  /** Pending rows that may be claimed now, and when the first of the others may. */
  dueNow: number;
  nextDueAt: Date | null;
  /** Rows whose outcome the gateway or a receipt may still tell, and when the next of them is to be asked. */
  open: number;
  askAt: Date | null;
  /** When the last message was claimed, and after which moment open rows stay as they are. Null until sending has begun. */
  sentAt: Date | null;
  settleUntil: Date | null;
  /** The ledger is closed, and whether all that the process owes after it is done. */
  finished: boolean;
  closed: boolean;
  now: Date;
};

// A lost notification heals at the next look: the database is the truth, the workflow only paces itself.
const longestWaitMs = 15 * 60_000;
const wait = (until: Date, now: Date, why: 'window' | 'deferred' | 'paused'): NextStep => ({
  kind: 'wait',
  why,
  untilMs: Math.max(200, Math.min(longestWaitMs, until.getTime() - now.getTime())),
});

/** The process of a campaign before its second signature; null from then on. `signBy` is null while there is no form. */
export function stepBeforeSending(
  state: CampaignState,
  signBy: Date | null,
  now: Date,
): Exclude<NextStep, { kind: 'send' }> | null {
  if (state === 'freezing') return { kind: 'freeze' };
  if (state !== 'awaiting-liaison' && state !== 'awaiting-leader') return null;
  if (signBy === null) return { kind: 'end' };
  const untilMs = signBy.getTime() - now.getTime();
  // Days without a look: a signature, a rejection and a withdrawal are told to the process, and the watch finds one that is lost.
  return untilMs > 0 ? { kind: 'wait', why: 'signature', untilMs } : { kind: 'expire' };
}

/** The process of a campaign after its second signature, as one decision over what the database says. */
export function nextStep(at: Situation): NextStep {
  const { state, window, counts, now } = at;
  const settling = at.open > 0 && (at.settleUntil === null || now < at.settleUntil);
  const stopped = state === 'cancelled' || state === 'voided';
  if (at.finished) return { kind: at.closed ? 'end' : 'finish' };
  if (!stopped && !['scheduled', 'sending', 'paused', 'settling'].includes(state)) return { kind: 'end' };
  if (stopped && counts.pending > 0) return { kind: 'close', remaining: 'cancelled' };
  if (window.kind === 'over' && counts.pending > 0) return { kind: 'close', remaining: 'expired' };
  if (counts.pending > 0) {
    // What became of those in doubt can be asked during a pause, too: a question is no message.
    if (state === 'paused' || state === 'settling')
      return settling ? settleStep(at) : wait(new Date(now.getTime() + longestWaitMs), now, 'paused');
    if (window.kind === 'closed') return wait(window.opensAt, now, 'window');
    // The calendar ends before the window does: nobody guesses, somebody imports the next calendar.
    if (window.kind !== 'open') return wait(new Date(now.getTime() + longestWaitMs), now, 'window');
    if (state === 'scheduled') return { kind: 'start' };
    if (at.dueNow > 0) return { kind: 'send' };
    const soonest = Math.min(at.nextDueAt?.getTime() ?? Infinity, window.closesAt.getTime());
    // Whoever is put off is waited for even when the others' receipts are given up.
    if (!settling || (at.askAt?.getTime() ?? Infinity) > soonest) return wait(new Date(soonest), now, 'deferred');
  }
  if (settling) return settleStep(at);
  return { kind: 'finish' };
}

function settleStep({ askAt, sentAt, now }: Situation): NextStep {
  const ask = askAt?.getTime() ?? now.getTime() + longestWaitMs;
  // Receipts may end it long before anybody is asked: looked for soon after the last message, and ever more seldom.
  const patience = sentAt === null ? longestWaitMs : Math.max(1_000, (now.getTime() - sentAt.getTime()) / 4);
  return { kind: 'settle', waitMs: Math.max(0, Math.min(longestWaitMs, Math.ceil(patience), ask - now.getTime())) };
}
