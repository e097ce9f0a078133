import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { submitCampaign } from '../../../src/commands/campaign.ts';
import { liftSuppression, suppress } from '../../../src/commands/suppression.ts';
import { openHouse, waitFor, type House } from '../../kit/campaign.ts';
import { rowsOf, sentOf, untilFinished, untilSent } from '../../kit/look.ts';

let house: House;
let marketing: string;
beforeAll(async () => {
  house = await openHouse({ scenario: { receipts: { delayMs: 30 } } });
  await house.put('templates/SMS_5', {
    name: 'offer',
    content: '${name}您好，会员日全场八折，拒收请回复R',
    type: 2,
    state: 1,
  });
  const made = await house.addTemplate({
    name: '会员日',
    kind: 'marketing',
    source: '{{name}}您好，会员日全场八折，拒收请回复R',
    variables: [{ name: 'name', type: 'name', maxLength: 10, example: '王女士', label: '称呼' }],
    gatewayCode: 'SMS_5',
  });
  marketing = made.id;
  await house.pool.query(`insert into topic (code, name) values ('travel', '出行')`);
});

const phoneOf = (n: number): string => `+86138${String(n).padStart(8, '0')}`;
const sentTo = (n: number): number => house.sandbox.witness.byPhone(Number(phoneOf(n).slice(3))).length;
const silence = (
  n: number,
  kind: 'opt-out' | 'dnc' | 'complaint',
  scope: 'all' | 'sms' | 'marketing',
  expiresAt: Date | null = null,
) => suppress(house.people.operator.ctx, { phone: phoneOf(n), kind, scope, reason: 'said so', expiresAt });
const cap = (max: number, days: number) =>
  house.pool.query(
    `insert into setting (key, value) values ('contact-policy', $1) on conflict (key) do update set value = excluded.value`,
    [JSON.stringify({ marketing: { max, days }, notice: { max, days } })],
  );

/** An audience of customers, each with what is on record of them. */
async function customers(
  from: number,
  people: readonly { consent?: boolean; subscribed?: boolean }[],
): Promise<string> {
  const audience = await house.addAudience(people.length, from);
  for (const [index, { consent, subscribed }] of people.entries()) {
    const id = randomUUIDv7();
    await house.pool.query('insert into customer (id, phone, name) values ($1, $2, $3)', [
      id,
      phoneOf(from + index + 1),
      '王女士',
    ]);
    await house.pool.query('update audience_member set customer_id = $1 where audience_id = $2 and seq = $3', [
      id,
      audience,
      index + 1,
    ]);
    if (consent !== undefined)
      await house.pool.query(
        `insert into consent (customer_id, purpose, granted, source) values ($1, 'marketing', $2, 'test')`,
        [id, consent],
      );
    if (subscribed !== undefined)
      await house.pool.query(
        `insert into topic_subscription (customer_id, topic, subscribed, source) values ($1, 'travel', $2, 'test')`,
        [id, subscribed],
      );
  }
  return audience;
}
const offer = { variableSources: { name: { from: 'row', key: 'name' } as const } };

test('a reply that says no in the middle stops what is not yet claimed, and nobody else', async () => {
  const id = await house.signed(await house.addAudience(120, 0), { ratePerSecond: 30 });
  await untilSent(house, id, 3);
  await house.post('replies', { phone: phoneOf(120).slice(3), content: 'TD', signName: '云汀金融' });
  await house.post('replies', { phone: phoneOf(119).slice(3), content: '请不要再给我发了', signName: '云汀金融' });
  await house.post('replies', { phone: phoneOf(118).slice(3), content: '好的，谢谢', signName: '云汀金融' });
  const { ledger } = await untilFinished(house, id);
  expect(ledger).toMatchObject({
    balanced: true,
    counts: { delivered: 118, suppressed: 2 },
    reasons: [{ state: 'suppressed', reason: 'opted-out', count: 2 }],
  });
  expect([sentTo(120), sentTo(119), sentTo(118)]).toEqual([0, 0, 1]);
});

