import { failureReasons, type FailureReason } from '../contact/message-state.rule.ts';

/** Whom of a campaign a new list may be made of, by what became of the message. */
export const peopleOutcomes = ['failed', 'unknown', 'expired', 'cancelled'] as const;
export type PeopleOutcome = (typeof peopleOutcomes)[number];

/** Why somebody chosen is not on the new list: a receipt says they got the text, the number is another customer's, of nobody on record any more, or silenced. */
export const peopleObstacles = ['reached', 'taken-over', 'gone', 'suppressed'] as const;
export type PeopleObstacle = (typeof peopleObstacles)[number];

/** The next message would fail like the last one: such people are left out unless they are asked for. */
const lasting: ReadonlySet<FailureReason> = new Set(['number-refused', 'number-dead', 'number-blacklisted']);

/** Reasons of failed people who come onto a new list when nobody says otherwise. */
export const passingFailures: readonly FailureReason[] = failureReasons.filter((reason) => !lasting.has(reason));
