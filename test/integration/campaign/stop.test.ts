import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import {
  cancelCampaign,
  pauseCampaign,
  rejectCampaign,
  resumeCampaign,
  submitCampaign,
  withdrawCampaign,
} from '../../../src/campaign/campaign.command.ts';
import { openHouse, type House } from '../../kit/campaign.ts';
import { codeOf, rowsOf, sentOf, untilFinished, untilHeld, untilSent, watchLedger } from '../../kit/look.ts';

let house: House;
let from = 0;
beforeAll(async () => {
  house = await openHouse({ scenario: { receipts: { delayMs: 30 }, latencyMs: 60 } });
});

const audience = (people: number): Promise<string> => {
  from += 2_000;
  return house.addAudience(people, from);
};
const pause = (campaignId: string) => pauseCampaign(house.people.operator.ctx, { campaignId, reason: 'a doubt' });
const resume = (campaignId: string) => resumeCampaign(house.people.operator.ctx, { campaignId });
const cancel = (campaignId: string) => cancelCampaign(house.people.operator.ctx, { campaignId, reason: 'no more' });
// Long enough for a claim, a look at the halt and a call that somebody forgot to stop.
const aWhile = () => sleep(1_500);

test('after a pause under full load no new call begins; the resume sends the rest, to nobody twice', async () => {
  const id = await house.submitted(await audience(1_500));
  await house.signAs(house.people.liaison, 'liaison', id);
  const watch = watchLedger(house, id);
  await house.signAs(house.people.leader, 'leader', id);
  await untilSent(house, id, 100);
  const { inFlight } = await pause(id);
  const sent = await sentOf(house, id);
  expect(inFlight).toEqual([]);
  expect(sent.accepted).toBeLessThan(1_500);
  await aWhile();
  expect(await sentOf(house, id)).toEqual(sent);
  const { campaign, ledger } = await house.show(id);
  expect([campaign.state, campaign.stateReason]).toEqual([
    'paused',
    expect.objectContaining({ code: 'campaign.pause', reason: 'a doubt' }),
  ]);
  expect(ledger?.counts).toMatchObject({ claimed: 0, pending: 1_500 - sent.accepted });
  expect(await codeOf(pause(id))).toBe('campaign.wrong-state');
  await resume(id);
  expect(await codeOf(resume(id))).toBe('campaign.not-paused');
  expect((await untilFinished(house, id)).ledger?.counts).toMatchObject({ delivered: 1_500 });
  expect(await sentOf(house, id)).toEqual({ accepted: 1_500, twice: 0 });
  expect((await watch.stop()).wrong).toEqual([]);
});

test('a pause that is taken back before the sender asks again ends that run, and the next one sends', async () => {
  const id = await house.signed(await audience(3), { ratePerSecond: 1 });
  await untilSent(house, id, 1);
  // Between two of its claims, which the rate keeps about a second apart, the sender sees the campaign paused; the next claim
  // finds it sending. By SQL: nobody is told, as after a pause whose notification was lost.
  await house.pool.query(`update campaign set state = 'paused' where id = $1`, [id]);
  await sleep(450);
  await house.pool.query(`update campaign set state = 'sending' where id = $1`, [id]);
  expect((await untilFinished(house, id)).ledger?.counts).toMatchObject({ delivered: 3 });
  expect(await sentOf(house, id)).toEqual({ accepted: 3, twice: 0 });
});

test('a pause with calls in flight waits for them and sends nothing else', async () => {
  await house.post('hold', { actions: ['SendSms'] });
  const id = await house.signed(await audience(400));
  await untilHeld(house, 100);
  const pausing = pause(id);
  await house.until(id, 'paused');
  expect((await house.show(id)).inFlight.length).toBeGreaterThan(0);
  await house.post('release');
  expect((await pausing).inFlight).toEqual([]);
  const sent = await sentOf(house, id);
  await aWhile();
  expect(await sentOf(house, id)).toEqual(sent);
  await resume(id);
  expect((await untilFinished(house, id)).ledger?.counts).toMatchObject({ delivered: 400 });
  expect(await sentOf(house, id)).toEqual({ accepted: 400, twice: 0 });
});

test('pausing and resuming over and over neither loses nor repeats anybody', async () => {
  const id = await house.signed(await audience(600), { ratePerSecond: 300 });
  for (let round = 1; round <= 4; round += 1) {
    await untilSent(house, id, round * 60);
    await pause(id);
    await resume(id);
  }
  expect((await untilFinished(house, id)).ledger).toMatchObject({ balanced: true, counts: { delivered: 600 } });
  expect(await sentOf(house, id)).toEqual({ accepted: 600, twice: 0 });
});

test('a cancelled campaign tells who got it and who never will', async () => {
  const id = await house.signed(await audience(1_000), { ratePerSecond: 200 });
  await untilSent(house, id, 40);
  await cancel(id);
  const sent = await sentOf(house, id);
  const { campaign, ledger } = await untilFinished(house, id);
  expect(campaign.state).toBe('cancelled');
  expect(ledger).toMatchObject({
    balanced: true,
    counts: { delivered: sent.accepted, cancelled: 1_000 - sent.accepted },
  });
  await aWhile();
  expect(await sentOf(house, id)).toEqual({ ...sent, twice: 0 });
  expect(await codeOf(resume(id))).toBe('campaign.not-paused');
  expect(await codeOf(cancel(id))).toBe('campaign.wrong-state');
});

