import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { randomUUIDv7 } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { createCampaign } from '../src/campaign/draft/campaign-draft.command.ts';
import { submitCampaign } from '../src/campaign/campaign.command.ts';
import { showForm } from '../src/campaign/view.command.ts';
import { createTemplate } from '../src/sms/template/template.command.ts';
import { createTemporalProcesses } from '../src/campaign/temporal-processes.command.ts';
import { openAuditSeals } from '../src/house/audit/seals.ts';
import { openInstallationKey } from '../src/house/installation-key.command.ts';
import { readConfig } from '../src/app/config.ts';
import { findCampaign } from '../src/campaign/campaign.db.ts';
import { findGatewayAccountByName, insertGatewayAccount, updateGatewayAccount } from '../src/sms/gateway-account.db.ts';
import { countsOf, ledgerLines } from '../src/campaign/message.db.ts';
import { openPool, workPatience } from '../src/kernel/sql.db.ts';
import type { CampaignState } from '../src/campaign/state.rule.ts';
import { loadOrCreateSandboxAccess } from '../src/app/run/sandbox-access.ts';
import { parseIdentity } from '../src/app/run/processes.ts';
import { up } from '../src/app/run/up.ts';
import { makePerson, signForm } from '../test/kit/signers.ts';
import { names } from './people.ts';
import { cpuSeconds, difference, forgetPeak, peakMb, type Usage } from './usage.ts';

const perSecond = 100_000;
export const signName = '云汀金融';
export const gatewayTemplate = 'SMS_1';

export type BenchHouse = Awaited<ReturnType<typeof openBenchHouse>>;

/**
 * What `npm start` brings up, in a folder of its own: PostgreSQL that waits for the disk, Temporal with a database file,
 * sandbox (clean scenario), worker and API as processes; and people with keys. Limits of rate are set out of the way.
 */