test('who said no is left out of the list; a no that ended or was lifted counts no more', async () => {
  await silence(1_001, 'opt-out', 'sms');
  await silence(1_002, 'dnc', 'all');
  await silence(1_003, 'complaint', 'all');
  await silence(1_004, 'opt-out', 'marketing');
  const lifted = await silence(1_005, 'dnc', 'all');
  await liftSuppression(house.people.operator.ctx, { id: lifted.suppression.id, reason: 'asked for it' });
  const ending = await silence(1_006, 'dnc', 'all', new Date(Date.now() + 60_000));
  await house.pool.query(`update suppression set expires_at = now() - interval '1 second' where id = $1`, [
    ending.suppression.id,
  ]);
  await silence(1_007, 'dnc', 'all', new Date(Date.now() + 3_600_000));
  const id = await house.signed(await house.addAudience(8, 1_000));
  const { ledger } = await untilFinished(house, id);
  expect(ledger).toMatchObject({ size: 4, counts: { delivered: 4 } });
  expect([1, 2, 3, 4, 5, 6, 7, 8].map((n) => sentTo(1_000 + n))).toEqual([0, 0, 0, 1, 1, 1, 0, 1]);
});

test('a no between the signatures and the claim is heard, whatever kind it is; what ends before it is not', async () => {
  const id = await house.submitted(await house.addAudience(6, 2_000));
  await silence(2_001, 'opt-out', 'all');
  await silence(2_002, 'dnc', 'sms');
  await silence(2_003, 'complaint', 'all');
  await silence(2_004, 'opt-out', 'marketing');
  const ending = await silence(2_005, 'dnc', 'all', new Date(Date.now() + 60_000));
  await house.pool.query(`update suppression set expires_at = now() where id = $1`, [ending.suppression.id]);
  await house.signAs(house.people.liaison, 'liaison', id);
  await house.signAs(house.people.leader, 'leader', id);
  const { ledger } = await untilFinished(house, id);
  expect(ledger?.reasons.map(({ reason }) => reason).toSorted()).toEqual(['complaint', 'dnc', 'opted-out']);
  expect([1, 2, 3, 4, 5, 6].map((n) => sentTo(2_000 + n))).toEqual([0, 0, 0, 1, 1, 1]);
});

test('marketing wants consent, and a withdrawal before the claim counts', async () => {
  const id = await house.submitted(
    await customers(3_000, [{ consent: true }, { consent: false }, {}, { consent: true }]),
    { templateId: marketing, ...offer },
  );
  expect((await house.show(id)).ledger?.size).toBe(2);
  await house.pool.query(
    `update consent set granted = false where customer_id = (select id from customer where phone = $1)`,
    [phoneOf(3_004)],
  );
  await house.signAs(house.people.liaison, 'liaison', id);
  await house.signAs(house.people.leader, 'leader', id);
  const { ledger } = await untilFinished(house, id);
  expect(ledger?.reasons).toEqual([{ state: 'suppressed', reason: 'no-consent', count: 1 }]);
  expect([1, 2, 3, 4].map((n) => sentTo(3_000 + n))).toEqual([1, 0, 0, 0]);
});

test('a topic reaches those who chose it and still do', async () => {
  const id = await house.submitted(
    await customers(4_000, [{ subscribed: true }, { subscribed: false }, {}, { subscribed: true }]),
    { topic: 'travel' },
  );
  await house.pool.query(
    `update topic_subscription set subscribed = false where customer_id = (select id from customer where phone = $1)`,
    [phoneOf(4_004)],
  );
  await house.signAs(house.people.liaison, 'liaison', id);
  await house.signAs(house.people.leader, 'leader', id);
  const { ledger } = await untilFinished(house, id);
  expect(ledger?.reasons).toEqual([{ state: 'suppressed', reason: 'not-subscribed', count: 1 }]);
  expect([1, 2, 3, 4].map((n) => sentTo(4_000 + n))).toEqual([1, 0, 0, 0]);
});

