import { randomUUIDv7 } from 'node:crypto';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { from as copyFrom } from 'pg-copy-streams';
import { openPageHouse, type PageHouse } from './page-house.ts';
import { hireReader, reader } from './page-seed.ts';
import { names } from './people.ts';
import { formatTable, keepResult } from './report.ts';
import { cpuSeconds, forgetPeak, peakMb } from './usage.ts';
import { enter, type Ask } from './visitor.ts';

const usage = `Usage: npm run bench -- import [--people 1000000] [--keep]
A file of customers, uploaded, checked and accepted through the console; then the same file once more. Beside it a bare COPY
of the same file into the same database, in the same run.`;

type Phase = {
  name: string;
  seconds: number;
  apiCpu: number;
  databaseCpu: number;
  apiPeakMb: number;
  p95: number;
  worst: number;
};

/** How long a large file takes from its first byte to the customers, what it needs, and who waits meanwhile. */
export async function benchImport(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      people: { type: 'string', default: '1000000' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const people = Number(values.people);
  const house = await openPageHouse({
    isEmpty: 'select from staff where email is not null limit 1',
    seed: async ({ pool, signIn }) => void (await hireReader(pool, signIn)),
  });
  try {
    const file = path.join(house.folder, 'customers.csv');
    await pipeline(Readable.from(fileOf(people)), createWriteStream(file));
    const ask = await enter(house.url, reader);
    for (let n = 0; n < 20; n += 1) await ask('GET', '/imports');
    const load = os.loadavg();
    const before = cpuSeconds(house.postmaster(), true);
    const copySeconds = [await copy(house, file)];
    const copyCpu = cpuSeconds(house.postmaster(), true) - before;
    const phases: Phase[] = [];
    for (const round of ['', ', the same again']) {
      const id = randomUUIDv7();
      phases.push(await phase(house, `dry run${round}`, () => dryRun(house, ask, file, id)));
      phases.push(await phase(house, `accept${round}`, () => accept(house, ask, id, people)));
    }
    copySeconds.push(await copy(house, file));
    const base = Math.min(...copySeconds);
    const rows = phases.map(({ name, seconds, apiCpu, databaseCpu, apiPeakMb, p95, worst }) => [
      name,
      seconds,
      seconds / base,
      apiCpu,
      databaseCpu,
      apiPeakMb,
      p95,
      worst,
    ]);
    const head = [
      '',
      'seconds',
      '× COPY',
      'API CPU s',
      'PostgreSQL CPU s',
      'API peak MB',
      'other page p95 ms',
      'worst ms',
    ];
    console.log(`\n${formatTable(head, [['bare COPY', base, 1, null, copyCpu, null, null, null], ...rows])}`);
    const megabytes = statSync(file).size / 1e6;
    console.log(
      `\n${people.toLocaleString('en-US')} rows, ${megabytes.toFixed(0)} MB. Load before: ${load.join(' ')}.`,
    );
    keepResult('import', { people, megabytes, copySeconds, copyCpu, phases, loadBefore: load });
  } finally {
    await house.close(values.keep);
  }
}

/** Like people's files: a number, a name, a customer id, a tier, the yes to marketing, a city. Some rows are bad. */
async function* fileOf(people: number): AsyncGenerator<string> {
  const cities = ['上海', '杭州', '宁波', '温州', '嘉兴', '绍兴'];
  const tiers = ['金牌', '银牌', '铜牌', '铜牌', '铜牌'];
  yield '手机号,姓名,客户号,等级,营销同意,城市\n';
  for (let from = 0; from < people; from += 10_000) {
    let lines = '';
    for (let n = from; n < Math.min(people, from + 10_000); n += 1) {
      // Spread over the numbers, as a file by date of joining is.
      const phone = 13_800_000_000 + ((n * 7_919_317) % 100_000_000);
      const bad = n % 1_000 === 999;
      lines += `${bad ? '12345' : phone},${names[n % 400]},C${10_000_000 + n},${tiers[n % 5]},${n % 10 < 6 ? '是' : '否'},${cities[n % 6]}\n`;
    }
    yield lines;
  }
}

/** What PostgreSQL itself needs for these bytes, into a table without any index. */
async function copy({ pool }: PageHouse, file: string): Promise<number> {
  await pool.query(
    'create table bench_copy (phone text, name text, external_id text, tier text, consent text, city text)',
  );
  const client = await pool.connect();
  const began = performance.now();
  await pipeline(createReadStream(file), client.query(copyFrom('copy bench_copy from stdin (format csv, header)')));
  const seconds = (performance.now() - began) / 1_000;
  client.release();
  await pool.query('drop table bench_copy');
  return seconds;
}

/** Times `work`, and another page that is asked for all the while. */
async function phase(house: PageHouse, name: string, work: () => Promise<void>): Promise<Phase> {
  const ask = await enter(house.url, reader);
  forgetPeak(house.apiPid);
  const cpu = cpuSeconds(house.apiPid);
  const databaseCpu = cpuSeconds(house.postmaster(), true);
  const times: number[] = [];
  let going = true;
  const others = (async () => {
    while (going) {
      times.push((await ask('GET', '/imports')).ms);
      await sleep(50);
    }
  })();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1_000;
  going = false;
  await others;
  times.sort((one, other) => one - other);
  const measured = {
    name,
    seconds,
    apiCpu: cpuSeconds(house.apiPid) - cpu,
    databaseCpu: cpuSeconds(house.postmaster(), true) - databaseCpu,
    apiPeakMb: peakMb(house.apiPid),
    p95: times[Math.ceil(times.length * 0.95) - 1] ?? 0,
    worst: times.at(-1) ?? 0,
  };
  console.log(`  ${name}: ${seconds.toFixed(1)} s`);
  return measured;
}

async function dryRun(house: PageHouse, ask: Ask, file: string, id: string): Promise<void> {
  const said = { importId: id, kind: 'customers', fileName: 'customers.csv', name: '', encoding: '' };
  await new Promise<void>((resolve, reject) => {
    const headers = {
      cookie: ask.cookie(),
      'content-type': 'text/csv',
      'sec-fetch-site': 'same-origin',
      'x-import': encodeURIComponent(JSON.stringify(said)),
    };
    const request = http.request(new URL('/imports', house.url), { method: 'POST', family: 4, headers }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 204 ? resolve() : reject(new Error(`The upload answered ${response.statusCode}.`)),
      );
    });
    request.on('error', reject);
    createReadStream(file).pipe(request);
  });
  await until(house, id, 'checked');
}

async function accept(house: PageHouse, ask: Ask, id: string, people: number): Promise<void> {
  const answer = await ask('POST', `/imports/${id}/accept`, {});
  if (answer.status !== 303) throw new Error(`The acceptance answered ${answer.status}.`);
  await until(house, id, 'accepted');
  const { rows } = await house.pool.query<{ n: number }>('select count(*)::int as n from customer');
  const expected = people - Math.floor(people / 1_000);
  if (rows[0]?.n !== expected) throw new Error(`${rows[0]?.n} customers instead of ${expected}.`);
}

async function until({ pool }: PageHouse, id: string, state: string): Promise<void> {
  for (const end = Date.now() + 600_000; Date.now() < end; await sleep(50)) {
    const { rows } = await pool.query<{ state: string; fault: string | null }>(
      'select state, fault from import where id = $1',
      [id],
    );
    if (rows[0]?.state === state) return;
    if (rows[0]?.state === 'failed' || rows[0]?.fault) throw new Error(`The import failed: ${rows[0].fault}`);
  }
  throw new Error(`The import has not become ${state}.`);
}