export async function openBenchHouse({
  nodeOptions,
  keep = false,
}: { nodeOptions?: string | undefined; keep?: boolean } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'waihu-bench-'));
  const scenario = fileURLToPath(new URL('../sandbox/scenarios/clean.json', import.meta.url));
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(WAIHU_|DATABASE_URL$|TEMPORAL_)/.test(name)),
  );
  const config = readConfig({
    ...inherited,
    ...(process.env['WAIHU_TEMPORAL_CACHE'] && { WAIHU_TEMPORAL_CACHE: process.env['WAIHU_TEMPORAL_CACHE'] }),
    ...(nodeOptions && { NODE_OPTIONS: nodeOptions }),
    WAIHU_DATA: folder,
    WAIHU_PORT: '0',
    WAIHU_SANDBOX_SCENARIO: scenario,
    WAIHU_LOG_LEVEL: 'warn',
  });
  const { running, stop } = await up(config);
  const pool = openPool(running.databaseUrl, 8, { patience: workPatience });
  const connection = await Connection.connect({ address: running.temporalAddress });
  const processes = createTemporalProcesses(
    new Client({ connection, namespace: running.temporalNamespace }),
    config.taskQueue,
  );
  const seals = await openAuditSeals(pool, await openInstallationKey(pool, config.key), folder);
  const people = {
    applicant: await makePerson(pool, processes, 'applicant', ['applicant'], seals),
    liaison: await makePerson(pool, processes, 'liaison', ['liaison'], seals),
    leader: await makePerson(pool, processes, 'leader', ['leader'], seals),
    operator: await makePerson(pool, processes, 'operator', ['operator', 'auditor'], seals),
  };
  const sandboxUrl = running.sandboxUrl ?? '';
  const access = loadOrCreateSandboxAccess(folder);
  const ask = async (method: string, place: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${sandboxUrl}/sandbox/${place}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`The sandbox answered ${answer.status} to ${place}.`);
    return answer.json();
  };
  await ask('PUT', `signatures/${signName}`, { state: 1 });
  await ask('PUT', `templates/${gatewayTemplate}`, {
    name: 'bench',
    content: '${name}您好，您的权益已到账，请于${date}前领取。',
    type: 1,
    state: 1,
  });

  const account = await findGatewayAccountByName(pool, 'sandbox');
  if (!account) throw new Error('The API has made no sandbox account.');
  // Nobody is asked about missing receipts while other parts are measured.
  const settle = { ...account.settings.settle, askAcceptedAfter: 86_400 };
  await updateGatewayAccount(pool, { ...account, ratePerSecond: perSecond, settings: { ...account.settings, settle } });
  const templateOf = async (gatewayAccountId: string): Promise<string> => {
    const { id } = await createTemplate(people.applicant.ctx, {
      name: `bench ${gatewayAccountId}`,
      kind: 'notice',
      source: '{{name}}您好，您的权益已到账，请于{{date}}前领取。',
      variables: [
        { name: 'name', type: 'name', maxLength: 10, example: '王女士', label: '称呼' },
        { name: 'date', type: 'text', maxLength: 10, example: '10月7日', label: '截止日期' },
      ],
      signName,
      gatewayAccountId,
      gatewayCode: gatewayTemplate,
    });
    return id;
  };
  const templateId = await templateOf(account.id);
  /** A second account at the same sandbox; gives its template. */
  const addAccount = async (): Promise<string> => {
    const id = randomUUIDv7();
    const token = randomUUIDv7().replaceAll('-', '').padEnd(32, '0');
    await insertGatewayAccount(pool, { ...account, id, name: 'second', ratePerSecond: perSecond, webhookToken: token });
    return templateOf(id);
  };

  const pidOf = (part: string): number =>
    parseIdentity(readFileSync(path.join(folder, 'run', `${part}.json`), 'utf8'))?.pid ?? 0;
  /** People's work and the senders. */
  const workerPids = (): number[] =>
    readdirSync(path.join(folder, 'run')).flatMap((file) =>
      /^(worker|sender-\d+)\.json$/.test(file) ? pidOf(file.slice(0, -5)) : [],
    );
  const workerPeakMb = (): number => Math.max(...workerPids().map(peakMb));
  const postmaster = (): number =>
    Number(readFileSync(path.join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const cpuNow = (): Usage => ({
    worker: workerPids().reduce((sum, pid) => sum + cpuSeconds(pid), 0),
    postgres: cpuSeconds(postmaster(), true),
    temporal: cpuSeconds(pidOf('temporal')),
    sandbox: cpuSeconds(pidOf('sandbox')),
    api: cpuSeconds(pidOf('api')),
  });

  let used = 0;
  /** Gives numbers that nobody has been sent anything to. */
  const reserve = (n: number): number => {
    const from = used;
    used += n;
    return from;
  };
  async function addAudience(n: number): Promise<string> {
    const id = randomUUIDv7();
    await pool.query(`insert into audience (id, name, state, created_by, size) values ($1, 'bench', 'open', $2, $3)`, [
      id,
      people.applicant.id,
      n,
    ]);
    await pool.query(
      `insert into audience_member (audience_id, seq, phone, variables)
       select $1, i, '+86138' || lpad((i + $3::int)::text, 8, '0'), jsonb_build_object('name', ($4::text[])[i % 400 + 1], 'date', '10月7日') from generate_series(1, $2::int) i`,
      [id, n, reserve(n), names],
    );
    await pool.query('vacuum analyze audience_member');
    return id;
  }

  async function until(id: string, states: readonly CampaignState[], minutes = 30): Promise<void> {
    for (const end = Date.now() + minutes * 60_000; Date.now() < end; await sleep(50)) {
      const campaign = await findCampaign(pool, id);
      if (campaign && states.includes(campaign.state)) return;
      if (campaign && ['draft', 'paused', 'voided', 'cancelled'].includes(campaign.state))
        throw new Error(`The campaign stopped: ${JSON.stringify(campaign.stateReason)}`);
    }
    throw new Error(`The campaign has not become ${states.join(' or ')}.`);
  }

  /** A campaign with real commands and signatures: its form, to be signed by the liaison and then the leader. */
  async function prepareForm(
    n: number,
    requests: 'single' | 'batched',
    ratePerSecond = perSecond,
    template = templateId,
  ) {
    const audienceId = await addAudience(n);
    const before = cpuNow();
    const startedAt = Date.now();
    const { id } = await createCampaign(people.applicant.ctx, {
      name: 'bench',
      purpose: '测量',
      templateId: template,
      audienceId,
      variableSources: { name: { from: 'row', key: 'name' }, date: { from: 'row', key: 'date' } },
      window: {
        startsAt: new Date(startedAt - 60_000).toISOString(),
        endsAt: new Date(startedAt + 6 * 3_600_000).toISOString(),
        dailyFrom: '00:00',
        dailyTo: '24:00',
      },
      ratePerSecond,
      requests,
      costCeilingFen: 100_000_000,
    });
    await submitCampaign(people.applicant.ctx, { campaignId: id });
    await until(id, ['awaiting-liaison']);
    const freeze = {
      seconds: (Date.now() - startedAt) / 1_000,
      cpu: difference(cpuNow(), before),
      workerPeakMb: workerPeakMb(),
    };
    const { digest } = await showForm(people.operator.ctx, id);
    const key = (await findCampaign(pool, id))?.key ?? 0;
    const sign = (role: 'liaison' | 'leader') => signForm(people[role], role, id, digest);
    return { id, key, freeze, sign };
  }

  /** Signed up to the leader's signature: `go` gives that one, and everything begins. */
  async function prepare(...wanted: Parameters<typeof prepareForm>) {
    const { sign, ...campaign } = await prepareForm(...wanted);
    await sign('liaison');
    return { ...campaign, go: () => sign('leader') };
  }

  /** Receipts pushed, or the push addresses withdrawn: then no receipt is ever told. */
  async function receipts(pushed: boolean): Promise<void> {
    const at = `${running.url}/webhooks/aliyun/${access.webhookToken}`;
    await ask(
      'PUT',
      'push',
      pushed ? { reportUrl: `${at}/reports`, replyUrl: `${at}/replies` } : { reportUrl: null, replyUrl: null },
    );
  }

  /** What the sandbox really took under these out ids: when (milliseconds, in order), counts, and repeats. */
  async function witness(outIdPrefix: string) {
    const counts = (await ask('GET', `witness/summary?outIdPrefix=${encodeURIComponent(outIdPrefix)}`)) as {
      accepted: number;
      numbersAcceptedMoreThanOnce: number;
    };
    const answer = await fetch(
      `${sandboxUrl}/sandbox/witness/accepted.ndjson?outIdPrefix=${encodeURIComponent(outIdPrefix)}`,
    );
    const times: number[] = [];
    for await (const line of createInterface({ input: Readable.fromWeb(answer.body as never) })) {
      // Cut out by hand: parsing a million lines would take longer than sending them.
      const at = line.indexOf('"acceptedAt":"');
      times.push(Date.parse(line.slice(at + 14, at + 38)));
    }
    times.sort((one, other) => one - other);
    const { accepted, numbersAcceptedMoreThanOnce: repeated } = counts;
    return { accepted, repeated, first: times[0] ?? 0, last: times.at(-1) ?? 0, times };
  }

  /** How many messages the sandbox has taken so far, of everybody. */
  const taken = async (): Promise<number> => ((await ask('GET', 'witness/summary')) as { accepted: number }).accepted;

  const balance = async (key: number) => countsOf(await ledgerLines(pool, key));

  async function close(): Promise<void> {
    await connection.close();
    await pool.end();
    await stop();
    if (keep) console.log(`Kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
  return {
    pool,
    running,
    folder,
    access,
    sandboxUrl,
    pidOf,
    postmaster,
    cpuNow,
    reserve,
    prepare,
    prepareForm,
    addAccount,
    people,
    until,
    receipts,
    witness,
    taken,
    balance,
    close,
    forgetWorkerPeak: () => workerPids().forEach(forgetPeak),
    workerPeakMb,
  };
}