test('two campaigns at once to the same people under a cap of one: each person gets exactly one', async () => {
  await cap(1, 1);
  const audiences = [await house.addAudience(1_200, 10_000), await house.addAudience(1_200, 10_000)];
  const ids = await Promise.all(audiences.map((audience) => house.submitted(audience)));
  await Promise.all(ids.map((id) => house.signAs(house.people.liaison, 'liaison', id)));
  await Promise.all(ids.map((id) => house.signAs(house.people.leader, 'leader', id)));
  const ends = [];
  for (const id of ids) ends.push(await untilFinished(house, id));
  const delivered = ends.map(({ ledger }) => ledger?.counts.delivered ?? 0);
  expect((delivered[0] ?? 0) + (delivered[1] ?? 0)).toBe(1_200);
  for (const [index, { ledger }] of ends.entries()) {
    expect(ledger).toMatchObject({ balanced: true, counts: { suppressed: 1_200 - (delivered[index] ?? 0) } });
    for (const { reason } of ledger?.reasons ?? []) expect(reason).toBe('capped');
  }
  const taken = await Promise.all(ids.map((id) => rowsOf(house, id)));
  const twice = taken[0]?.filter(
    ({ seq, state }) => state === 'delivered' && taken[1]?.find((row) => row.seq === seq)?.state === 'delivered',
  );
  expect(twice).toEqual([]);
  const third = await house.draft(await house.addAudience(3, 11_000));
  await submitCampaign(house.people.applicant.ctx, { campaignId: third });
  expect((await house.until(third, 'draft')).campaign.stateReason).toMatchObject({
    code: 'audience.empty',
    excluded: { capped: 3 },
  });
  await cap(10, 1);
});

test('a message that was proven not sent does not use up the cap', async () => {
  await cap(1, 1);
  await house.post('faults', [
    { match: { phone: phoneOf(20_001).slice(3) }, action: 'reset-before-accept' },
    { match: { phone: phoneOf(20_002).slice(3) }, action: 'code', code: 'Throttling.User', status: 429, retryAfter: 1 },
  ]);
  const id = await house.signed(await house.addAudience(5, 20_000));
  const { ledger } = await untilFinished(house, id);
  expect(ledger?.counts).toMatchObject({ delivered: 5 });
  expect(await sentOf(house, id)).toEqual({ accepted: 5, twice: 0 });
  await cap(10, 1);
});

test('a receipt of ours that calls a number dead or blacklisted silences it for the next campaign, on record', async () => {
  await house.ask('PATCH', 'scenario', { receipts: { lost: { share: 1 } } });
  const first = await house.signed(await house.addAudience(4, 30_000));
  await untilSent(house, first, 4);
  const { campaign } = await house.show(first);
  const push = (n: number, code: string, outId = `wh-${campaign.key}-${n - 30_000}-1`) =>
    fetch(`${house.webUrl}/webhooks/aliyun/${house.webhookToken}/reports`, {
      method: 'POST',
      body: JSON.stringify([
        {
          phone_number: phoneOf(n).slice(3),
          success: false,
          err_code: code,
          biz_id: `b^${n}`,
          out_id: outId,
          sms_size: '1',
        },
      ]),
    });
  await push(30_001, 'INVALID_NUMBER');
  await push(30_002, 'MOBILE_IN_BLACK');
  await push(30_003, 'MOBILE_NOT_ON_SERVICE');
  await push(30_004, 'INVALID_NUMBER', 'somebody-else-4');
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
       a.actor, a.details->>'by' as by from suppression s join audit a on a.object_id = s.id::text and a.action = 'suppression.carrier'
     where s.phone like '+861380003%' order by s.phone`,
  );
  expect(rows).toEqual([
    {
      phone: phoneOf(30_001),
      kind: 'dead-number',
      source: 'receipt',
      reason: 'INVALID_NUMBER',
      ends: true,
      actor: 'system',
      by: 'receipt',
    },
    {
      phone: phoneOf(30_002),
      kind: 'gateway-blacklist',
      source: 'receipt',
      reason: 'MOBILE_IN_BLACK',
      ends: null,
      actor: 'system',
      by: 'receipt',
    },
  ]);
  await house.ask('PATCH', 'scenario', { receipts: { lost: { share: 0 } } });
  const id = await house.signed(await house.addAudience(4, 30_000));
  await untilFinished(house, id);
  expect([1, 2, 3, 4].map((n) => sentTo(30_000 + n))).toEqual([1, 1, 2, 2]);
});

test('a refusal at the submit that speaks of the number silences it for the next campaign, on record', async () => {
  const refused = [
    ['isv.CUSTOMER_REFUSED', 'opt-out', false],
    ['isv.MOBILE_NUMBER_ILLEGAL', 'dead-number', true],
    ['MOBILE_IN_BLACK', 'gateway-blacklist', false],
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
  expect((await house.show(next)).ledger?.size).toBe(10 - refused.length);
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
