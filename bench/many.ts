import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openInstallationKey } from '../src/house/installation-key.command.ts';
import { keyOfFolder } from '../src/house/installation-key.ts';
import { createSignIn } from '../src/house/sign-in/sign-in.ts';
import { sessionHeaders } from '../test/kit/session.ts';
import { openBenchHouse, type BenchHouse } from './kit.ts';
import { formatTable, keepResult } from './report.ts';
import { difference } from './usage.ts';

const usage = `Usage: npm run bench -- many [--seconds 60] [--scale 1] [--free 16000] [--only rated,free]
Twenty campaigns on two accounts at 1 to 200 messages a second while a form a second is signed and pages are read; then eight
campaigns without a rate limit together beside one alone.`;
const rates = [1, 1, 2, 2, 3, 3, 5, 5, 8, 8, 12, 12, 20, 20, 30, 40, 60, 80, 120, 200];
const settlingMs = 5_000;

export async function benchMany(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '60' },
      scale: { type: 'string', default: '1' },
      free: { type: 'string', default: '16000' },
      only: { type: 'string', default: 'rated,free' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const house = await openBenchHouse({ keep: values.keep });
  try {
    await house.receipts(true);
    const rated = values.only.includes('rated')
      ? await measureRated(house, Number(values.seconds), Number(values.scale))
      : null;
    const free = values.only.includes('free') ? await measureFree(house, Number(values.free)) : null;
    keepResult('many', { rated, free });
  } finally {
    await house.close();
  }
}

type Campaign = Awaited<ReturnType<BenchHouse['prepare']>>;

async function measureRated(house: BenchHouse, seconds: number, scale: number) {
  const second = await house.addAccount();
  const wanted = rates.map((rate) => Math.max(1, Math.round(rate * scale)));
  const campaigns: (Campaign & { rate: number })[] = [];
  for (const [index, rate] of wanted.entries()) {
    const people = rate * (seconds + 30) + 50;
    const made = await house.prepare(people, 'single', rate, index % 2 === 0 ? undefined : second);
    campaigns.push({ ...made, rate });
  }
  const forms = [];
  for (let n = 0; n < seconds; n += 1) forms.push(await house.prepareForm(3, 'single'));
  for (const { go } of campaigns) await go();
  for (const { key } of campaigns) while ((await house.witness(`wh-${key}-`)).accepted === 0) await sleep(200);
  await sleep(settlingMs);

  const before = { cpu: house.cpuNow(), load: os.loadavg()[0] ?? 0 };
  const from = Date.now();
  const until = from + seconds * 1_000;
  const [signatures, pages] = await Promise.all([signForms(forms, until), readPages(house, campaigns, until)]);
  await sleep(Math.max(0, until - Date.now()));
  const cpu = difference(house.cpuNow(), before.cpu);
  const load = [before.load, os.loadavg()[0] ?? 0];
  await sleep(1_000);
  const shares = [];
  for (const { key, rate } of campaigns) {
    const seen = await house.witness(`wh-${key}-`);
    if (seen.repeated > 0) throw new Error(`${seen.repeated} numbers were written to more than once.`);
    const sent = seen.times.filter((at) => at >= from && at < until).length;
    shares.push({ rate, sent, share: sent / (rate * seconds) });
  }
  const least = Math.min(...shares.map(({ share }) => share));
  console.log(
    formatTable(
      ['signed rate', 'sent', 'share %'],
      shares.map(({ rate, sent, share }) => [`${rate}/s`, sent, Math.round(share * 1_000) / 10]),
    ),
  );
  const result = { seconds, load, least, signatures: spread(signatures), pages: spread(pages), cpu, shares };
  console.log(
    `Least share ${(least * 100).toFixed(1)} %; signatures p95 ${result.signatures.p95} ms of ${signatures.length}; pages p95 ${result.pages.p95} ms of ${pages.length}; load ${load.map((each) => each.toFixed(1)).join(' to ')}; CPU seconds ${JSON.stringify(cpu)}`,
  );
  return result;
}

/** A form a second, as soon as the one before it is answered: liaison's signature through the real command. */
async function signForms(
  forms: readonly Awaited<ReturnType<BenchHouse['prepareForm']>>[],
  until: number,
): Promise<number[]> {
  const times: number[] = [];
  for (const { sign } of forms) {
    const began = performance.now();
    if (Date.now() >= until) break;
    await sign('liaison');
    const tookMs = performance.now() - began;
    times.push(tookMs);
    await sleep(Math.max(0, 1_000 - tookMs));
  }
  return times;
}

/** Four pages a second, as somebody signed in sees them. */
async function readPages(house: BenchHouse, campaigns: readonly Campaign[], until: number): Promise<number[]> {
  const { pool, running, folder, people } = house;
  const signIn = createSignIn({
    pool,
    key: await openInstallationKey(pool, keyOfFolder(folder)),
    baseUrl: running.url,
  });
  const { cookie } = await sessionHeaders(pool, signIn, people.operator.id, running.url);
  const numbers = await pool.query<{ number: string }>('select number from campaign where id = any($1::uuid[])', [
    campaigns.map(({ id }) => id),
  ]);
  const places = [
    '/campaigns',
    ...numbers.rows.flatMap(({ number }) => [`/campaigns/${number}`, `/campaigns/${number}/ledger`]),
  ];
  const times: number[] = [];
  for (let n = 0; Date.now() < until; n += 1) {
    const place = places[n % places.length] ?? '/campaigns';
    const began = performance.now();
    const answer = await fetch(new URL(place, running.url), { headers: { cookie, accept: 'text/html' } });
    await answer.text();
    if (answer.status !== 200) throw new Error(`${place} answered ${answer.status}.`);
    const tookMs = performance.now() - began;
    times.push(tookMs);
    await sleep(Math.max(0, 250 - tookMs));
  }
  return times;
}

/** One campaign of all the people alone, then eight that share as many. */
async function measureFree(house: BenchHouse, people: number) {
  const rateOf = async (campaigns: readonly Campaign[]): Promise<number> => {
    await Promise.all(campaigns.map(({ go }) => go()));
    for (const { id } of campaigns) await house.until(id, ['settling', 'completed', 'archived']);
    const seen = await Promise.all(campaigns.map(({ key }) => house.witness(`wh-${key}-`)));
    const accepted = seen.reduce((sum, each) => sum + each.accepted, 0);
    if (accepted !== people || seen.some(({ repeated }) => repeated > 0))
      throw new Error(`The sandbox took ${accepted} of ${people}.`);
    const first = Math.min(...seen.map((each) => each.first));
    const last = Math.max(...seen.map((each) => each.last));
    return accepted / ((last - first) / 1_000);
  };
  const alone = await rateOf([await house.prepare(people, 'single')]);
  const eight = [];
  for (let n = 0; n < 8; n += 1) eight.push(await house.prepare(people / 8, 'single'));
  const together = await rateOf(eight);
  console.log(
    `Without a rate limit: one alone ${Math.round(alone)}/s, eight together ${Math.round(together)}/s = ${((together / alone) * 100).toFixed(1)} %; load ${os.loadavg()[0]?.toFixed(1)}`,
  );
  return { people, alone, together, load: os.loadavg() };
}

function spread(times: readonly number[]) {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  return { count: times.length, p50: at(0.5), p95: at(0.95), max: Math.round(sorted.at(-1) ?? 0) };
}
