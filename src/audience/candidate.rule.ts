import { refusalFor, type ContactAsk, type ContactFacts } from '../contact/contact.rule.ts';
import type { SuppressionReason } from '../contact/message-state.rule.ts';

/**
 * Why a candidate gets nothing of a list, or null: the rule of every contact, and that a person who stands in a file with two
 * of their numbers is met by the first of them alone.
 */
export const refusalOnList = (
  { twice }: { twice: boolean },
  facts: ContactFacts,
  ask: ContactAsk,
  now: Date,
): SuppressionReason | null => (twice ? 'listed-twice' : refusalFor(facts, ask, now));
