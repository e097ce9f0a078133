import type { NoticeKind } from './notice.rule.ts';
import type { Translate } from '../../kernel/translate.ts';

/** Counts up with every change of what leaves the house: the record of a delivery names it. */
export const templateVersion = 1;

export type NoticeText = {
  kind: NoticeKind;
  number: number;
  count: number;
  /** WH-… of a campaign: the only name of the matter that leaves the house. */
  campaignNumber: string | null;
  deadline: Date | null;
  url: string;
  repeated: boolean;
};

/**
 * What is said outside: what, how many, by when, the number of the matter, a link. Names that people typed (of campaigns, files,
 * accounts) stay inside, since a customer's may stand in them.
 */
export function wordsFor(t: Translate, notice: NoticeText): { title: string; text: string; short: string } {
  const { kind, number, count, campaignNumber, deadline, url, repeated } = notice;
  const short = t(`notice.out.${kind}`);
  const what = count > 1 ? t('notice.out-many', { what: short, count }) : short;
  const lines = [
    campaignNumber !== null && count === 1
      ? t('notice.out-campaign', { what, campaign: neutral(campaignNumber) })
      : what,
    deadline !== null && t('notice.out-deadline', { time: chinaTime(deadline) }),
    t('notice.out-number', { number: `N${number}` }),
    repeated && t('notice.out-repeated'),
    `${t('notice.out-link')} ${url}`,
  ];
  return {
    title: t('notice.out-title', { what, number: `N${number}` }),
    text: lines.filter((line) => line !== false).join('\n'),
    short,
  };
}

const chinaTime = (at: Date): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'short' }).format(at);

/** Takes every meaning in a chat or a mail away from what came from somewhere else: mentions, markdown, tags, line breaks. */
export const neutral = (text: string): string =>
  text
    .replaceAll('@', '＠')
    .replaceAll('<', '＜')
    .replaceAll('>', '＞')
    .replaceAll(/[[\]()*_`#~|\\!]/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .slice(0, 80);
