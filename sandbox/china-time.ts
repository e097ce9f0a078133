const OFFSET_MS = 8 * 3_600_000;

let lastSecond = Number.NaN;
let lastText = '';

/** `YYYY-MM-DD HH:mm:ss` in UTC+8, the form of every time the gateway shows. */
export function chinaTime(at: number): string {
  // Receipts come in runs of the same second, and formatting a date is among the dearer steps of a receipt.
  const second = Math.floor(at / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = new Date(at + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
  }
  return lastText;
}

/** `yyyyMMdd` in UTC+8. */
export function chinaDay(at: number): string {
  return new Date(at + OFFSET_MS).toISOString().slice(0, 10).replaceAll('-', '');
}

/** Minutes since midnight in UTC+8. */
export function chinaMinute(at: number): number {
  return Math.floor(((at + OFFSET_MS) % 86_400_000) / 60_000);
}

/** The instant a `yyyyMMdd` day begins in UTC+8, or null when the text is not a real day. */
export function startOfChinaDay(day: string): number | null {
  if (!/^\d{8}$/.test(day)) return null;
  const utc = Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`);
  return Number.isNaN(utc) || chinaDay(utc - OFFSET_MS) !== day ? null : utc - OFFSET_MS;
}
