import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { submitCampaign } from '../../../src/campaign/campaign.command.ts';
import { defaultContactPolicy } from '../../../src/contact/policy.rule.ts';
import { liftSuppression, suppress } from '../../../src/contact/suppression.command.ts';
import { openHouse, type House } from '../../kit/campaign.ts';
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
/** At most so many texts of a kind in 24 hours; null is no limit. */
const cap = (day: number | null) => {
  const caps = { day, week: null, month: null, callsADay: null };
  const { caps: usual } = defaultContactPolicy;
  const policy = {
    ...defaultContactPolicy,
    caps: { ...usual, marketing: caps, service: caps },
    total: { ...caps, day: null },
  };
  return house.pool.query(
    `insert into setting (key, value) values ('contact-policy', $1) on conflict (key) do update set value = excluded.value`,
    [JSON.stringify(policy)],
  );
};

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

test('a reply that says no in the middle stops the marketing that is not yet claimed, and nobody else', async () => {
  const willing = Array.from({ length: 120 }, () => ({ consent: true }));
  const id = await house.signed(await customers(0, willing), { templateId: marketing, ...offer, ratePerSecond: 30 });
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
  // The contract goes on: a notice reaches them, and a no to it stops no notice by itself.
  const notice = await house.signed(await house.addAudience(30, 90), { ratePerSecond: 10 });
  await untilSent(house, notice, 3);
  await house.post('replies', { phone: phoneOf(119).slice(3), content: '退订', signName: '云汀金融' });
  expect((await untilFinished(house, notice)).ledger).toMatchObject({ balanced: true, counts: { delivered: 30 } });
  expect([sentTo(120), sentTo(119)]).toEqual([1, 1]);
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

test('eight campaigns at once to the same people under a cap of two: each person gets exactly two', async () => {
  await cap(2);
  const people = 250;
  const ids: string[] = [];
  for (let nth = 0; nth < 8; nth += 1) ids.push(await house.submitted(await house.addAudience(people, 10_000)));
  for (const id of ids) await house.signAs(house.people.liaison, 'liaison', id);
  await Promise.all(ids.map((id) => house.signAs(house.people.leader, 'leader', id)));
  const got = new Map<number, number>();
  for (const id of ids) {
    const { ledger } = await untilFinished(house, id);
    expect(ledger).toMatchObject({ balanced: true, size: people });
    for (const { reason } of ledger?.reasons ?? []) expect(reason).toBe('capped');
    for (const { seq, state } of await rowsOf(house, id))
      if (state === 'delivered') got.set(seq, (got.get(seq) ?? 0) + 1);
  }
  expect([...got.values()]).toEqual(Array.from({ length: people }, () => 2));
  const third = await house.draft(await house.addAudience(3, 10_000));
  await submitCampaign(house.people.applicant.ctx, { campaignId: third });
  expect((await house.until(third, 'draft')).campaign.stateReason).toMatchObject({
    code: 'audience.empty',
    excluded: { capped: 3 },
  });
  await cap(10);
});

test('a message that was proven not sent does not use up the cap', async () => {
  await cap(1);
  await house.post('faults', [
    { match: { phone: phoneOf(20_001).slice(3) }, action: 'reset-before-accept' },
    { match: { phone: phoneOf(20_002).slice(3) }, action: 'code', code: 'Throttling.User', status: 429, retryAfter: 1 },
  ]);
  const id = await house.signed(await house.addAudience(5, 20_000));
  const { ledger } = await untilFinished(house, id);
  expect(ledger?.counts).toMatchObject({ delivered: 5 });
  expect(await sentOf(house, id)).toEqual({ accepted: 5, twice: 0 });
  await cap(10);
});

test('a campaign is judged by what it is for: its own caps and suppressions, the form says so, a wrong purpose is refused', async () => {
  await cap(null);
  const from = 91_000;
  const quiet = (n: number, purposes: ('care' | 'service')[]) =>
    suppress(house.people.operator.ctx, {
      phone: phoneOf(from + n),
      kind: 'dnc',
      channels: ['sms'],
      purposes,
      reason: 'said so',
      expiresAt: null,
    });
  const audience = await house.addAudience(4, from);
  await quiet(1, ['care']);
  await quiet(2, ['service']);
  const { caps } = defaultContactPolicy;
  const once = { ...defaultContactPolicy, caps: { ...caps, care: { ...caps.care, week: 1 } } };
  await house.pool.query(`update setting set value = $1 where key = 'contact-policy'`, [JSON.stringify(once)]);

  const care = await house.signed(audience, { contactPurpose: 'care' });
  await untilFinished(house, care);
  expect([1, 2, 3, 4].map((n) => sentTo(from + n))).toEqual([0, 1, 1, 1]);
  const stated = await house.pool.query(
    `select canonical::jsonb->>'contactPurpose' as stated, canonical::jsonb->'leftOut'->'reasons' as reasons
      from form where subject_id = $1`,
    [care],
  );
  expect(stated.rows).toEqual([{ stated: 'care', reasons: { dnc: 1 } }]);
  const touches = await house.pool.query(
    'select distinct purpose from contact where campaign_key = (select key from campaign where id = $1)',
    [care],
  );
  expect(touches.rows).toEqual([{ purpose: 'care' }]);

  // A second of the same purpose meets the cap of that purpose; a service notice to the same people does not.
  const again = await house.addAudience(4, from);
  const second = await house.draft(again, { contactPurpose: 'care' });
  await submitCampaign(house.people.applicant.ctx, { campaignId: second });
  await house.until(second, 'draft');
  const repayment = await house.signed(await house.addAudience(4, from), { contactPurpose: 'repayment' });
  await untilFinished(house, repayment);
  expect([1, 2, 3, 4].map((n) => sentTo(from + n))).toEqual([1, 2, 2, 2]);

  const draft = (change: object) => house.draft(again, change);
  await expect(draft({ contactPurpose: 'marketing' })).rejects.toMatchObject({ code: 'campaign.faults' });
  await expect(draft({ templateId: marketing, contactPurpose: 'care' })).rejects.toMatchObject({
    code: 'campaign.faults',
  });
});
