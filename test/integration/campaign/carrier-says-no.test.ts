import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { openHouse, waitFor, type House } from '../../kit/campaign.ts';
import { untilFinished, untilSent } from '../../kit/look.ts';
import { push as pushTo } from '../../kit/receipts.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse({ scenario: { receipts: { delayMs: 30 } } });
});

const phoneOf = (n: number): string => `+86138${String(n).padStart(8, '0')}`;
const sentTo = (n: number): number => house.sandbox.witness.byPhone(Number(phoneOf(n).slice(3))).length;

test('a receipt of ours that calls a number dead or blacklisted silences it for the next campaign, on record', async () => {
  await house.ask('PATCH', 'scenario', { receipts: { lost: { share: 1 } } });
  const first = await house.signed(await house.addAudience(4, 30_000));
  await untilSent(house, first, 4);
  const { campaign } = await house.show(first);
  const push = (n: number, code: string, outId = `wh-${campaign.key}-${n - 30_000}-1`, more: object = {}) =>
    pushTo(house, 'reports', [
      {
        phone_number: phoneOf(n).slice(3),
        success: false,
        err_code: code,
        biz_id: `b^${n}`,
        out_id: outId,
        sms_size: '1',
        ...more,
      },
    ]);
  await push(30_001, 'INVALID_NUMBER');
  await push(30_002, 'MOBILE_IN_BLACK');
  await push(30_003, 'MOBILE_NOT_ON_SERVICE');
  // Nobody's, of an attempt that was never made, of another request, of a number that is not on the list, and of long ago.
  await push(30_004, 'INVALID_NUMBER', 'somebody-else-4');
  await push(30_004, 'INVALID_NUMBER', `wh-${campaign.key}-4-9`, { biz_id: 'never' });
  await push(30_004, 'INVALID_NUMBER', `wh-${campaign.key}-1-1`, { biz_id: 'another' });
  await push(30_009, 'INVALID_NUMBER', `wh-${campaign.key}-4-1`);
  await push(30_004, 'INVALID_NUMBER', undefined, { biz_id: 'old', report_time: '2020-01-01 10:00:00' });
  await push(30_004, 'DELIVERED');
  await waitFor(
    async () =>
      (await house.pool.query(`select 1 from suppression where phone in ($1, $2)`, [phoneOf(30_001), phoneOf(30_002)]))
        .rowCount === 2
        ? true
        : null,
    () => 'not silenced',
  );
  const { rows } = await house.pool.query(
    `select s.phone, s.kind, s.source, s.reason, s.expires_at > now() + interval '89 days' and s.expires_at < now() + interval '91 days' as "ends",
       a.actor, a.details->>'by' as by, a.details->>'outId' as "outId", a.details->>'bizId' as "bizId",
       s.expires_at > now() + interval '179 days' and s.expires_at < now() + interval '181 days' as "endsLater" from suppression s join audit a on a.object_id = s.id::text and a.action = 'suppression.carrier'
     where s.phone like '+861380003%' order by s.phone`,
  );
  expect(rows).toEqual([
    {
      phone: phoneOf(30_001),
      kind: 'dead-number',
      source: 'receipt',
      reason: 'INVALID_NUMBER',
      ends: true,
      endsLater: false,
      actor: 'system',
      by: 'receipt',
      outId: `wh-${campaign.key}-1-1`,
      bizId: 'b^30001',
    },
    {
      phone: phoneOf(30_002),
      kind: 'gateway-blacklist',
      source: 'receipt',
      reason: 'MOBILE_IN_BLACK',
      ends: false,
      endsLater: true,
      actor: 'system',
      by: 'receipt',
      outId: `wh-${campaign.key}-2-1`,
      bizId: 'b^30002',
    },
  ]);
  // Somebody has lifted it; the same receipt, pushed again, does not take it back.
  await house.pool.query(`update suppression set lifted_at = now() where phone = $1`, [phoneOf(30_001)]);
  await push(30_001, 'INVALID_NUMBER');
  await waitFor(
    async () =>
      (await house.pool.query(`select 1 from receipt where phone = $1 and repeats = 1`, [phoneOf(30_001)])).rowCount ===
      1
        ? true
        : null,
    () => 'the repeat was not taken in',
  );
  await house.ask('PATCH', 'scenario', { receipts: { lost: { share: 0 } } });
  const id = await house.signed(await house.addAudience(4, 30_000));
  await untilFinished(house, id);
  expect([1, 2, 3, 4].map((n) => sentTo(30_000 + n))).toEqual([2, 1, 2, 2]);
});

