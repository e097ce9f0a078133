import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { backUp, restore } from '../../../src/app/backup/backup.command.ts';
import { checkAuditChain } from '../../../src/house/audit/audit.command.ts';
import { resumeCampaign } from '../../../src/campaign/campaign.command.ts';
import { openHouse, waitFor, type House } from '../../kit/campaign.ts';
import { startChildWorker, type ChildWorker } from '../../kit/child-worker.ts';
import { rowsOf, sentOf, untilFinished, untilSent } from '../../kit/look.ts';
import { ownServers } from '../../kit/own-servers.ts';

let servers: Awaited<ReturnType<typeof ownServers>>;
let house: House;
let worker: ChildWorker;
let from = 0;
beforeAll(async () => {
  servers = await ownServers();
  house = await openHouse({ ...servers, worker: false, scenario: { receipts: { delayMs: 30 } } });
  worker = await startChildWorker(house);
}, 120_000);

const audience = (people: number): Promise<string> => {
  from += 2_000;
  return house.addAudience(people, from);
};
const slow = { ratePerSecond: 60 };
const sign = async (id: string): Promise<void> => {
  await house.signAs(house.people.liaison, 'liaison', id);
  await house.signAs(house.people.leader, 'leader', id);
};
const restores = async () =>
  (await house.pool.query(`select details from audit where action = 'installation.restore' order by seq`)).rows.map(
    ({ details }) => details,
  ) as { lostFrom: string; lostUntil: string; campaigns: number }[];
const statesOf = async (id: string) => new Set((await rowsOf(house, id)).map(({ state }) => state));
/** Nobody is in doubt any more. */
const untilSettled = (id: string) =>
  waitFor(
    async () => ((await statesOf(id)).has('unknown') ? null : true),
    async () => JSON.stringify([...(await statesOf(id))]),
    90,
  );
const resume = (id: string) => resumeCampaign(house.people.operator.ctx, { campaignId: id });

/** One campaign is sent in part, one waits for its signatures; then the copy is made, and both go on without it. */
async function playUntilLost(copy = (): Promise<unknown> => servers.postgres.copy()) {
  const sending = await house.signed(await audience(500), slow);
  const awaiting = await house.submitted(await audience(30));
  await untilSent(house, sending, 60);
  await copy();
  const copied = (await sentOf(house, sending)).accepted;
  await sign(awaiting);
  await untilFinished(house, awaiting);
  await untilSent(house, sending, copied + 60);
  return { sending, awaiting };
}

/** What holds after every restore: the campaigns stop, the gateway is asked, and everybody gets it once. */
async function expectOnce({ sending, awaiting }: { sending: string; awaiting: string }, restored: number) {
  const { campaign } = await house.until(sending, 'paused');
  expect(campaign.stateReason).toMatchObject({ code: 'database.restored', by: 'system' });
  const sent = await sentOf(house, sending);
  await untilSettled(sending);
  // Who had got it is known again, and nobody was written to meanwhile.
  expect(await sentOf(house, sending)).toEqual(sent);
  expect(sent.twice).toBe(0);
  const delivered = (await rowsOf(house, sending)).filter(({ state }) => state === 'delivered');
  expect(delivered).toHaveLength(sent.accepted);
  await resume(sending);
  expect((await untilFinished(house, sending, 90)).ledger).toMatchObject({
    balanced: true,
    counts: { delivered: 500 },
  });
  expect(await sentOf(house, sending)).toEqual({ accepted: 500, twice: 0 });

  // Its signatures are of the lost time: it awaits them again, and finds that everybody has got it.
  await house.until(awaiting, 'awaiting-liaison');
  await sign(awaiting);
  const { campaign: ended, ledger } = await untilFinished(house, awaiting, 90);
  expect([ended.stateReason, ledger?.balanced, ledger?.counts]).toEqual([
    null,
    true,
    expect.objectContaining({ delivered: 30 }),
  ]);
  expect(await sentOf(house, awaiting)).toEqual({ accepted: 30, twice: 0 });
  expect(await restores()).toHaveLength(restored);
}

test(
  'an older PostgreSQL under a living worker and a newer Temporal: nobody gets it twice, nobody is lost',
  { timeout: 300_000 },
  async () => {
    const campaigns = await playUntilLost();
    await servers.postgres.restore();
    await expectOnce(campaigns, 1);
    const [first] = await restores();
    expect(first?.campaigns).toBe(2);
    expect(Date.parse(first?.lostUntil ?? '')).toBeGreaterThan(Date.parse(first?.lostFrom ?? ''));
  },
);

