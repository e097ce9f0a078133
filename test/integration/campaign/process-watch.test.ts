import { beforeAll, expect, test } from 'vitest';
import { finishCampaign } from '../../../activities/lifecycle.ts';
import { campaignWorkflowId } from '../../../workflows/sms-campaign.ts';
import {
  cancelCampaign,
  pauseCampaign,
  resumeCampaign,
  submitCampaign,
} from '../../../src/campaign/campaign.command.ts';
import { startProcessWatch, watchProcesses } from '../../../src/campaign/process-watch.command.ts';
import { openHouse, waitFor, type House } from '../../kit/campaign.ts';
import { sentOf, untilFinished, untilSent, watchLedger } from '../../kit/look.ts';

let house: House;
let said: { sentence: string; fields: Record<string, unknown> }[] = [];
let from = 0;
beforeAll(async () => {
  house = await openHouse({ scenario: { receipts: { delayMs: 30 } } });
});

const audience = (people: number): Promise<string> => {
  from += 2_000;
  return house.addAudience(people, from);
};
const note = (fields: Record<string, unknown>, sentence: string): void => void said.push({ fields, sentence });
const deps = () => ({
  pool: house.pool,
  client: house.client,
  taskQueue: house.taskQueue,
  log: { warn: note, error: note },
});
const look = () => watchProcesses(deps());
const handle = (id: string) => house.client.workflow.getHandle(campaignWorkflowId(id));
const terminate = (id: string) => handle(id).terminate('somebody was here');
const statusOf = async (id: string): Promise<string> => (await handle(id).describe()).status.name;
const runOf = async (id: string): Promise<string> => (await handle(id).describe()).runId;
const restartsOf = async (id: string) =>
  (
    await house.pool.query(
      `select actor, details from audit where object_id = $1 and action = 'campaign.process-restart' order by seq`,
      [id],
    )
  ).rows as { actor: string; details: { lost: string; state: string } }[];
const closed = (id: string) =>
  waitFor(
    async () =>
      (await house.pool.query('select 1 from campaign where id = $1 and closed_at is not null', [id])).rowCount
        ? true
        : null,
    () => 'not closed',
  );

test('a living process is left alone, look after look', async () => {
  const id = await house.submitted(await audience(3));
  const run = await runOf(id);
  await look();
  await look();
  expect([await runOf(id), await restartsOf(id)]).toEqual([run, []]);
});

test('lost while it awaits the first and the second signature: both count, and everybody gets it once', async () => {
  said = [];
  const id = await house.submitted(await audience(40));
  await terminate(id);
  await look();
  expect(await statusOf(id)).toBe('RUNNING');
  await house.signAs(house.people.liaison, 'liaison', id);
  await terminate(id);
  // Another state, and the pause after a loss is over.
  await house.pool.query(`update campaign set process_lost_at = now() - interval '1 minute' where id = $1`, [id]);
  await look();
  await house.signAs(house.people.leader, 'leader', id);
  expect((await untilFinished(house, id)).ledger).toMatchObject({ balanced: true, counts: { delivered: 40 } });
  expect(await sentOf(house, id)).toEqual({ accepted: 40, twice: 0 });
  expect(await restartsOf(id)).toEqual([
    { actor: 'system', details: { lost: 'terminated', state: 'awaiting-liaison' } },
    { actor: 'system', details: { lost: 'terminated', state: 'awaiting-leader' } },
  ]);
  expect(said).toHaveLength(2);
  expect(said[0]).toMatchObject({
    fields: { kind: 'campaign', id, lost: 'terminated', state: 'awaiting-liaison' },
    sentence: 'The process of a campaign was lost; it goes on from the database.',
  });
});

test('who signs a form whose process is lost need not wait for the watch', async () => {
  const id = await house.submitted(await audience(5));
  await terminate(id);
  await house.signAs(house.people.liaison, 'liaison', id);
  await terminate(id);
  await house.signAs(house.people.leader, 'leader', id);
  expect((await untilFinished(house, id)).ledger?.counts).toMatchObject({ delivered: 5 });
});

test('lost before its window: it begins when the window does', async () => {
  const startsAt = new Date(Date.now() + 8_000);
  const id = await house.signed(await audience(5), {
    window: {
      startsAt: startsAt.toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      dailyFrom: '00:00',
      dailyTo: '24:00',
    },
  });
  await house.until(id, 'scheduled');
  await terminate(id);
  await look();
  expect((await untilFinished(house, id)).ledger?.counts).toMatchObject({ delivered: 5 });
  expect((await restartsOf(id)).map(({ details }) => details.state)).toEqual(['scheduled']);
});

test('lost in the middle of sending: nobody twice, nobody lost', { timeout: 120_000 }, async () => {
  const id = await house.submitted(await audience(900), { ratePerSecond: 150 });
  await house.signAs(house.people.liaison, 'liaison', id);
  const watch = watchLedger(house, id);
  await house.signAs(house.people.leader, 'leader', id);
  await untilSent(house, id, 60);
  await terminate(id);
  await look();
  expect((await restartsOf(id)).map(({ details }) => details.state)).toEqual(['sending']);
  expect((await untilFinished(house, id, 90)).ledger).toMatchObject({ balanced: true, counts: { delivered: 900 } });
  expect(await sentOf(house, id)).toEqual({ accepted: 900, twice: 0 });
  expect((await watch.stop()).wrong).toEqual([]);
});

