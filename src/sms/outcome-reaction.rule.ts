import type { FailureReason } from '../contact/message-state.rule.ts';
import type { RecipientFault } from './submit-outcome.rule.ts';

const reasonOf: Readonly<Record<RecipientFault, FailureReason>> = {
  number: 'number-refused',
  'opted-out': 'number-blacklisted',
  blacklisted: 'number-blacklisted',
  data: 'data-refused',
  unlisted: 'held-for-review',
};
export const failureOf = (fault: RecipientFault | undefined): FailureReason => reasonOf[fault ?? 'unlisted'];

/** Seconds until a busy gateway is tried again with the same message: its own word, else doubling from one second to a minute. */
export const retryAfterSeconds = (told: number | undefined, attempt: number): number =>
  told ?? Math.min(60, 2 ** Math.min(attempt - 1, 6));

/**
 * One bad row never stops a list, but a list of bad rows is a bad configuration: from 50 answers on, more than three in ten
 * final refusals pause the campaign for a person to look at.
 */
export const errorBudgetSpent = ({ answered, refused }: { answered: number; refused: number }): boolean =>
  answered >= 50 && refused > answered * 0.3;

/** What a receipt's error code says of the person. The set is open: what is not listed is plain "undelivered". */
export function failureOfReceipt(code: string | null): FailureReason {
  if (code === 'INVALID_NUMBER' || code === 'isv.MOBILE_NUMBER_ILLEGAL') return 'number-dead';
  if (code === 'MOBILE_IN_BLACK' || code === 'isv.CUSTOMER_REFUSED' || code === 'USER_REJECT')
    return 'number-blacklisted';
  if (code === 'CONTENT_KEYWORD') return 'content-refused';
  return 'undelivered';
}
