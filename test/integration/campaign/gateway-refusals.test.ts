import { beforeAll, expect, test, vi } from 'vitest';
import { resumeCampaign } from '../../../src/campaign/campaign.command.ts';
import { reopenGateway } from '../../../src/sms/gateway-account.command.ts';
import { openHouse, waitFor, type House } from '../../kit/campaign.ts';
import { codeOf, rowsOf, sentOf, untilFinished, untilSent } from '../../kit/look.ts';

let house: House;
let from = 0;
beforeAll(async () => {
  house = await openHouse({ scenario: { receipts: { delayMs: 30 } } });
});

const signed = (people: number, change: Parameters<House['signed']>[1] = {}) => {
  from += 2_000;
  return house.addAudience(people, from).then((audience) => house.signed(audience, change));
};
const phone = (n: number): string => `138${String(from + n).padStart(8, '0')}`;
const resume = (campaignId: string) => resumeCampaign(house.people.operator.ctx, { campaignId });

test('a gateway that is busy is given time, and everybody gets it in the end', async () => {
  await house.ask('PATCH', 'scenario', { throttling: { callsPerSecond: 60, retryAfter: 1 } });
  const id = await signed(150);
  const { ledger } = await untilFinished(house, id);
  await house.ask('PATCH', 'scenario', { throttling: { callsPerSecond: null } });
  expect(ledger).toMatchObject({ balanced: true, counts: { delivered: 150 } });
  expect(await sentOf(house, id)).toEqual({ accepted: 150, twice: 0 });
});

