import { expect, test, vi } from 'vitest';
import type { ScenarioInput } from '../../../sandbox/scenario.ts';
import { SIGN, scenario, startReceiver, startSandbox } from './sandbox-kit.ts';

// One re-push step of a minute passes in 10 ms.
const FAST: ScenarioInput = { timeScale: 6000 };
const china = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 10 });

async function start(extra: ScenarioInput = {}, answer?: Parameters<typeof startReceiver>[0]) {
  const receiver = await startReceiver(answer);
  const options = { scenario: scenario(extra), pushReportUrl: receiver.url, pushReplyUrl: receiver.url };
  return { receiver, ...(await startSandbox(options)) };
}

test('a receipt carries every documented field in its documented form', async () => {
  const { receiver, send } = await start();
  const { body } = await send('+8613900000001', {
    outId: 'o-1',
    templateParam: JSON.stringify({ name: '长'.repeat(80) }),
  });
  await until(() => expect(receiver.items()).toHaveLength(1));
  expect(receiver.items()[0]).toEqual({
    phone_number: '13900000001',
    send_time: china,
    report_time: china,
    success: true,
    err_code: 'DELIVERED',
    err_msg: expect.any(String),
    sms_size: '2',
    biz_id: body?.bizId,
    out_id: 'o-1',
  });
});

test('receipts travel in arrays of at most the batch size', async () => {
  const { receiver, send } = await start({ push: { batchSize: 40, batchWaitMs: 10 } });
  await send(Array.from({ length: 100 }, (_, index) => 13900000000 + index).join(','));
  await until(() => expect(receiver.items()).toHaveLength(100));
  expect(Math.max(...receiver.batches.map((batch) => batch.length))).toBe(40);
});

test('a failed message says so with the carrier code', async () => {
  const { receiver, send } = await start({
    receipts: { delayMs: 0, failures: { share: 1, weights: { IS_CLOSE: 1 } } },
  });
  await send('13900000001');
  await until(() => expect(receiver.items()).toHaveLength(1));
  expect(receiver.items()[0]).toMatchObject({ success: false, err_code: 'IS_CLOSE' });
});

test.each([
  ['an error status', { status: 500, body: '{"code":0}' }],
  ['another success status', { status: 202, body: '{"code":0}' }],
  ['a code that is a text', { status: 200, body: '{"code":"0"}' }],
  ['no code', { status: 200, body: '{}' }],
  ['no JSON', { status: 200, body: 'ok' }],
  ['an empty body', { status: 200, body: '' }],
  ['null', { status: 200, body: 'null' }],
])('%s is no acknowledgement: pushed again three times, then dropped', async (_, refusal) => {
  const { receiver, send, admin } = await start(FAST, () => refusal);
  await send('13900000001');
  await until(async () => {
    const { body } = await admin('GET', 'witness/summary');
    expect(body.receipts).toMatchObject({ pushed: 1, acked: 0, repushed: 3, dropped: 1, waiting: 0 });
  });
  expect(receiver.batches).toHaveLength(4);
});

test('any numeric code acknowledges, and a re-push that is taken ends the matter', async () => {
  const { receiver, send, admin } = await start(FAST, (count) => ({
    status: count < 3 ? 503 : 200,
    body: '{"code":-7}',
  }));
  await send('13900000001');
  await until(async () => expect((await admin('GET', 'witness/summary')).body.receipts.acked).toBe(1));
  expect(receiver.batches).toHaveLength(3);
  expect(new Set(receiver.batches.map((batch) => JSON.stringify(batch))).size).toBe(1);
});

test('a duplicated receipt comes twice, word for word', async () => {
  const { receiver, send } = await start({ receipts: { delayMs: 0, duplicates: { share: 1, delayMs: 50 } } });
  await send('13900000001');
  await until(() => expect(receiver.items()).toHaveLength(2));
  expect(receiver.items()[1]).toEqual(receiver.items()[0]);
});

test('a lost receipt is never pushed though the details know the verdict', async () => {
  const { receiver, send, sandbox, admin } = await start({ receipts: { delayMs: 0, lost: { share: 1 } } });
  await send('13900000001', { outId: 'lost' });
  await until(() =>
    expect(sandbox.witness.byOutId('lost')[0]).toMatchObject({ state: 'delivered', receiptLost: true }),
  );
  await admin('PATCH', 'scenario', { receipts: { lost: { share: 0 } } });
  await send('13900000002', { outId: 'kept' });
  await until(() => expect(receiver.items()).toHaveLength(1));
  expect(receiver.items()[0]).toMatchObject({ out_id: 'kept' });
});

test('a receipt can arrive before the answer of its own send', async () => {
  const { receiver, send, admin } = await start({ receipts: { beforeResponse: { share: 1 } } });
  await admin('POST', 'hold');
  const answer = send('13900000001');
  await until(() => expect(receiver.items()).toHaveLength(1));
  expect(receiver.items()[0]).toMatchObject({ phone_number: '13900000001', success: true });
  await until(async () => expect((await admin('POST', 'release')).body.released).toBe(1));
  expect((await answer).body?.code).toBe('OK');
});

test('without an address a receipt before the answer does not hold the answer up', async () => {
  const { send, admin } = await startSandbox({ scenario: scenario({ receipts: { beforeResponse: { share: 1 } } }) });
  expect((await send('13900000001')).body?.code).toBe('OK');
  expect((await admin('GET', 'witness/summary')).body.receipts.unaddressed).toBe(1);
});

test('customers opt out in words of the scenario and in both field variants', async () => {
  const { receiver, send, admin } = await start({
    receipts: { lost: { share: 1 }, delayMs: 0 },
    replies: { optOut: { share: 1, texts: ['TD', '退订'], delayMs: 0 } },
  });
  await send(Array.from({ length: 60 }, (_, index) => 13900000000 + index).join(','));
  await until(() => expect(receiver.items()).toHaveLength(60));
  const { destCode } = (await admin('GET', `signatures/${encodeURIComponent(SIGN)}`)).body;
  const variants = Map.groupBy(receiver.items(), (item) => typeof item['sequence_id']);
  for (const item of receiver.items()) {
    expect(item).toMatchObject({
      send_time: china,
      dest_code: destCode,
      content: expect.stringMatching(/^(TD|退订)$/),
    });
  }
  expect([...variants.keys()].sort()).toEqual(['number', 'string']);
  expect(variants.get('number')?.every((item) => item['sign_name'] === SIGN)).toBe(true);
  expect(variants.get('string')?.some((item) => 'sign_name' in item)).toBe(false);
  expect(new Set(receiver.items().map((item) => String(item['sequence_id']))).size).toBe(60);
});

test('a customer can be made to reply at once, but not one who got nothing', async () => {
  const { receiver, send, admin } = await start({ receipts: { lost: { share: 1 } } });
  expect((await admin('POST', 'replies', { phone: '13900000001', content: 'R' })).status).toBe(409);
  await send('13900000001');
  const { body } = await admin('POST', 'replies', { phone: '+8613900000001', content: '  r ' });
  await until(() => expect(receiver.items()).toHaveLength(1));
  expect(receiver.items()[0]).toMatchObject({ phone_number: '13900000001', content: '  r ' });
  expect(String(receiver.items()[0]?.['sequence_id'])).toBe(body.sequenceId);
});
