import { beforeAll, describe, expect, test } from 'vitest';
import { pauseCampaign, resumeCampaign } from '../../../src/campaign/campaign.command.ts';
import { openHouse, type House } from '../../kit/campaign.ts';
import { sentOf, untilFinished, untilSent } from '../../kit/look.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});

const frozen = 'audience_id = (select frozen_audience_id from campaign where id = $1)';
const theLast = `${frozen} and seq = (select max(seq) from audience_member where ${frozen})`;
const ofTemplate = 'where id = (select template_id from campaign where id = $1)';
const batch = { code: 'audience.batch-changed', changed: ['audience.batch.1'] };
const field = (name: string) => ({ code: 'form.changed', changed: [name] });

const tamperings = [
  {
    name: 'one character of the text',
    sql: `update template set source = replace(source, '领取', '领走') ${ofTemplate}`,
    ...field('text.source'),
  },
  {
    name: 'the gateway’s code of the text',
    sql: `update template set gateway_code = 'SMS_2' ${ofTemplate}`,
    ...field('text.gatewayTemplateCode'),
  },
  {
    name: 'the name in front of the text',
    sql: `update template set sign_name = '别家金融' ${ofTemplate}`,
    ...field('text.signName'),
  },
  {
    name: 'the end of the window',
    sql: `update campaign set ends_at = ends_at + interval '1 hour' where id = $1`,
    ...field('window.endsAt'),
  },
  {
    name: 'the hours of the day',
    sql: `update campaign set daily_to = '23:59' where id = $1`,
    ...field('window.dailyTo'),
  },
  {
    name: 'what it contacts people for',
    sql: `update campaign set contact_purpose = 'care' where id = $1`,
    ...field('contactPurpose'),
  },
  {
    name: 'the rate',
    sql: 'update campaign set rate_per_second = rate_per_second + 1 where id = $1',
    ...field('ratePerSecond'),
  },
  {
    name: 'the ceiling of the cost',
    sql: 'update campaign set cost_ceiling_fen = cost_ceiling_fen + 1 where id = $1',
    ...field('cost.ceilingFen'),
  },
  {
    name: 'the numbers a call',
    sql: `update campaign set requests = 'batched' where id = $1`,
    ...field('gateway.requests'),
  },
  {
    name: 'the applicant',
    sql: `update campaign set applicant_name = '某人' where id = $1`,
    ...field('applicant.name'),
  },
  {
    name: 'one digit of one number',
    sql: `update audience_member set phone = '+8613999999999' where ${theLast}`,
    ...batch,
  },
  {
    name: 'one variable of one person',
    sql: `update audience_member set variables = variables || '{"name":"李先生"}' where ${theLast}`,
    ...batch,
  },
  { name: 'one person less', sql: `delete from audience_member where ${theLast}`, ...batch },
  {
    name: 'one person more',
    sql: `insert into audience_member (audience_id, seq, phone, variables)
      select c.frozen_audience_id, a.size + 1, '+8613999999998', '{"name":"李","date":"今天"}' from campaign c join audience a on a.id = c.frozen_audience_id where c.id = $1`,
    ...batch,
  },
  {
    name: 'the digest of a batch',
    sql: `update audience_batch set digest = repeat('ab', 32) where batch = 1 and ${frozen}`,
    code: 'audience.digests-changed',
    changed: ['audience'],
  },
  {
    name: 'the root of the list',
    sql: `update audience set merkle_root = repeat('ab', 32) where id = (select frozen_audience_id from campaign where id = $1)`,
    ...field('audience.merkleRoot'),
  },
  {
    name: 'the stored form',
    sql: `update form set canonical = replace(canonical, '国庆出行', '春节出行') where campaign_id = $1`,
    code: 'form.stored-text-changed',
    changed: [],
  },
];

let made = 0;
/** A campaign with a template and people of its own, so that many are tampered with side by side. */
async function signed(people: number, change: Parameters<House['signed']>[1] = {}): Promise<string> {
  made += 1;
  const audience = await house.addAudience(people, made * 2_000);
  const { id } = await house.addTemplate({ name: `权益到账 ${made}` });
  return house.signed(audience, { templateId: id, ...change });
}
/** Opens a moment from now: long enough to change something after the second signature. */
const soon = () => ({
  startsAt: new Date(Date.now() + 4_000).toISOString(),
  endsAt: new Date(Date.now() + 3_600_000).toISOString(),
  dailyFrom: '00:00',
  dailyTo: '24:00',
});

