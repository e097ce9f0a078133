/** Whose fault a refusal is; each class has one reaction.
 *  `retry` the gateway is busy: same message again after a pause; `defer` this number's frequency window is full: later;
 *  `recipient` this number or its data: final for this person; `campaign` its set-up: pause the campaign;
 *  `account` credentials, balance, day limit: pause every campaign of the account. */
export type RefusalClass = 'retry' | 'defer' | 'recipient' | 'campaign' | 'account';

/** What a refusal of class `recipient` says of the person.
 *  `number` is none that a carrier serves: silenced for some time; `opted-out` has refused at the carrier: silenced for good;
 *  `blacklisted` by the platform: silenced; `data` number or variable do not fit: a row to correct;
 *  `unlisted` a code this version does not know: held for a person. */
export type RecipientFault = 'number' | 'opted-out' | 'blacklisted' | 'data' | 'unlisted';
