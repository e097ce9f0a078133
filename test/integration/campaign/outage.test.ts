import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { pauseCampaign, resumeCampaign } from '../../../src/campaign/campaign.command.ts';
import { openHouse, waitFor, type House } from '../../kit/campaign.ts';
import { codeOf, rowsOf, sentOf, untilFinished, untilSent } from '../../kit/look.ts';
import { ownServers } from '../../kit/own-servers.ts';

let servers: Awaited<ReturnType<typeof ownServers>>;
let house: House;
beforeAll(async () => {
  servers = await ownServers();
  house = await openHouse({ ...servers, scenario: { receipts: { delayMs: 30 } } });
});

test(
  'Temporal goes away and comes back: sending goes on, and everybody gets it once',
  { timeout: 120_000 },
  async () => {
    const id = await house.signed(await house.addAudience(1_400), { ratePerSecond: 150 });
    await untilSent(house, id, 50);
    await servers.temporal.stop();
    const { accepted } = await sentOf(house, id);
    await untilSent(house, id, accepted + 100);
    await servers.temporal.start();
    expect((await untilFinished(house, id, 90)).ledger).toMatchObject({ balanced: true, counts: { delivered: 1_400 } });
    expect(await sentOf(house, id)).toEqual({ accepted: 1_400, twice: 0 });
  },
);

test('a pause stops the calls even while Temporal is away', { timeout: 120_000 }, async () => {
  const id = await house.signed(await house.addAudience(1_000, 10_000), { ratePerSecond: 100 });
  await untilSent(house, id, 30);
  await servers.temporal.stop();
  const pausing = codeOf(pauseCampaign(house.people.operator.ctx, { campaignId: id, reason: 'a doubt' }));
  await house.until(id, 'paused');
  await waitFor(
    async () => ((await rowsOf(house, id)).every(({ state }) => state !== 'claimed') ? true : null),
    () => 'calls go on',
  );
  const sent = await sentOf(house, id);
  await sleep(1_500);
  expect(await sentOf(house, id)).toEqual(sent);
  await servers.temporal.start();
  expect(['nothing went wrong', 'process.unreachable']).toContain(await pausing);
  await resumeCampaign(house.people.operator.ctx, { campaignId: id });
  expect((await untilFinished(house, id, 90)).ledger).toMatchObject({ balanced: true, counts: { delivered: 1_000 } });
  expect(await sentOf(house, id)).toEqual({ accepted: 1_000, twice: 0 });
});

test(
  'PostgreSQL goes away and comes back: nothing leaves meanwhile, then everybody gets it once',
  { timeout: 120_000 },
  async () => {
    const id = await house.signed(await house.addAudience(1_400, 20_000), { ratePerSecond: 150 });
    const { campaign } = await house.show(id);
    const accepted = (): number => house.sandbox.witness.counts({ outIdPrefix: `wh-${campaign.key}-` }).accepted;
    await untilSent(house, id, 50);
    await servers.postgres.stop();
    await sleep(1_500);
    const sent = accepted();
    await sleep(1_500);
    expect(accepted()).toBe(sent);
    await servers.postgres.start();
    expect((await untilFinished(house, id, 90)).ledger).toMatchObject({ balanced: true, counts: { delivered: 1_400 } });
    expect(await sentOf(house, id)).toEqual({ accepted: 1_400, twice: 0 });
  },
);

test('a worker that is replaced in the middle leaves nothing behind', async () => {
  const id = await house.signed(await house.addAudience(800, 30_000), { ratePerSecond: 200 });
  await untilSent(house, id, 50);
  await house.stopWorker();
  await house.startWorker();
  expect((await untilFinished(house, id)).ledger).toMatchObject({ balanced: true, counts: { delivered: 800 } });
  expect(await sentOf(house, id)).toEqual({ accepted: 800, twice: 0 });
});
