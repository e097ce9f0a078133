import type { Form } from '../form/form.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import { formatDate, formatTime } from '../kit/page/format.ts';

/** Where messages go and as whom: `https://dysmsapi.aliyuncs.com · 密钥 …`. */
export const sentToOf = ({ protocol, endpoint, credentials }: Form['gateway'], t: Translate): string =>
  `${protocol}://${endpoint} · ${credentials.startsWith('file:') ? t('sign-off.credentials.file', { id: credentials.slice('file:'.length) }) : t('sign-off.credentials.default-chain')}`;

/** `2026-09-30（周三）10:00`, Beijing time. */
export function dayOf(iso: string, t: Translate): string {
  const at = new Date(iso);
  const weekday = new Date(at.getTime() + 8 * 3_600_000).getUTCDay();
  return t('sign-off.paper.day', {
    date: formatDate(at),
    weekday: t(`sign-off.weekday.${weekday}`),
    time: formatTime(at).slice(-5),
  });
}
