import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Pool } from 'pg';
import { pino } from 'pino';
import { afterAll, inject } from 'vitest';
import { createSandbox } from '../../sandbox/server.ts';
import type { ScenarioInput } from '../../sandbox/scenario.ts';
import { openAuditSeals } from '../../src/house/audit/seals.ts';
import { openInstallationKey } from '../../src/house/installation-key.command.ts';
import { keyOfFolder } from '../../src/house/installation-key.ts';
import { createCampaign, type NewCampaignInput } from '../../src/campaign/draft/campaign-draft.command.ts';
import { submitCampaign } from '../../src/campaign/campaign.command.ts';
import { showCampaign, showForm } from '../../src/campaign/view.command.ts';
import { createTemporalProcesses } from '../../src/campaign/temporal-processes.command.ts';
import { createTemplate } from '../../src/sms/template/template.command.ts';
import { storeCalendar } from '../../src/kernel/calendar.db.ts';
import { GatewaySettings, insertGatewayAccount } from '../../src/sms/gateway-account.db.ts';
import type { CampaignState } from '../../src/campaign/state.rule.ts';
import { calendarCn } from '../../src/kernel/calendar-cn.rule.ts';
import type { Role } from '../../src/kernel/permission.rule.ts';
import { startTakeIn } from '../../src/sms/webhook/take-in.ts';
import { testDatabase } from './database.ts';
import { createHouseWorker, type SenderOptions } from './house-worker.ts';
import { openWebhooks, type HouseWeb, type WebParts } from './house-web.ts';
import { makePerson, signForm, type Person } from './signers.ts';

export type { Person } from './signers.ts';
/** What a test makes fail, or have people opt out of, must not pause what it looks at. */
const neverStops = { failurePercent: 100, optOutsPerThousand: 1_000, complaintsPerThousand: 1_000 };

export type House = Awaited<ReturnType<typeof openHouse>>;

export type HouseOptions = SenderOptions & {
  scenario?: ScenarioInput;
  worker?: boolean;
  settle?: Partial<GatewaySettings['settle']>;
  /** Servers of the test's own, which it may stop and start again. */
  database?: { pool: Pool; url: string };
  temporalAddress?: string;
  web?: (parts: WebParts) => Promise<HouseWeb>;
};

