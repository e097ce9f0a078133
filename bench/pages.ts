import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { readConfig } from '../src/app/config.ts';
import { openPool } from '../src/kernel/sql.db.ts';
import { childEnv, defaultEntries, nodePart } from '../src/app/run/entries.ts';
import { migrate } from '../src/app/run/migrate.ts';
import { freePort } from '../src/app/run/ports.ts';
import { startPostgres } from '../src/app/run/postgres.ts';
import { parseIdentity } from '../src/app/run/processes.ts';
import { supervise } from '../src/app/run/supervise.ts';
import { loadSignInSecret } from '../src/house/sign-in/secret.ts';
import { createSignIn } from '../src/house/sign-in/sign-in.ts';
import { listPages, type Measured } from './page-list.ts';
import { reader, seedPages } from './page-seed.ts';
import { formatTable, keepResult, type Cell } from './report.ts';
import { cpuSeconds } from './usage.ts';

const warmUps = 20;
const limitMs = 100;
const say = (line: string): void => console.log(`  ${line}`);

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
  const house = await openPageHouse(people, values.folder);
  try {
    const faults: string[] = [];
    const { pages, live } = await listPages(house.pool, reader.email);
    const wanted = pages.filter(({ name }) => name.includes(values.only));
    const ask = await enter(house.url);
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

/** PostgreSQL as `npm start` runs it, the API as a process of its own; Temporal and worker have nothing to do with pages. */
async function openPageHouse(people: number, given: string | undefined) {
  const folder = given ?? mkdtempSync(path.join(os.tmpdir(), 'waihu-pages-'));
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(WAIHU_|DATABASE_URL$|TEMPORAL_)/.test(name)),
  );
  const config = readConfig({
    ...inherited,
    WAIHU_DATA: folder,
    WAIHU_PORT: `${await freePort()}`,
    WAIHU_LOG_LEVEL: 'warn',
  });
  const { env } = config;
  const postgres = await startPostgres({
    folder: path.join(folder, 'postgres'),
    port: await freePort(),
    logFile: path.join(folder, 'postgres.log'),
    pidFile: path.join(folder, 'postgres.json'),
    env,
    say,
  });
  await migrate(postgres.url);
  const pool = openPool(postgres.url, 4);
  const { rowCount } = await pool.query('select from customer limit 1');
  if (rowCount === 0) {
    const signIn = createSignIn({ pool, secret: loadSignInSecret(folder), baseUrl: 'http://localhost' });
    await seedPages(pool, { people, auditRows: Math.round(people * 0.3), signIn, folder });
  }
  // By name: the console leads those who come by the number of the address to its public one.
  const url = `http://localhost:${config.port}`;
  const addresses = {
    port: config.port,
    apiUrl: url,
    databaseUrl: postgres.url,
    temporalAddress: '127.0.0.1:9',
    sandboxUrl: undefined,
  };
  const spec = nodePart(config, 'api', defaultEntries.api, [], { say, onFatal: (fault) => say(fault.message) });
  const api = supervise({
    ...spec,
    env: childEnv(config, addresses),
    logFile: path.join(folder, 'api.log'),
    pidFile: path.join(folder, 'api.json'),
  });
  const close = async (keep: boolean): Promise<void> => {
    await pool.end();
    await api.stop();
    await postgres.stop();
    if (keep) console.log(`Kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  };
  try {
    await api.ready({ seconds: 60 });
  } catch (error) {
    await close(true);
    throw error;
  }
  const apiPid = parseIdentity(readFileSync(path.join(folder, 'api.json'), 'utf8'))?.pid ?? 0;
  // Of the API's connections alone: vacuum and the writing of checkpoints are nobody's request.
  const cpu: Cpu = async () => {
    const { rows } = await pool.query<{ pid: number }>(
      `select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    return { api: cpuSeconds(apiPid), database: new Map(rows.map(({ pid }) => [pid, cpuSeconds(pid)])) };
  };
  return { url, pool, cpu, close };
}

type Answer = { status: number; bytes: number; ms: number; cookies: string[]; body: string };
type Ask = (method: 'GET' | 'POST', path: string, form?: Record<string, string>) => Promise<Answer>;

/** Signs in as a browser does: sessions are looked up for every page, which a key is not. */
async function enter(base: string): Promise<Ask> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let cookie = '';
  const ask: Ask = (method, place, form) =>
    new Promise((resolve, reject) => {
      const payload = form && new URLSearchParams(form).toString();
      const began = performance.now();
      const request = http.request(
        new URL(place, base),
        {
          method,
          agent,
          family: 4,
          headers: {
            accept: 'text/html',
            'accept-encoding': 'gzip',
            'accept-language': 'zh-CN',
            'sec-fetch-site': 'same-origin',
            ...(cookie !== '' && { cookie }),
            ...(payload !== undefined && {
              'content-type': 'application/x-www-form-urlencoded',
              'content-length': Buffer.byteLength(payload),
            }),
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const body = Buffer.concat(parts);
            resolve({
              status: response.statusCode ?? 0,
              bytes: body.length,
              ms: performance.now() - began,
              cookies: (response.headers['set-cookie'] ?? []).map((each) => each.split(';')[0] ?? ''),
              body: response.headers['content-encoding'] === undefined ? body.toString() : '',
            });
          });
        },
      );
      request.on('error', reject);
      request.end(payload);
    });
  const { status, cookies } = await ask('POST', '/sign-in', reader);
  if (status !== 303) throw new Error(`The sign-in answered ${status}.`);
  cookie = cookies.join('; ');
  return ask;
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

type Cpu = () => Promise<{ api: number; database: Map<number, number> }>;
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