test('a refusal at the submit that speaks of the number silences it for the next campaign, on record', async () => {
  const refused = [
    ['isv.CUSTOMER_REFUSED', 'opt-out', false],
    ['isv.MOBILE_NUMBER_ILLEGAL', 'dead-number', true],
    ['MOBILE_IN_BLACK', 'gateway-blacklist', true],
    ['INVALID_NUMBER', 'dead-number', true],
  ] as const;
  const spared = ['isv.BLACK_KEY_CONTROL_LIMIT', 'isv.TEMPLATE_PARAMS_ILLEGAL', 'isv.SOMETHING_NEW'];
  const codes = [...refused.map(([code]) => code), ...spared];
  await house.post(
    'faults',
    codes.map((code, n) => ({ match: { phone: phoneOf(40_001 + n).slice(3) }, action: 'code', code })),
  );
  const customer = randomUUIDv7();
  await house.pool.query('insert into customer (id, phone, name) values ($1, $2, $3)', [
    customer,
    phoneOf(40_001),
    '王女士',
  ]);
  await house.pool.query(
    `insert into consent (customer_id, purpose, granted, source) values ($1, 'marketing', true, 'test')`,
    [customer],
  );
  const id = await house.signed(await house.addAudience(10, 40_000));
  const { ledger } = await untilFinished(house, id);
  expect(ledger).toMatchObject({ balanced: true, counts: { failed: codes.length, delivered: 10 - codes.length } });
  const { rows } = await house.pool.query(
    `select s.phone, s.kind, s.source, s.reason, s.expires_at is not null as ends from suppression s
       join audit a on a.object_id = s.id::text and a.action = 'suppression.carrier' and a.details->>'by' = 'refusal'
     where s.phone like '+861380004%' order by s.phone`,
  );
  expect(rows).toEqual(
    refused.map(([reason, kind, ends], n) => ({ phone: phoneOf(40_001 + n), kind, source: 'refusal', reason, ends })),
  );
  const consent = await house.pool.query(`select granted, source from consent where customer_id = $1`, [customer]);
  expect(consent.rows).toEqual([{ granted: false, source: 'refusal' }]);
  const next = await house.submitted(await house.addAudience(10, 40_000));
  // Who told the carrier that they want no promotion still gets what the contract needs.
  expect((await house.show(next)).ledger?.size).toBe(10 - refused.length + 1);
});

test('with one text for all, a black list can only be one of numbers', async () => {
  await house.put('templates/SMS_9', { name: 'same', content: '您的权益已到账，请尽快领取。', type: 1, state: 1 });
  const same = await house.addTemplate({
    name: '同文',
    source: '您的权益已到账，请尽快领取。',
    variables: [],
    gatewayCode: 'SMS_9',
  });
  await house.post('faults', [
    { match: { phone: phoneOf(50_001).slice(3) }, action: 'code', code: 'isv.BLACK_KEY_CONTROL_LIMIT' },
  ]);
  const id = await house.signed(await house.addAudience(3, 50_000), { templateId: same.id, variableSources: {} });
  expect((await untilFinished(house, id)).ledger?.reasons).toEqual([
    { state: 'failed', reason: 'number-blacklisted', count: 1 },
  ]);
  const { rows } = await house.pool.query(`select kind from suppression where phone = $1`, [phoneOf(50_001)]);
  expect(rows).toEqual([{ kind: 'gateway-blacklist' }]);
});