test('lost while it is paused: it stays paused until a person resumes it', { timeout: 120_000 }, async () => {
  const id = await house.signed(await audience(300), { ratePerSecond: 60 });
  await untilSent(house, id, 30);
  await pauseCampaign(house.people.operator.ctx, { campaignId: id, reason: 'a doubt' });
  const sent = await sentOf(house, id);
  await terminate(id);
  await look();
  expect([await statusOf(id), (await house.show(id)).campaign.state]).toEqual(['RUNNING', 'paused']);
  expect(await sentOf(house, id)).toEqual(sent);
  await resumeCampaign(house.people.operator.ctx, { campaignId: id });
  expect((await untilFinished(house, id, 90)).ledger?.counts).toMatchObject({ delivered: 300 });
  expect(await sentOf(house, id)).toEqual({ accepted: 300, twice: 0 });
});

test('a pause and a cancel that a lost process never heard of hold all the same', { timeout: 120_000 }, async () => {
  const id = await house.signed(await audience(300), { ratePerSecond: 60 });
  await untilSent(house, id, 10);
  await terminate(id);
  await cancelCampaign(house.people.operator.ctx, { campaignId: id, reason: 'no more' });
  await look();
  const { ledger, campaign } = await untilFinished(house, id, 90);
  const { accepted, twice } = await sentOf(house, id);
  expect([campaign.state, ledger?.balanced, twice]).toEqual(['cancelled', true, 0]);
  expect(ledger?.counts).toMatchObject({ delivered: accepted, cancelled: 300 - accepted, pending: 0 });
});

test('lost while receipts are awaited, and before the archive: both are had in the end', async () => {
  await house.put('push', { reportUrl: null });
  const id = await house.signed(await audience(20));
  await untilSent(house, id, 20);
  await terminate(id);
  await look();
  await untilFinished(house, id);
  await closed(id);
  await handle(id).result();
  await house.put('push', { reportUrl: `${house.webUrl}/webhooks/aliyun/${house.webhookToken}/reports` });
  // As if the worker and the process had died between the closed ledger and its archive.
  await house.pool.query(`delete from archive where campaign_id = $1`, [id]);
  await house.pool.query(`update campaign set state = 'completed', closed_at = null where id = $1`, [id]);
  await house.pool.query(`update campaign set process_lost_at = null where id = $1`, [id]);
  await look();
  await closed(id);
  expect((await house.pool.query('select 1 from archive where campaign_id = $1', [id])).rowCount).toBe(1);
  expect((await restartsOf(id)).at(-1)?.details).toEqual({ lost: 'completed', state: 'completed' });
});

test('an end that comes from another time finishes nothing that still awaits its signatures', async () => {
  const id = await house.submitted(await audience(3));
  expect(await finishCampaign(house.pool, id, house.taskQueue)).toBeNull();
  const { campaign } = await house.show(id);
  expect([campaign.state, campaign.finishedAt]).toEqual(['awaiting-liaison', null]);
});

test('handed in, and Temporal lost it before the people were frozen', async () => {
  const id = await house.draft(await audience(5));
  const deaf = { ...house.people.applicant.ctx.processes, startCampaign: () => Promise.resolve() };
  await submitCampaign({ ...house.people.applicant.ctx, processes: deaf }, { campaignId: id });
  await look();
  // Whoever handed it in a moment ago may be starting it now.
  expect(await restartsOf(id)).toEqual([]);
  await house.pool.query(`update campaign set submitted_at = now() - interval '21 seconds' where id = $1`, [id]);
  await look();
  await house.until(id, 'awaiting-liaison');
  expect((await restartsOf(id)).map(({ details }) => details)).toEqual([{ lost: 'missing', state: 'freezing' }]);
});

test('of several processes one watches, and the next takes over', async () => {
  const id = await house.submitted(await audience(3));
  const watches = [startProcessWatch(deps(), 200), startProcessWatch(deps(), 200), startProcessWatch(deps(), 200)];
  try {
    await terminate(id);
    const lives = async () => ((await statusOf(id)) === 'RUNNING' ? true : null);
    await waitFor(lives, () => 'not started again');
    expect(await restartsOf(id)).toHaveLength(1);
    const [row] = (await house.pool.query(`select owner from duty where name = 'process-watch'`)).rows;
    await house.pool.query(`update duty set owner = gen_random_uuid(), held_until = now() - interval '1 second'`);
    await waitFor(
      async () => {
        const [now] = (await house.pool.query(`select owner, held_until > now() as held from duty`)).rows;
        return now?.held ? true : null;
      },
      () => `nobody took over from ${row?.owner}`,
    );
  } finally {
    for (const watch of watches) await watch.stop();
  }
});