test('a number that has had enough today is put off, and the others are not', async () => {
  from += 2_000;
  const audience = await house.addAudience(40, from);
  await house.post('faults', {
    match: { phone: phone(3) },
    action: 'code',
    code: 'isv.BUSINESS_LIMIT_CONTROL',
    message: '触发天级流控Permits:10',
  });
  const id = await house.signed(audience);
  await untilSent(house, id, 39);
  const late = await waitFor(
    async () => (await rowsOf(house, id)).find(({ state }) => state === 'pending') ?? null,
    () => 'nobody was put off',
  );
  expect((await house.show(id)).campaign.state).toBe('sending');
  expect([late.seq, late.code]).toEqual([3, 'isv.BUSINESS_LIMIT_CONTROL']);
  expect((late.dueAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(23 * 3_600_000);
  await house.pool.query(
    `update message set due_at = now() where state = 'pending' and campaign_key = (select key from campaign where id = $1)`,
    [id],
  );
  await house.processes.notify({ kind: 'campaign', id }, 'resumed');
  expect((await untilFinished(house, id)).ledger?.counts).toMatchObject({ delivered: 40 });
  expect(await sentOf(house, id)).toEqual({ accepted: 40, twice: 0 });
});

test('a fault of the campaign pauses it with the gateway’s code; after the resume everybody gets it once', async () => {
  from += 2_000;
  const audience = await house.addAudience(200, from);
  await house.post('faults', { match: { phone: phone(20) }, action: 'code', code: 'isv.SMS_SIGNATURE_ILLEGAL' });
  const id = await house.signed(audience, { ratePerSecond: 200 });
  const { campaign, ledger } = await house.until(id, 'paused');
  expect(campaign.stateReason).toMatchObject({
    code: 'campaign.refused-by-gateway',
    gatewayCode: 'isv.SMS_SIGNATURE_ILLEGAL',
    by: 'system',
  });
  expect(ledger?.counts.pending).toBeGreaterThan(0);
  await resume(id);
  expect((await untilFinished(house, id)).ledger).toMatchObject({ balanced: true, counts: { delivered: 200 } });
  expect(await sentOf(house, id)).toEqual({ accepted: 200, twice: 0 });
});

test('a fault of the account stops it and pauses all its campaigns, until somebody reopens it and resumes them', async () => {
  const administrator = await house.addPerson('administrator', ['administrator']);
  const ids = [await signed(100, { ratePerSecond: 25 }), await signed(100, { ratePerSecond: 25 })];
  for (const id of ids) await untilSent(house, id, 2);
  await house.post('faults', { action: 'code', code: 'isv.AMOUNT_NOT_ENOUGH' });
  for (const id of ids) {
    const { campaign } = await house.until(id, 'paused');
    expect(campaign.stateReason).toMatchObject({
      code: 'gateway.account-stopped',
      gatewayCode: 'isv.AMOUNT_NOT_ENOUGH',
    });
    expect(await codeOf(resume(id))).toBe('gateway.account-stopped');
  }
  const third = await signed(20);
  expect((await house.until(third, 'paused')).campaign.stateReason).toMatchObject({
    code: 'gateway.account-stopped',
    gatewayCode: 'isv.AMOUNT_NOT_ENOUGH',
  });
  expect(await sentOf(house, third)).toEqual({ accepted: 0, twice: 0 });

  await reopenGateway(administrator.ctx, { name: 'sandbox' });
  expect(await codeOf(reopenGateway(administrator.ctx, { name: 'sandbox' }))).toBe('gateway.not-stopped');
  for (const [id, people] of [
    [ids[0], 100],
    [ids[1], 100],
    [third, 20],
  ] as const) {
    await resume(id ?? '');
    expect((await untilFinished(house, id ?? '')).ledger).toMatchObject({
      balanced: true,
      counts: { delivered: people },
    });
    expect(await sentOf(house, id ?? '')).toEqual({ accepted: people, twice: 0 });
  }
});

test('a list of bad numbers pauses the campaign before it is burnt', async () => {
  await house.ask('PATCH', 'scenario', { recipientErrors: { share: 0.7 } });
  const id = await signed(1_000);
  await house.until(id, 'paused');
  await house.ask('PATCH', 'scenario', { recipientErrors: { share: 0 } });
  // The pause may be there before the results that it followed from are written.
  const written = async () => {
    const seen = await house.until(id, 'paused');
    return seen.ledger?.counts.claimed === 0 && seen.ledger.counts.failed > 0 ? seen : null;
  };
  const { campaign, ledger } = await vi.waitFor(async () => (await written()) ?? expect.fail('Not written yet.'), {
    timeout: 30_000,
  });
  expect(campaign.stateReason).toMatchObject({ code: 'campaign.error-budget' });
  expect(ledger?.counts.pending).toBeGreaterThan(0);
  expect(ledger?.reasons).toEqual([{ state: 'failed', reason: 'number-refused', count: ledger?.counts.failed }]);
});

test.each([
  ['with variables, in calls of a hundred', 350, 'SendBatchSms'],
  ['one text for all, in calls of a thousand', 700, 'SendSms'],
])('batched %s: a bad number is found by halving and spoils nobody else', async (_, people, action) => {
  let change: Parameters<House['signed']>[1] = { requests: 'batched' };
  if (action === 'SendSms') {
    await house.put('templates/SMS_9', { name: 'same', content: '您的权益已到账，请尽快领取。', type: 1, state: 1 });
    const { id: templateId } = await house.addTemplate({
      name: '同文',
      source: '您的权益已到账，请尽快领取。',
      variables: [],
      gatewayCode: 'SMS_9',
    });
    change = { ...change, templateId, variableSources: {} };
  }
  await house.ask('PATCH', 'scenario', { recipientErrors: { share: 0.01 } });
  const id = await signed(people, change);
  const { ledger } = await untilFinished(house, id);
  await house.ask('PATCH', 'scenario', { recipientErrors: { share: 0 } });
  const failed = ledger?.counts.failed ?? 0;
  expect(failed).toBeGreaterThan(0);
  expect(failed).toBeLessThan(people / 10);
  expect(ledger).toMatchObject({ balanced: true, counts: { delivered: people - failed } });
  expect(ledger?.reasons).toEqual([{ state: 'failed', reason: 'number-refused', count: failed }]);
  expect(await sentOf(house, id)).toEqual({ accepted: people - failed, twice: 0 });
});
