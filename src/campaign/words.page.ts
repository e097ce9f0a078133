import { isCarriers } from './message-code.command.ts';
import type { Campaign } from './campaign.db.ts';
import { gatewayCodes } from '../sms/index.ts';
import type { Translate } from '../kernel/translate.ts';
import { formatClock, formatDate, formatDuration } from '../kit/page/format.ts';

/** Both languages of what a driver says of a code. */
export const wordingOf = (t: Translate, wording: { zh: string; en: string }): string =>
  t.language === 'zh-CN' ? wording.zh : wording.en;

const day = (at: Date): string => formatDate(at).slice(5);
const clock = (at: Date): string => formatClock(at).slice(0, 5);

type Span = Pick<Campaign, 'startsAt' | 'endsAt' | 'dailyFrom' | 'dailyTo' | 'days'>;

/** `09-29 13:30–20:00`, or the days with the daily hours below. */
export function windowOf(t: Translate, { startsAt, endsAt, dailyFrom, dailyTo, days }: Span) {
  const hours = t(`campaign.window.${days}`, { from: dailyFrom, to: dailyTo });
  return day(startsAt) === day(endsAt)
    ? { main: `${day(startsAt)} ${clock(startsAt)}–${clock(endsAt)}`, sub: hours }
    : { main: t('campaign.window.days', { from: day(startsAt), to: day(endsAt) }), sub: hours };
}

/** `4.2`, `38`: seconds as the delay figures show them. */
export const secondsOf = (t: Translate, seconds: number | null): string => {
  if (seconds === null) return '—';
  return seconds < 60
    ? t('campaign.live.seconds', { seconds: seconds < 10 ? seconds : Math.round(seconds) })
    : formatDuration(seconds, t.language);
};

/** A carrier's word in a receipt. */
export const receiptCodeOf = (t: Translate, code: string): string =>
  t.has(`receipt-code.${code}`) ? t(`receipt-code.${code}`) : t('campaign.code.unlisted');

/** What the code of a failed message means: a carrier's verdict is not looked up among the gateway's refusals. */
export const failureCodeOf = (t: Translate, provider: 'aliyun', reason: string | null, code: string): string =>
  isCarriers({ state: 'failed', reason, bizId: null }) ? receiptCodeOf(t, code) : codeOf(t, provider, code);

/** What a code of a message means: the carriers' and our own are in the catalogue, the gateway's come from its driver. */
export const codeOf = (t: Translate, provider: 'aliyun', code: string): string =>
  t.has(`receipt-code.${code}`)
    ? t(`receipt-code.${code}`)
    : wordingOf(t, gatewayCodes(provider).explain(code).meaning);
