/** What is deleted by itself once it is older than the house keeps it. */
export const retained = [
  'pushes',
  'receipts',
  'replies',
  'contacts',
  'import-faults',
  'notices',
  'test-sends',
  'sessions',
  'repeats',
] as const;
export type Retained = (typeof retained)[number];
export type Retention = Record<Retained, number>;

/** Days. Below `least` the law, or what Waihu itself needs, would be broken; `usual` is what a house begins with. */
type Days = { least: number; usual: number };
// Records of sending and receiving, and of access, six months at least (docs/data-protection.md): 184 days are the longest six.
const sixMonths = 184;
export const retentionDays: Readonly<Record<Retained, Days>> = {
  // The raw form of what stands in receipts and replies: to read it again when it was read wrongly.
  pushes: { least: 7, usual: 92 },
  receipts: { least: sixMonths, usual: 730 },
  // An opt-out is proven by the reply; the suppression itself stays for good.
  replies: { least: sixMonths, usual: 1_095 },
  // Caps look back up to 366 days.
  contacts: { least: 367, usual: 400 },
  'import-faults': { least: 1, usual: sixMonths },
  notices: { least: 7, usual: sixMonths },
  'test-sends': { least: sixMonths, usual: 365 },
  sessions: { least: sixMonths, usual: sixMonths },
  // Answers kept for repeated API calls with one key.
  repeats: { least: 2, usual: 30 },
};
const mostDays = 36_500;

export const usualRetention = Object.fromEntries(
  retained.map((what) => [what, retentionDays[what].usual]),
) as Retention;

/** What is wrong with the days that somebody wants for one kind; null when they can be used. */
export const retentionFault = (what: Retained, days: number): 'not-whole' | 'too-short' | 'too-long' | null => {
  if (!Number.isInteger(days)) return 'not-whole';
  if (days < retentionDays[what].least) return 'too-short';
  return days > mostDays ? 'too-long' : null;
};

/** The moment before which things of this kind go. */
export const cutOff = (days: number, now: Date): Date => new Date(now.getTime() - days * 86_400_000);

/** China's months from the one of `now` on, with the moments at which they begin and end. */
export function monthsFrom(now: Date, count: number): { name: string; from: Date; to: Date }[] {
  const china = new Date(now.getTime() + 8 * 3_600_000);
  const startOf = (month: number): Date => new Date(Date.UTC(china.getUTCFullYear(), month, 1) - 8 * 3_600_000);
  return Array.from({ length: count }, (_, index) => {
    const month = china.getUTCMonth() + index;
    const begins = new Date(Date.UTC(china.getUTCFullYear(), month, 1));
    return { name: begins.toISOString().slice(0, 7).replace('-', '_'), from: startOf(month), to: startOf(month + 1) };
  });
}
