import { z } from 'zod';
import {
  contactChannels,
  contactPurposes,
  reachOf,
  suppressionScopes,
  type ContactChannel,
  type ContactPurpose,
  type Reach,
} from '../../kernel/reach.rule.ts';
import type { Translate } from '../../kernel/translate.ts';

const listed = (t: Translate, words: readonly string[]): string => words.join(t('audience.words.separator'));

/** What is silenced, in words: `营销、满意度调查 · 所有渠道`. */
export function reachText(t: Translate, { channels, purposes }: Reach): string {
  const every = {
    channels: channels.length === contactChannels.length,
    purposes: purposes.length === contactPurposes.length,
  };
  return t('contact.reach', {
    purposes: every.purposes
      ? t('contact.every-purpose')
      : listed(
          t,
          purposes.map((purpose) => t(`contact.purpose-${purpose}`)),
        ),
    channels: every.channels
      ? t('contact.every-channel')
      : listed(
          t,
          channels.map((channel) => t(`contact.channel-${channel}`)),
        ),
  });
}

/** One box ticked comes as a text, several as a list. */
export const ticked = (value: unknown) => (typeof value === 'string' ? [value] : value);
/** `own`: what the boxes say. With a word the boxes say nothing. */
export const ReachForm = {
  scope: z.enum([...suppressionScopes, 'own']),
  channels: z.preprocess(ticked, z.array(z.enum(contactChannels)).default([])),
  purposes: z.preprocess(ticked, z.array(z.enum(contactPurposes)).default([])),
};
type ReachForm = { [Field in keyof typeof ReachForm]: z.output<(typeof ReachForm)[Field]> };
export const askedBy = ({ scope, channels, purposes }: ReachForm) =>
  scope === 'own' ? { channels, purposes } : { scope };

type Chosen = { scope: string; channels: readonly ContactChannel[]; purposes: readonly ContactPurpose[] };

/** What `suppression/reach` shows: the usual ones in words, and the lists for one's own choice. */
export const reachChoices = (t: Translate, chosen: Chosen) => ({
  scopes: [
    ...suppressionScopes.map((scope) => ({ value: scope, label: reachText(t, reachOf[scope]) })),
    { value: 'own', label: t('contact.reach-own') },
  ].map(({ value, label }) => ({ value, label, chosen: value === chosen.scope })),
  channels: contactChannels.map((value) => ({
    value,
    label: t(`contact.channel-${value}`),
    chosen: chosen.channels.includes(value),
  })),
  purposes: contactPurposes.map((value) => ({
    value,
    label: t(`contact.purpose-${value}`),
    chosen: chosen.purposes.includes(value),
  })),
});