test(
  'an older PostgreSQL while Temporal has lost everything and the worker was dead',
  { timeout: 300_000 },
  async () => {
    const campaigns = await playUntilLost();
    await worker.kill();
    await servers.temporal.forget();
    await servers.postgres.restore();
    worker = await startChildWorker(house);
    // The copy was made after the first restore.
    await expectOnce(campaigns, 2);
  },
);

test(
  'an older PostgreSQL on a machine that knows nothing of it is taken for restored',
  { timeout: 300_000 },
  async () => {
    const campaigns = await playUntilLost();
    await worker.kill();
    await servers.postgres.restore();
    await rm(path.join(house.folder, 'installation.json'));
    // As if the copy were of the moment before their part of the ledger was opened.
    await house.pool.query(
      `delete from message m using campaign c where c.id = $1 and m.campaign_key = c.key and m.attempt = 0 and m.state = 'pending'`,
      [campaigns.sending],
    );
    await house.pool.query('delete from ledger_part p using campaign c where c.id = $1 and p.campaign_key = c.key', [
      campaigns.sending,
    ]);
    // The beat of the worker that has died is in the copy, and is old by now.
    await house.pool.query('delete from worker_beat');
    worker = await startChildWorker(house);
    await expectOnce(campaigns, 3);
  },
);

test(
  'a backup that was taken while campaigns were sent, restored into an empty server: nobody twice, nobody lost, all verifies',
  { timeout: 300_000 },
  async () => {
    const file = path.join(house.folder, 'waihu.tar.gz');
    const campaigns = await playUntilLost(() => backUp(house.pool, file));
    await worker.kill();
    await servers.postgres.empty();
    const { key } = await restore(house.pool, house.url, file);
    expect(key).toBe(house.seals.key.fingerprint);
    // The note of the machine says less than the backup, as where data folder and database were put back together.
    const note = path.join(house.folder, 'installation.json');
    const { id } = JSON.parse(await readFile(note, 'utf8')) as { id: string };
    await writeFile(note, JSON.stringify({ id, mark: 1 }));
    worker = await startChildWorker(house);
    await expectOnce(campaigns, 4);
    const { ctx } = house.people.operator;
    const { seals: _beside, ...alone } = ctx;
    expect(await checkAuditChain(alone)).toMatchObject({ holds: true, fault: null });
  },
);

test('a worker that starts again on the same database pauses nothing', { timeout: 120_000 }, async () => {
  const id = await house.signed(await audience(200), slow);
  await untilSent(house, id, 20);
  await worker.kill();
  worker = await startChildWorker(house);
  expect((await untilFinished(house, id, 90)).ledger).toMatchObject({ balanced: true, counts: { delivered: 200 } });
  expect(await restores()).toHaveLength(4);
});

test(
  'Temporal has lost everything under three living campaigns: all go on within a minute',
  { timeout: 240_000 },
  async () => {
    const sending = await house.signed(await audience(600), slow);
    const awaiting = await house.submitted(await audience(20));
    const halfSigned = await house.submitted(await audience(20));
    await house.signAs(house.people.liaison, 'liaison', halfSigned);
    await untilSent(house, sending, 30);
    await servers.temporal.forget();
    for (const id of [sending, awaiting, halfSigned])
      await waitFor(
        async () =>
          (
            await house.pool.query(
              `select 1 from audit where object_id = $1 and action = 'campaign.process-restart' and details->>'lost' = 'missing'`,
              [id],
            )
          ).rowCount
            ? true
            : null,
        () => 'the process was not missed',
        60,
      );
    await house.signAs(house.people.leader, 'leader', halfSigned);
    await sign(awaiting);
    for (const [id, people] of [
      [sending, 600],
      [awaiting, 20],
      [halfSigned, 20],
    ] as const) {
      expect((await untilFinished(house, id, 90)).ledger).toMatchObject({
        balanced: true,
        counts: { delivered: people },
      });
      expect(await sentOf(house, id)).toEqual({ accepted: people, twice: 0 });
    }
    const { schedules } = await waitFor(
      async () => {
        const listed: string[] = [];
        for await (const { scheduleId } of house.client.schedule.list()) listed.push(scheduleId);
        return listed.length > 0 ? { schedules: listed } : null;
      },
      () => 'no schedule',
      60,
    );
    expect(schedules).toContain(`sign-reminders:${house.taskQueue}`);
  },
);
