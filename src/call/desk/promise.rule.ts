import { contactChannels, contactPurposes, type ContactPurpose, type Reach } from '../../kernel/reach.rule.ts';

/** Days that the desk offers for a callback, today among them. */
export const promiseDays = 10;
const halfHourMs = 1_800_000;
const dayMs = 86_400_000;
const chinaOffsetMs = 8 * 3_600_000;
/** Nobody promises a call for a moment at which the agent may still be in this one. */
const soonestMs = 15 * 60_000;

export type PromiseDay = { date: string; times: Date[] };

/** Every day with the half hours at which the person may be called; a day without one is closed, and cannot be picked. */
export function promiseDaysOf(mayCallAt: (at: Date) => boolean, now: Date): PromiseDay[] {
  const midnight = Math.floor((now.getTime() + chinaOffsetMs) / dayMs) * dayMs - chinaOffsetMs;
  return Array.from({ length: promiseDays }, (_, day) => {
    const start = midnight + day * dayMs;
    const times = Array.from({ length: dayMs / halfHourMs }, (_each, slot) => new Date(start + slot * halfHourMs));
    return {
      date: new Date(start + chinaOffsetMs).toISOString().slice(0, 10),
      times: times.filter((at) => at.getTime() >= now.getTime() + soonestMs && mayCallAt(at)),
    };
  });
}

/**
 * What "do not contact me any more" silences when it is said to an agent: every channel, and every purpose but the notices that
 * the contract owes (service, repayment), unless it was such a call in which it was said.
 */
export const reachOfDeskNo = (purpose: ContactPurpose): Reach => ({
  channels: contactChannels,
  purposes: contactPurposes.filter((each) => (each !== 'service' && each !== 'repayment') || each === purpose),
});

/** The key that chooses a result, the same in every script: 1 to 8. */
export const resultKey = (results: readonly string[], result: string): number => results.indexOf(result) + 1;
