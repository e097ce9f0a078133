import type { Language } from '../../kernel/translate.ts';

// Parts, not a locale's own order: the design fixes the formats in both languages. Beijing time everywhere.
const clock = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Asia/Shanghai',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const partsOf = (at: Date): Record<string, string> =>
  Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));

/** `2026-09-29`, Beijing time. */
export function formatDate(at: Date): string {
  const { year, month, day } = partsOf(at);
  return `${year}-${month}-${day}`;
}
/** `09-29 14:32`, Beijing time. */
export function formatTime(at: Date): string {
  const { month, day, hour, minute } = partsOf(at);
  return `${month}-${day} ${hour}:${minute}`;
}
/** `2026-09-29 14:32`, Beijing time: where the year may be another one. */
export const formatMinute = (at: Date): string => `${formatDate(at)} ${formatClock(at).slice(0, 5)}`;
/** `14:32:06`, Beijing time. */
export function formatClock(at: Date): string {
  const { hour, minute, second } = partsOf(at);
  return `${hour}:${minute}:${second}`;
}
/** `2026-09-29 14:32:06`, Beijing time. */
export const formatDateTime = (at: Date): string => `${formatDate(at)} ${formatClock(at)}`;
/** `2026-09-29T14:32`: the value of an <input type="datetime-local">, Beijing time. */
export const formatInput = (at: Date): string => `${formatDate(at)}T${formatClock(at).slice(0, 5)}`;

const thousands = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
export const formatNumber = (value: number): string => thousands.format(value);

const money = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
/** Fen to `¥1,683.90`. */
export const formatYuan = (fen: number): string => `¥${money.format(fen / 100)}`;

/** `59.47%`, or an em dash of nothing. */
export const formatPercent = (part: number, whole: number): string =>
  whole === 0 ? '—' : `${((part / whole) * 100).toFixed(2)}%`;

/** Seconds as people say it: 「1 小时 42 分」, `1 h 42 min`; two units at most. */
export function formatDuration(seconds: number, language: Language): string {
  const names =
    language === 'zh-CN' ? ([' 天', ' 小时', ' 分', ' 秒'] as const) : ([' d', ' h', ' min', ' s'] as const);
  const whole = Math.max(0, Math.round(seconds));
  const values = [Math.floor(whole / 86_400), Math.floor(whole / 3_600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  const first = values.findIndex((value) => value > 0);
  if (first === -1) return `0${names[3]}`;
  return values
    .map((value, index) => ({ value, name: names[index] ?? '' }))
    .slice(first, first + 2)
    .filter(({ value }) => value > 0)
    .map(({ value, name }) => `${value}${name}`)
    .join(' ');
}
