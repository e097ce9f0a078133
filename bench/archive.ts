import { createWriteStream } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { openInstallationKey } from '../src/house/installation-key.command.ts';
import { keyOfFolder } from '../src/house/installation-key.ts';
import { createSignIn } from '../src/house/sign-in/sign-in.ts';
import { sessionHeaders } from '../test/kit/session.ts';
import { openBenchHouse, type BenchHouse } from './kit.ts';
import { formatTable, keepResult } from './report.ts';
import { runScript } from './script.ts';
import { forgetPeak, peakMb } from './usage.ts';

const usage = `Usage: npm run bench -- archive [--people 1000000]
How long the people of one campaign take to freeze, and its archive to make, to fetch and to verify, and in how much memory.`;

type Step = { seconds: number; peakMb: number };

/** A campaign that was signed and is over, without its million calls: what became of everybody is written into the ledger. */
export async function benchArchive(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { people: { type: 'string', default: '1000000' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) return console.log(usage);
  const people = Number(values.people);
  const house = await openBenchHouse();
  try {
    house.forgetWorkerPeak();
    const { id, key, freeze, go } = await house.prepare(people, 'single');
    console.log(`  freeze ${JSON.stringify(freeze)}`);
    const steps: Record<string, Step> = { freeze: { seconds: freeze.seconds, peakMb: freeze.workerPeakMb } };
    await fillLedger(house, id, key, people);
    house.forgetWorkerPeak();
    await go();
    await house.until(id, ['archived'], 60);
    steps['archive'] = { seconds: await archiveSeconds(house, id), peakMb: house.workerPeakMb() };
    const file = path.join(house.folder, 'archive.json');
    console.log(`  archive ${JSON.stringify(steps['archive'])}`);
    steps['download'] = await download(house, id, file);
    console.log(`  download ${JSON.stringify(steps['download'])}`);
    const { seconds = 0, peakMb: peak = 0, bytes = 0, ok = 0 } = await runScript('verify-file.ts', [file]);
    if (ok !== 1) throw new Error('The archive does not hold.');
    steps['verify'] = { seconds, peakMb: peak };
    const head = ['step', 'seconds', 'peak MB'];
    const rows = Object.entries(steps).map(([step, { seconds: time, peakMb: peaked }]) => [step, time, peaked]);
    console.log(`\n${people} people, a file of ${Math.round(bytes / 1e6)} MB; load ${os.loadavg().join(', ')}.\n`);
    console.log(formatTable(head, rows));
    keepResult('archive', { people, bytes, head, rows });
  } finally {
    await house.close();
  }
}

/** Everybody reached at a moment to come; resolves shortly before it, so that the leader has signed then. One person is left. */
async function fillLedger({ pool }: BenchHouse, id: string, key: number, people: number): Promise<void> {
  const at = new Date(Date.now() + 40_000 + people / 5);
  const client = await pool.connect();
  try {
    await client.query(`set statement_timeout = '20min'`);
    await client.query(
      `insert into message (campaign_key, seq, state, attempt, request_seq, code, biz_id, claimed_at, called_at, changed_at, segments)
       select c.key, m.seq, 'delivered', 1, m.seq, 'DELIVERED', 'bench' || lpad(m.seq::text, 12, '0') || '^0', $2, $2, $2, 1
       from campaign c join audience_member m on m.audience_id = c.frozen_audience_id where c.id = $1 and m.seq > 1`,
      [id, at],
    );
    await client.query(
      `insert into receipt (biz_id, phone, out_id, delivered, error_code, segments, matched)
       select 'bench' || lpad(m.seq::text, 12, '0') || '^0', m.phone, 'wh-' || $2 || '-' || m.seq || '-1', true, 'DELIVERED', 1, true
       from campaign c join audience_member m on m.audience_id = c.frozen_audience_id where c.id = $1 and m.seq > 1`,
      [id, String(key)],
    );
    // One is left to be sent for real.
    await client.query('insert into message (campaign_key, seq) values ($1, 1)', [key]);
    await client.query('vacuum analyze message, receipt');
  } finally {
    client.release(true);
  }
  const early = at.getTime() - 20_000 - Date.now();
  if (early < 0) throw new Error('The ledger took too long to fill: the leader would sign after the calls.');
  await sleep(early);
}

/** From the campaign's end to its archive, by the record. */
async function archiveSeconds({ pool }: BenchHouse, id: string): Promise<number> {
  const { rows } = await pool.query<{ seconds: number }>(
    `select extract(epoch from max(at) filter (where action = 'campaign.archive') - max(at) filter (where action = 'campaign.finish'))::float as seconds
     from audit where object_kind = 'campaign' and object_id = $1`,
    [id],
  );
  return rows[0]?.seconds ?? 0;
}

async function download({ pool, running, folder, people, pidOf }: BenchHouse, id: string, file: string): Promise<Step> {
  const signIn = createSignIn({
    pool,
    key: await openInstallationKey(pool, keyOfFolder(folder)),
    baseUrl: running.url,
  });
  const headers = await sessionHeaders(pool, signIn, people.operator.id, running.url);
  forgetPeak(pidOf('api'));
  const startedAt = Date.now();
  const answer = await fetch(`${running.url}/api/v1/campaigns/${id}/archive`, { headers });
  if (!answer.ok || !answer.body) throw new Error(`The archive was answered with ${answer.status}.`);
  await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(file));
  return { seconds: (Date.now() - startedAt) / 1_000, peakMb: peakMb(pidOf('api')) };
}
