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

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((each) => b.includes(each));

/** Reaches that people and scripts call by a word. */
export const suppressionScopes = ['all', 'marketing', 'sms', 'call'] as const;
export type SuppressionScope = (typeof suppressionScopes)[number];
export const reachOf: Readonly<Record<SuppressionScope, Reach>> = {
  all: everything,
  // A survey is what people who do not want to be bothered mean too (rules-china §1).
  marketing: { ...everything, purposes: ['marketing', 'survey'] },
  sms: { ...everything, channels: ['sms'] },
  call: { ...everything, channels: ['call'] },
};

/** The word for it, or null when it has none. */
export const scopeOf = ({ channels, purposes }: Reach): SuppressionScope | null =>
  suppressionScopes.find(
    (scope) => sameSet(reachOf[scope].channels, channels) && sameSet(reachOf[scope].purposes, purposes),
  ) ?? null;

/** Each once and in one order, so that equal reaches are written alike. */
export const reachWith = ({ channels, purposes }: Reach): Reach => ({
  channels: contactChannels.filter((channel) => channels.includes(channel)),
  purposes: contactPurposes.filter((purpose) => purposes.includes(purpose)),
});

/** What a caller asks to be silenced: by the word, or by both lists; null when it is neither, or both. */
export function reachAsked({
  scope,
  channels,
  purposes,
}: {
  scope?: SuppressionScope | null | undefined;
  channels?: readonly ContactChannel[] | null | undefined;
  purposes?: readonly ContactPurpose[] | null | undefined;
}): Reach | null {
  const [some, others] = [channels ?? [], purposes ?? []];
  if (scope) return some.length + others.length === 0 ? reachOf[scope] : null;
  return some.length > 0 && others.length > 0 ? reachWith({ channels: some, purposes: others }) : null;
}

/** What texts of a kind may be for; the first where nothing else is said. A survey tells how to refuse it, which notices may not. */
export const purposesOfKind = {
  marketing: ['marketing', 'survey'],
  notice: ['service', 'repayment', 'callback', 'care'],
} as const satisfies Record<'marketing' | 'notice', readonly ContactPurpose[]>;

/** What a text of that kind is for, where nothing else is said. */
export const purposeOfKind = (kind: 'marketing' | 'notice'): ContactPurpose =>
  kind === 'marketing' ? 'marketing' : 'service';

/** What a campaign writes for: what was chosen, else what its kind of text is for. */
export const purposeOfText = (text: {
  kind: 'marketing' | 'notice';
  contactPurpose?: ContactPurpose | null | undefined;
}): ContactPurpose => text.contactPurpose ?? purposeOfKind(text.kind);

export const mayBeFor = (kind: 'marketing' | 'notice', purpose: ContactPurpose): boolean =>
  purposesOfKind[kind].some((each) => each === purpose);