describe.concurrent('changed in the database after both signatures, before the window opens', () => {
  test.each(tamperings)('$name: the campaign is voided and nobody gets anything', async ({ sql, code, changed }) => {
    const id = await signed(20, { window: soon() });
    expect((await house.show(id)).campaign.state).toBe('scheduled');
    await house.pool.query(sql, [id]);
    const { campaign, ledger } = await untilFinished(house, id);
    expect([campaign.state, campaign.stateReason]).toEqual(['voided', { code, changed }]);
    expect(ledger?.counts).toMatchObject({ delivered: 0, accepted: 0, claimed: 0, unknown: 0 });
    expect(await sentOf(house, id)).toEqual({ accepted: 0, twice: 0 });
  });
});

// What was tampered with decides what is found, not when: the later moments are tried with one case of each kind.
const some = tamperings.filter(({ name }) =>
  ['one character of the text', 'the rate', 'one digit of one number', 'one person more', 'the stored form'].includes(
    name,
  ),
);

describe.concurrent('changed while it is paused', () => {
  test.each(some)('$name: not one more leaves after the resume', async ({ sql, code, changed }) => {
    const id = await signed(200, { ratePerSecond: 20 });
    await untilSent(house, id, 2);
    await pauseCampaign(house.people.operator.ctx, { campaignId: id, reason: 'a look' });
    const sent = await sentOf(house, id);
    await house.pool.query(sql, [id]);
    await resumeCampaign(house.people.operator.ctx, { campaignId: id });
    const { campaign, ledger } = await untilFinished(house, id);
    expect([campaign.state, campaign.stateReason]).toEqual(['voided', { code, changed }]);
    expect(await sentOf(house, id)).toEqual(sent);
    expect(ledger?.counts).toMatchObject({ delivered: sent.accepted, pending: 0, claimed: 0 });
  });
});

describe.concurrent('changed in the middle of a batch', () => {
  test.each(some)('$name: the batch does not go on to its end', async ({ sql, code, changed }) => {
    const id = await signed(999, { ratePerSecond: 20 });
    await untilSent(house, id, 2);
    await house.pool.query(sql, [id]);
    const { campaign } = await untilFinished(house, id);
    expect([campaign.state, campaign.stateReason]).toEqual(['voided', { code, changed }]);
    const { accepted, twice } = await sentOf(house, id);
    expect(accepted).toBeLessThan(500);
    expect(twice).toBe(0);
  });
});

test('the account’s price is changed in the middle: everything that was signed at the old one is voided', async () => {
  const sending = await signed(1_000, { ratePerSecond: 20 });
  await untilSent(house, sending, 2);
  const waiting = await signed(20, { window: soon() });
  await house.pool.query('update gateway_account set price_milli_yuan = 46');
  const ends = [await untilFinished(house, waiting), await untilFinished(house, sending)];
  await house.pool.query('update gateway_account set price_milli_yuan = 45');
  for (const { campaign } of ends) {
    expect([campaign.state, campaign.stateReason]).toEqual(['voided', field('cost.pricePerSegmentMilliYuan')]);
  }
});

test('the text at the gateway is changed after signing: the campaign pauses before its first message', async () => {
  const id = await signed(20, { window: soon() });
  const text = '${name}您好，您的权益已到账，请于${date}前领取。';
  await house.put('templates/SMS_1', { name: 'test', content: text.replace('权益', '奖金'), type: 1, state: 1 });
  const { campaign } = await house.until(id, 'paused');
  await house.put('templates/SMS_1', { name: 'test', content: text, type: 1, state: 1 });
  expect(campaign.stateReason).toMatchObject({ code: 'gateway.template-differs' });
  expect(await sentOf(house, id)).toEqual({ accepted: 0, twice: 0 });
});

test('nobody who was put on or into a list after signing has got anything', () => {
  for (const phone of [13999999998, 13999999999]) expect(house.sandbox.witness.byPhone(phone)).toEqual([]);
});
