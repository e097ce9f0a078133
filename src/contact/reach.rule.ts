/** What a contact is for. `service` and `repayment` are duty notices: they rest on the contract with the customer, not on consent. */
export const contactPurposes = ['marketing', 'service', 'repayment', 'survey', 'callback', 'care'] as const;
export type ContactPurpose = (typeof contactPurposes)[number];

/** How it reaches the person; `web` is an invitation that needs no number. */
export const contactChannels = ['sms', 'call', 'web'] as const;
export type ContactChannel = (typeof contactChannels)[number];

/** Which channels and which purposes: a suppression silences each of these channels for each of these purposes. */
export type Reach = { channels: readonly ContactChannel[]; purposes: readonly ContactPurpose[] };

export const everything: Reach = { channels: contactChannels, purposes: contactPurposes };

export const covers = (
  { channels, purposes }: Reach,
  { channel, purpose }: { channel: ContactChannel; purpose: ContactPurpose },
): boolean => channels.includes(channel) && purposes.includes(purpose);

/** What a text of that kind is for. */
export const purposeOfKind = (kind: 'marketing' | 'notice'): ContactPurpose =>
  kind === 'marketing' ? 'marketing' : 'service';
