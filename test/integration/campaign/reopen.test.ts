import { beforeAll, expect, test } from 'vitest';
import { pauseCampaign } from '../../../src/campaign/campaign.command.ts';
import { reopenDue } from '../../../src/campaign/reopen.command.ts';
import { stopAccount } from '../../../activities/halt.ts';
import { openHouse, type House } from '../../kit/campaign.ts';
import { sentOf, untilFinished, untilSent } from '../../kit/look.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse({ scenario: { receipts: { delayMs: 30 } } });
});

const accountOf = async () =>
  (await house.pool.query('select state, stopped_until as until from gateway_account where id = $1', [house.accountId]))
    .rows[0] as { state: string; until: Date | null };
const actsOn = async (id: string, action: string) =>
  (await house.pool.query('select actor, details from audit where object_id = $1 and action = $2', [id, action])).rows;
const inHours = (hours: number): Date => new Date(Date.now() + hours * 3_600_000);

test('an account stopped for a time opens by itself when it is over, and goes on with what Waihu had paused', async () => {
  const slow = { ratePerSecond: 60 };
  const stopped = await house.signed(await house.addAudience(300), slow);
  const byPerson = await house.signed(await house.addAudience(300, 10_000), slow);
  await untilSent(house, stopped, 10);
  await untilSent(house, byPerson, 10);
  await pauseCampaign(house.people.operator.ctx, { campaignId: byPerson, reason: 'a doubt' });
  await stopAccount(house.pool, house.accountId, 'isv.DAY_LIMIT_CONTROL', inHours(1));
  await house.until(stopped, 'paused');

  await reopenDue(house.pool, house.processes);
  expect((await accountOf()).state).toBe('stopped');

  await house.pool.query(`update gateway_account set stopped_until = now() - interval '1 second'`);
  await reopenDue(house.pool, house.processes);
  expect(await accountOf()).toEqual({ state: 'active', until: null });
  expect(await actsOn(house.accountId, 'gateway.reopen')).toEqual([
    { actor: 'system', details: { stopCode: 'isv.DAY_LIMIT_CONTROL' } },
  ]);
  expect(await actsOn(stopped, 'campaign.resume')).toEqual([
    { actor: 'system', details: { code: 'gateway.account-reopened' } },
  ]);
  expect((await untilFinished(house, stopped)).ledger?.counts).toMatchObject({ delivered: 300 });
  expect(await sentOf(house, stopped)).toEqual({ accepted: 300, twice: 0 });
  // What a person paused waits for a person.
  expect((await house.show(byPerson)).campaign.state).toBe('paused');
});

test('an account that is stopped without an end waits for a person', async () => {
  await stopAccount(house.pool, house.accountId, 'isv.AMOUNT_NOT_ENOUGH', null);
  await reopenDue(house.pool, house.processes);
  expect((await accountOf()).state).toBe('stopped');
});
