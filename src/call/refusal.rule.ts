import type { ContactReason } from '../contact/contact.rule.ts';
import type { GivenUpReason } from './task.rule.ts';

/** What becomes of a task when the one contact rule does not let its customer be called. */
export type AfterRefusal = { to: 'waiting'; notBefore: Date } | { to: 'given-up'; reason: GivenUpReason };

const shortly = (now: Date): Date => new Date(now.getTime() + 60_000);

/** Hours and caps end by themselves; a no does not. `until`: when the refusal ends, null where that takes somebody's act. */
export function afterRefusal(why: ContactReason, until: Date | null, now: Date): AfterRefusal {
  switch (why) {
    case 'outside-hours':
    case 'capped':
      return until === null ? { to: 'given-up', reason: 'not-allowed' } : { to: 'waiting', notBefore: until };
    // The number has changed hands between the choice and the call: the next claim chooses again.
    case 'number-moved':
    case 'dead-number':
      return { to: 'waiting', notBefore: shortly(now) };
    case 'opted-out':
    case 'dnc':
    case 'complaint':
    case 'no-consent':
      return { to: 'given-up', reason: why };
    // A carrier's list of numbers that it carries nothing to.
    case 'gateway-blacklist':
      return { to: 'given-up', reason: 'no-number' };
    // Said of a campaign's list or of a topic; a call has neither.
    case 'listed-twice':
    case 'not-subscribed':
      return { to: 'given-up', reason: 'not-allowed' };
  }
}
