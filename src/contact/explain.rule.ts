import { earliestFor, objectionsTo, type ContactAsk, type ContactFacts, type Objection } from './contact.rule.ts';
import { contactChannels, contactPurposes, type ContactChannel, type ContactPurpose } from '../kernel/reach.rule.ts';

/** May we, why not, and when at the earliest: null when it takes somebody's act. */
export type ContactAnswer = {
  purpose: ContactPurpose;
  channel: ContactChannel;
  may: boolean;
  objections: Objection[];
  earliest: Date | null;
};

/** The rule's answer for every purpose and channel, in their order. */
export const explainContact = (
  facts: ContactFacts,
  askOf: (purpose: ContactPurpose, channel: ContactChannel) => ContactAsk,
  now: Date,
): ContactAnswer[] =>
  contactPurposes.flatMap((purpose) =>
    contactChannels.map((channel) => {
      const ask = askOf(purpose, channel);
      const objections = objectionsTo(facts, ask, now);
      return { purpose, channel, may: objections.length === 0, objections, earliest: earliestFor(facts, ask, now) };
    }),
  );
