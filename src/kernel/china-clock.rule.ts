// China has had no daylight saving since 1991: UTC+8 is exact for every time we meet.
const OFFSET_MS = 8 * 3_600_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Whole seconds until the next `minute`, `hour`, `day` or `month` begins on a clock in China; at least 1. */
export function secondsToNextChina(unit: 'minute' | 'hour' | 'day' | 'month', now: Date): number {
  const local = now.getTime() + OFFSET_MS;
  if (unit === 'month') {
    const date = new Date(local);
    return seconds(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - local);
  }
  const span = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS }[unit];
  return seconds(span - (local % span));
}

const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000));

const STAMP = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/;

/** `YYYY-MM-DD HH:mm:ss` as a clock in China shows it; null when it is no such time. */
export function parseChinaTime(text: unknown): Date | null {
  if (typeof text !== 'string') return null;
  const match = STAMP.exec(text.trim());
  if (!match) return null;
  const iso = `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}`;
  const date = new Date(`${iso}+08:00`);
  // Date rolls 30 February over into March: only a time that reads the same again is one.
  if (Number.isNaN(date.getTime())) return null;
  return new Date(date.getTime() + OFFSET_MS).toISOString().startsWith(iso) ? date : null;
}