test('a campaign that is paused or cancelled before its window opens sends nothing', async () => {
  const window = {
    startsAt: new Date(Date.now() + 2_500).toISOString(),
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    dailyFrom: '00:00',
    dailyTo: '24:00',
  };
  const paused = await house.signed(await audience(10), { window });
  const cancelled = await house.signed(await audience(10), { window });
  await pause(paused);
  await cancel(cancelled);
  expect((await untilFinished(house, cancelled)).ledger?.counts).toMatchObject({ cancelled: 10 });
  await sleep(2_500);
  expect(await sentOf(house, paused)).toEqual({ accepted: 0, twice: 0 });
  await resume(paused);
  expect((await untilFinished(house, paused)).ledger?.counts).toMatchObject({ delivered: 10 });
  expect(await sentOf(house, cancelled)).toEqual({ accepted: 0, twice: 0 });
});

test('when the window closes in the middle, the rest expires', async () => {
  const endsAt = new Date(Date.now() + 5_000).toISOString();
  const id = await house.signed(await audience(1_000), {
    ratePerSecond: 20,
    window: { startsAt: new Date(Date.now() - 60_000).toISOString(), endsAt, dailyFrom: '00:00', dailyTo: '24:00' },
  });
  await untilSent(house, id, 1);
  const { campaign, ledger } = await untilFinished(house, id);
  const { accepted } = await sentOf(house, id);
  expect(['completed', 'archived']).toContain(campaign.state);
  expect(ledger).toMatchObject({ balanced: true, counts: { delivered: accepted, expired: 1_000 - accepted } });
  const { rows } = await house.pool.query(
    'select count(*)::int as n from message where campaign_key = $1 and claimed_at >= $2',
    [campaign.key, endsAt],
  );
  expect(rows).toEqual([{ n: 0 }]);
  expect(accepted).toBeLessThan(1_000);
});

test('a form that is sent back or taken back sends nothing and takes no signature', async () => {
  const rejected = await house.submitted(await audience(5));
  await rejectCampaign(house.people.liaison.ctx, { campaignId: rejected, reason: 'wrong date' });
  const withdrawn = await house.signed(await audience(5), {
    window: {
      startsAt: new Date(Date.now() + 1_500).toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      dailyFrom: '00:00',
      dailyTo: '24:00',
    },
  });
  await withdrawCampaign(house.people.applicant.ctx, { campaignId: withdrawn, reason: 'not today' });
  await sleep(1_500);
  for (const [id, state] of [
    [rejected, 'rejected'],
    [withdrawn, 'withdrawn'],
  ] as const) {
    expect((await house.show(id)).campaign.state).toBe(state);
    expect(await codeOf(house.signAs(house.people.leader, 'leader', id))).toBe('campaign.not-awaiting-signature');
    expect(await sentOf(house, id)).toEqual({ accepted: 0, twice: 0 });
  }
});

test('a submit twice, at once or again, makes one form', async () => {
  const id = await house.draft(await audience(5));
  const submit = () => codeOf(submitCampaign(house.people.applicant.ctx, { campaignId: id }));
  const answers = await Promise.all([submit(), submit(), submit()]);
  expect(answers).toContain('nothing went wrong');
  await house.until(id, 'awaiting-liaison');
  expect(await submit()).toBe('campaign.wrong-state');
  const { rows } = await house.pool.query(
    `select count(*)::int as n from audit where object_id = $1 and action = 'campaign.submit'`,
    [id],
  );
  expect(rows).toEqual([{ n: 1 }]);
});

test('what a check refused is corrected and submitted again at once', async () => {
  const text = '${name}您好，您的权益已到账，请于${date}前领取。';
  const id = await house.draft(await audience(5));
  const submit = () => submitCampaign(house.people.applicant.ctx, { campaignId: id });
  await house.put('templates/SMS_1', { name: 'test', content: text, type: 1, state: 0 });
  await submit();
  expect((await house.until(id, 'draft')).campaign.stateReason).toMatchObject({ code: 'gateway.template-not-passed' });
  await house.put('templates/SMS_1', { name: 'test', content: text, type: 1, state: 1 });
  await submit();
  await house.until(id, 'awaiting-liaison');
  expect(await rowsOf(house, id)).toEqual([]);
});

test('a submit that Temporal did not hear is heard when it is repeated', async () => {
  const id = await house.draft(await audience(5));
  const { ctx } = house.people.applicant;
  const deaf = { ...ctx, processes: { ...ctx.processes, startCampaign: () => Promise.reject(new Error('away')) } };
  await expect(submitCampaign(deaf, { campaignId: id })).rejects.toThrow('away');
  expect((await house.show(id)).campaign.state).toBe('freezing');
  await submitCampaign(ctx, { campaignId: id });
  await house.until(id, 'awaiting-liaison');
});
