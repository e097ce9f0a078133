import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { openPageHouse, type PageHouse } from './page-house.ts';
import { listPages, type Measured } from './page-list.ts';
import { reader, seedPages } from './page-seed.ts';
import { formatTable, keepResult, type Cell } from './report.ts';
import { enter, type Ask } from './visitor.ts';

const warmUps = 20;
const limitMs = 100;

/** Server time of every page of the console, over HTTP, as a signed-in person with every role. */
export async function benchPages(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      people: { type: 'string', default: '1000000' },
      requests: { type: 'string', default: '200' },
      only: { type: 'string', default: '' },
      keep: { type: 'boolean', default: false },
      folder: { type: 'string' },
    },
  });
  const people = Number(values.people);
  const requests = Number(values.requests);
  const house = await openPageHouse({
    folder: values.folder,
    isEmpty: 'select from customer limit 1',
    seed: (given) => seedPages(given.pool, { people, auditRows: Math.round(people * 0.3), ...given }),
  });
  try {
    const faults: string[] = [];
    const { pages, live } = await listPages(house.pool, reader.email);
    const wanted = pages.filter(({ name }) => name.includes(values.only));
    const ask = await enter(house.url, reader);
    const first = await ask('GET', `/campaigns/${live}`);
    if (first.status !== 200)
      throw new Error(`The live campaign's page answered ${first.status}. ${first.body.slice(0, 500)}`);
    await settle(house.pool, live);
    const load = os.loadavg();
    const floor: Line[] = [
      await measure(ask, { name: 'healthz (floor)', path: () => '/healthz' }, requests, house.cpu),
    ];
    const lines: Line[] = [];
    for (const page of wanted) {
      await quiet(house.pool);
      const line = await measure(ask, page, requests, house.cpu).catch((error: Error) => error);
      if (line instanceof Error) {
        faults.push(line.message);
        console.log(`  ${line.message}`);
        continue;
      }
      console.log(
        `  ${line.name}: p50 ${line.p50.toFixed(1)}, p95 ${line.p95.toFixed(1)} ms; CPU ${line.apiMs.toFixed(1)} + ${line.databaseMs.toFixed(1)} ms${line.p95 >= limitMs ? '  <- slow' : ''}`,
      );
      lines.push(line);
    }
    floor.push(
      await measure(ask, { name: 'healthz (floor), at the end', path: () => '/healthz' }, requests, house.cpu),
    );
    const all = [...floor, ...lines];
    const head = ['page', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'API CPU', 'DB CPU', 'KB', ''];
    const cells = all.map((line): Cell[] => [
      line.name,
      ...[line.p50, line.p95, line.p99, line.max, line.apiMs, line.databaseMs].map((ms) => ms.toFixed(1)),
      Math.round(line.bytes / 1024),
      line.p95 >= limitMs ? 'slow' : '',
    ]);
    console.log(`\n${formatTable(head, cells)}`);
    const slow = lines.filter(({ p95 }) => p95 >= limitMs).map(({ name }) => name);
    console.log(
      `\n${lines.length} pages, ${slow.length} with a p95 of ${limitMs} ms or more. ${people.toLocaleString('en-US')} customers.`,
    );
    if (values.only === '') keepResult('pages', { people, requests, warmUps, loadBefore: load, slow, pages: all });
    if (faults.length > 0) throw new Error(`${faults.length} pages did not answer as they should: ${faults.join(' ')}`);
  } finally {
    await house.close(values.keep || values.folder !== undefined);
  }
}

/** The first figures of all ledgers are counted after the first look; a house that runs has them. */
async function settle(pool: Pool, live: string): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    const { rows } = await pool.query(
      'select from campaign_figures f join campaign c on c.key = f.campaign_key where c.number = $1',
      [live],
    );
    if (rows.length > 0) return;
    await sleep(200);
  }
  throw new Error('The ledger of the live campaign has not been counted within a minute.');
}

/** What a page has counted in the background is no cost of the next one. */
async function quiet(pool: Pool): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const { rowCount } = await pool.query(
      `select from pg_stat_activity where backend_type = 'client backend' and state <> 'idle' and pid <> pg_backend_pid()`,
    );
    if (rowCount === 0) return;
    await sleep(100);
  }
}

type Cpu = PageHouse['cpu'];
/** Times in ms as the client sees them; CPU in ms a request, which a busy machine changes less. */
type Line = {
  name: string;
  p50: number;
  p95: number;
  p99: number;
  max: number;
  apiMs: number;
  databaseMs: number;
  bytes: number;
};

async function measure(ask: Ask, page: Measured, requests: number, cpu: Cpu): Promise<Line> {
  const times: number[] = [];
  let bytes = 0;
  let before = await cpu();
  for (let n = -warmUps; n < requests; n += 1) {
    if (n === 0) before = await cpu();
    const place = page.path(n + warmUps);
    const answer = page.form ? await ask('POST', place, page.form(n + warmUps)) : await ask('GET', place);
    const good = answer.status === 200 || (page.form && answer.status === 303);
    if (!good) throw new Error(`${page.name}: ${place} answered ${answer.status}. ${answer.body.slice(0, 300)}`);
    if (n >= 0) times.push(answer.ms);
    bytes = Math.max(bytes, answer.bytes);
  }
  const after = await cpu();
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.min(times.length - 1, Math.ceil(times.length * part) - 1)] ?? 0;
  const each = (from: number, to: number): number => ((to - from) / requests) * 1_000;
  return {
    name: page.name,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: times.at(-1) ?? 0,
    apiMs: each(before.api, after.api),
    databaseMs: each(
      0,
      [...after.database].reduce((sum, [pid, seconds]) => sum + seconds - (before.database.get(pid) ?? 0), 0),
    ),
    bytes,
  };
}