/** A whole Waihu for one test file: its own database, task queue, sandbox, webhooks and worker, and five people with keys. */
export async function openHouse(options: HouseOptions = {}) {
  const { pool, url } = options.database ?? (await testDatabase());
  const folder = await mkdtemp(path.join(tmpdir(), 'waihu-house-'));
  const key = await openInstallationKey(pool, keyOfFolder(folder));
  const seals = await openAuditSeals(pool, key, folder);
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  const temporalAddress = options.temporalAddress ?? inject('temporalAddress');
  const webhookToken = randomBytes(24).toString('base64url');

  const takeIn = startTakeIn(pool, pino({ level: 'silent' }));
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection });
  const web = await (options.web ?? openWebhooks)({ pool, takeIn, client, taskQueue, folder, key, seals });
  const webUrl = web.url;
  const sandbox = createSandbox({
    scenario: { seed: 7, latencyMs: 5, ...options.scenario },
    pushReportUrl: `${webUrl}/webhooks/aliyun/${webhookToken}/reports`,
    pushReplyUrl: `${webUrl}/webhooks/aliyun/${webhookToken}/replies`,
  });
  const sandboxPort = await sandbox.listen(0);
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const credentialsFile = path.join(folder, 'credentials.json');
  await writeFile(credentialsFile, JSON.stringify({ accessKeyId: 'sandbox-key', accessKeySecret: 'sandbox-secret' }));

  const accountId = randomUUIDv7();
  await storeCalendar(pool, calendarCn, 'test');
  await insertGatewayAccount(pool, {
    id: accountId,
    name: 'sandbox',
    provider: 'aliyun',
    settings: GatewaySettings.parse({
      endpoint: `127.0.0.1:${sandboxPort}`,
      protocol: 'http',
      credentialsFile,
      timeoutMs: 1_500,
      hours: { marketing: ['00:00', '24:00'], notice: ['00:00', '24:00'] },
      settle: {
        askUnknownAfter: 1,
        askAcceptedAfter: 2,
        askEvery: 1,
        proofs: 2,
        listLag: 1,
        afterDay: false,
        receiptHours: 1,
        ...options.settle,
      },
    }),
    ratePerSecond: 5_000,
    priceMilliYuan: 45,
    webhookToken,
  });

  const processes = createTemporalProcesses(client, taskQueue);
  const people = {
    applicant: await addPerson('applicant', ['applicant']),
    liaison: await addPerson('liaison', ['liaison']),
    leader: await addPerson('leader', ['leader']),
    operator: await addPerson('operator', ['operator', 'auditor']),
    both: await addPerson('both', ['liaison', 'leader', 'applicant']),
  };

  function addPerson(name: string, roles: Role[]): Promise<Person> {
    return makePerson(pool, processes, name, roles, seals);
  }

  const worker = createHouseWorker({ pool, seals, temporalAddress, taskQueue }, options);
  if (options.worker !== false) await worker.start();
  afterAll(async () => {
    await worker.stop();
    await web.close();
    await takeIn.stop();
    await sandbox.close();
    await connection.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = async (method: string, place: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(`${sandboxUrl}/sandbox/${place}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok)
      throw new Error(`The sandbox answered ${answer.status} to ${method} ${place}: ${await answer.text()}`);
    return answer.json();
  };
  const put = (place: string, body: unknown) => ask('PUT', place, body);
  const post = (place: string, body: unknown = {}) => ask('POST', place, body);
  await put('signatures/云汀金融', { state: 1 });
  await put('templates/SMS_1', {
    name: 'test',
    content: '${name}您好，您的权益已到账，请于${date}前领取。',
    type: 1,
    state: 1,
  });

  /** Customers 1..n with consecutive numbers; gives an audience of them all. */
  async function addAudience(n: number, from = 0): Promise<string> {
    const id = randomUUIDv7();
    await pool.query(
      `insert into audience (id, name, state, created_by, size) values ($1, '测试名单', 'open', $2, $3)`,
      [id, people.applicant.id, n],
    );
    await pool.query(
      `insert into audience_member (audience_id, seq, phone, variables)
       select $1, i, '+86138' || lpad((i + $3)::text, 8, '0'), jsonb_build_object('name', '王女士', 'date', '10月7日') from generate_series(1, $2::int) i`,
      [id, n, from],
    );
    return id;
  }

  const addTemplate = (change: Partial<Parameters<typeof createTemplate>[1]> = {}) =>
    createTemplate(people.applicant.ctx, {
      name: '权益到账',
      kind: 'notice',
      source: '{{name}}您好，您的权益已到账，请于{{date}}前领取。',
      variables: [
        { name: 'name', type: 'name', maxLength: 10, example: '王女士', label: '称呼' },
        { name: 'date', type: 'text', maxLength: 10, example: '10月7日', label: '截止日期' },
      ],
      signName: '云汀金融',
      gatewayAccountId: accountId,
      gatewayCode: 'SMS_1',
      ...change,
    });
  const template = await addTemplate();

  async function draft(
    audienceId: string,
    change: Partial<NewCampaignInput> = {},
    by: Person = people.applicant,
  ): Promise<string> {
    const { id } = await createCampaign(by.ctx, {
      name: '国庆权益',
      purpose: '国庆出行权益到账告知',
      templateId: template.id,
      audienceId,
      variableSources: { name: { from: 'row', key: 'name' }, date: { from: 'row', key: 'date' } },
      window: {
        startsAt: new Date(Date.now() - 60_000).toISOString(),
        endsAt: new Date(Date.now() + 3_600_000).toISOString(),
        dailyFrom: '00:00',
        dailyTo: '24:00',
      },
      ratePerSecond: 5_000,
      costCeilingFen: 10_000_000,
      stopConditions: neverStops,
      ...change,
    });
    return id;
  }

  async function submitted(audienceId: string, change: Partial<NewCampaignInput> = {}): Promise<string> {
    const id = await draft(audienceId, change);
    await submitCampaign(people.applicant.ctx, { campaignId: id });
    await until(id, 'awaiting-liaison');
    return id;
  }

  async function signAs(
    person: Person,
    role: 'liaison' | 'leader',
    campaignId: string,
    digest?: string,
  ): Promise<void> {
    await signForm(person, role, campaignId, digest ?? (await showForm(people.operator.ctx, campaignId)).digest);
  }

  async function signed(audienceId: string, change: Partial<NewCampaignInput> = {}): Promise<string> {
    const id = await submitted(audienceId, change);
    await signAs(people.liaison, 'liaison', id);
    await signAs(people.leader, 'leader', id);
    return id;
  }

  const show = (id: string) => showCampaign(people.operator.ctx, id);

  /** Waits, bounded, until the campaign stands so; gives what it looks like then. */
  async function until(id: string, ...states: CampaignState[]) {
    return waitFor(
      async () => {
        const seen = await show(id);
        return states.includes(seen.campaign.state) ? seen : null;
      },
      async () =>
        `state ${(await show(id)).campaign.state} ${JSON.stringify((await show(id)).campaign.stateReason)}, waited for ${states.join(', ')}`,
    );
  }

  return {
    pool,
    url,
    folder,
    key,
    seals,
    client,
    sandbox,
    sandboxUrl,
    people,
    accountId,
    template,
    taskQueue,
    ask,
    put,
    post,
    addAudience,
    addTemplate,
    addPerson,
    webUrl,
    webhookToken,
    processes,
    draft,
    submitted,
    signAs,
    signed,
    show,
    until,
    startWorker: worker.start,
    stopWorker: worker.stop,
    temporalAddress,
  };
}

export async function waitFor<T>(
  look: () => Promise<T | null>,
  otherwise: () => Promise<string> | string,
  seconds = 45,
): Promise<T> {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end;) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Waited in vain: ${await otherwise()}`);
}
