// Writes src/kernel/calendar-cn.rule.ts from the npm package chinese-days, and refuses when its two views of a day disagree.
// Run: npx node tools/calendar/generate.ts && npx oxfmt --write src/kernel/calendar-cn.rule.ts
import { readFileSync, writeFileSync } from 'node:fs';
import chineseDays from 'chinese-days';

const version = 'cn-2026.1';
// Only years that the State Council has published: outside them chinese-days silently answers Monday to Friday.
const coveredFrom = '2024-01-01';
const coveredUntil = '2026-12-31';

const source = JSON.parse(
  readFileSync(new URL('../../node_modules/chinese-days/dist/chinese-days.json', import.meta.url), 'utf8'),
) as { holidays: Record<string, string>; workdays: Record<string, string> };

const days: Record<string, 'holiday' | 'workday'> = {};
const last = Date.parse(coveredUntil);
for (let ms = Date.parse(coveredFrom); ms <= last; ms += 86_400_000) {
  const date = new Date(ms).toISOString().slice(0, 10);
  const weekday = new Date(ms).getUTCDay();
  const kind = source.holidays[date] ? 'holiday' : source.workdays[date] ? 'workday' : null;
  const working = kind ? kind === 'workday' : weekday !== 0 && weekday !== 6;
  if (working !== chineseDays.isWorkday(date)) throw new Error(`chinese-days contradicts itself on ${date}.`);
  if (kind) days[date] = kind;
}
for (let year = Number(coveredFrom.slice(0, 4)); year <= Number(coveredUntil.slice(0, 4)); year += 1) {
  const known = Object.keys(days).filter((date) => date.startsWith(String(year))).length;
  // A published year has about 28 holidays and 6 make-up days; a file may exist and be empty.
  if (known < 20) throw new Error(`chinese-days has only ${known} special days for ${year}: not published yet?`);
}

const target = new URL('../../src/kernel/calendar-cn.rule.ts', import.meta.url);
writeFileSync(
  target,
  `// Written by tools/calendar/generate.ts from chinese-days (State Council holiday notices); change it there.
import type { Calendar } from './working-day.ts';

/** Public holidays and make-up workdays of mainland China. The notice for 2027 comes about November 2026. */
export const calendarCn: Calendar = ${JSON.stringify({ version, coveredFrom, coveredUntil, days }, null, 2)};
`,
);
process.stdout.write(`${Object.keys(days).length} special days written.\n`);
