import { beforeAll, beforeEach, expect, test } from 'vitest';
import { pauseCampaign } from '../../../src/campaign/campaign.command.ts';
import { archiveFile } from '../../kit/archive-file.ts';
import { verifyArchive } from '../../../src/form/archive/verify.rule.ts';
import { openHouse, waitFor, type House } from '../../kit/campaign.ts';
import { rowsOf, sentOf, untilFinished } from '../../kit/look.ts';
import { busiestSecond, openSlowWire } from '../../kit/slow-wire.ts';
import { silence } from '../../kit/suppression.ts';

let house: House;
let wire: Awaited<ReturnType<typeof openSlowWire>>;
let from = 0;
beforeAll(async () => {
  house = await openHouse({ scenario: { receipts: { delayMs: 30 } } });
  wire = await openSlowWire(Number(new URL(house.sandboxUrl).port));
  await house.pool.query(
    `update gateway_account set settings = settings || jsonb_build_object('endpoint', $1::text, 'timeoutMs', 20000)`,
    [wire.endpoint],
  );
});
beforeEach(() => void (from += 2_000));
const phone = (seq: number): string => `138${String(from + seq).padStart(8, '0')}`;
const keyOf = async (id: string): Promise<number> => (await house.show(id)).campaign.key;
const arrived = (key: number, atLeast: number) =>
  waitFor(
    async () => (wire.of(key).length >= atLeast ? true : null),
    () => `${wire.of(key).length} arrived, waited for ${atLeast}`,
  );

test(
  'a gateway that answers in four seconds gets no call after the window has ended, and the archive says so',
  { timeout: 120_000 },
  async () => {
    wire.slowDown(4_000);
    const endsAt = new Date(Date.now() + 14_000);
    const id = await house.signed(await house.addAudience(600, from), {
      window: {
        startsAt: new Date(Date.now() - 60_000).toISOString(),
        endsAt: endsAt.toISOString(),
        dailyFrom: '00:00',
        dailyTo: '24:00',
      },
    });
    const key = await keyOf(id);
    const { ledger } = await untilFinished(house, id, 90);
    const calls = wire.of(key);
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.filter(({ at }) => at >= endsAt.getTime())).toEqual([]);
    expect(ledger).toMatchObject({ balanced: true, counts: { delivered: calls.length, expired: 600 - calls.length } });
    expect(await sentOf(house, id)).toEqual({ accepted: calls.length, twice: 0 });
    const touched = await house.pool.query('select count(*)::int as n from contact where campaign_key = $1', [key]);
    expect(touched.rows).toEqual([{ n: calls.length }]);
    const body = await waitFor(
      () => archiveFile(house.pool, id),
      () => 'no archive',
    );
    expect((await verifyArchive(body)).checks.filter(({ ok }) => !ok)).toEqual([]);
    const called = await house.pool.query(
      'select count(*)::int as n from message where campaign_key = $1 and called_at is not null',
      [key],
    );
    expect(called.rows).toEqual([{ n: calls.length }]);
  },
);

test('a no that comes while somebody waits behind a slow call is heard before their own', async () => {
  wire.slowDown(4_000);
  const id = await house.signed(await house.addAudience(230, from));
  const key = await keyOf(id);
  await arrived(key, 60);
  const before = new Set(wire.of(key).flatMap(({ phones }) => phones));
  const late = (await rowsOf(house, id)).findLast(({ seq, state }) => state === 'claimed' && !before.has(phone(seq)));
  const seq = late?.seq ?? 230;
  await silence(house.pool, { phone: `+86${phone(seq)}`, reach: 'sms' });
  const { ledger } = await untilFinished(house, id, 60);
  expect(ledger).toMatchObject({ balanced: true, counts: { delivered: 229, suppressed: 1 } });
  expect(wire.of(key).filter(({ phones }) => phones.includes(phone(seq)))).toEqual([]);
});

test('a pause in front of a slow gateway gives back whom nobody has called', async () => {
  wire.slowDown(4_000);
  const id = await house.signed(await house.addAudience(230, from));
  const key = await keyOf(id);
  await arrived(key, 20);
  await pauseCampaign(house.people.operator.ctx, { campaignId: id, reason: 'a doubt' });
  await waitFor(
    async () => ((await rowsOf(house, id)).every(({ state }) => state !== 'claimed') ? true : null),
    () => 'calls go on',
  );
  const { rows } = await house.pool.query('select count(*)::int as n from contact where campaign_key = $1', [key]);
  expect(rows).toEqual([{ n: wire.of(key).length }]);
});

test(
  'three campaigns on one account never send above its rate in any second, nor above their own',
  { timeout: 120_000 },
  async () => {
    wire.slowDown(0);
    await house.pool.query('update gateway_account set rate_per_second = 60');
    const ids = [];
    for (const ratePerSecond of [60, 60, 15]) {
      ids.push(
        await house.submitted(await house.addAudience(ratePerSecond === 15 ? 60 : 200, from), { ratePerSecond }),
      );
      from += 2_000;
    }
    for (const id of ids) await house.signAs(house.people.liaison, 'liaison', id);
    const begun = wire.arrivals.length;
    for (const id of ids) await house.signAs(house.people.leader, 'leader', id);
    for (const id of ids) await untilFinished(house, id, 90);
    const calls = wire.arrivals.slice(begun);
    expect(calls).toHaveLength(460);
    expect(busiestSecond(calls)).toBeLessThanOrEqual(60);
    expect(busiestSecond(wire.of(await keyOf(ids[2] ?? '')))).toBeLessThanOrEqual(15);
  },
);
