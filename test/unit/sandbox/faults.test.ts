import { expect, test, vi } from 'vitest';
import { dysms, scenario, startSandbox } from './sandbox-kit.ts';

const QUICK = { scenario: scenario({ timeoutHoldMs: 100 }) };

test.each([
  ['accept-then-timeout', 1],
  ['accept-then-reset', 1],
  ['html-502-after-accept', 1],
  ['empty-200-after-accept', 1],
  ['reset-before-accept', 0],
  ['html-502-before-accept', 0],
])('%s leaves the client without an answer and the witness with %i message', async (action, accepted) => {
  const { send, sandbox, admin } = await startSandbox(QUICK);
  await admin('POST', 'faults', { action });
  await expect(send('13900000001', { outId: 'o' })).rejects.toThrow();
  expect(sandbox.witness.byOutId('o')).toHaveLength(accepted);
  expect((await send('13900000002')).body?.code).toBe('OK');
});

test('an HTML or empty body reaches the SDK as an unreadable answer', async () => {
  const { send, admin } = await startSandbox(QUICK);
  await admin('POST', 'faults', [{ action: 'html-502-after-accept' }, { action: 'empty-200-after-accept' }]);
  await expect(send('13900000001')).rejects.toBeInstanceOf(SyntaxError);
  await expect(send('13900000002')).rejects.toBeInstanceOf(SyntaxError);
});

test('a reset reaches the SDK as a socket error', async () => {
  const { send, admin } = await startSandbox(QUICK);
  await admin('POST', 'faults', { action: 'accept-then-reset' });
  await expect(send('13900000001')).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('a scripted code is answered with its status and nothing is accepted', async () => {
  const { send, sandbox, admin } = await startSandbox(QUICK);
  await admin('POST', 'faults', [
    { action: 'code', code: 'isv.DAY_LIMIT_CONTROL', message: '触发日发送限额' },
    { action: 'code', code: 'InternalError', status: 500 },
    { action: 'code', code: 'Throttling.User', status: 429, retryAfter: 3 },
  ]);
  expect((await send('13900000001')).body).toMatchObject({ code: 'isv.DAY_LIMIT_CONTROL', message: '触发日发送限额' });
  await expect(send('13900000001')).rejects.toMatchObject({ code: 'InternalError', statusCode: 500 });
  await expect(send('13900000001')).rejects.toMatchObject({ code: 'Throttling.User', statusCode: 429, retryAfter: 3 });
  expect(sandbox.witness.counts().accepted).toBe(0);
});

test('a code after acceptance lies about what happened', async () => {
  const { send, sandbox, admin } = await startSandbox(QUICK);
  await admin('POST', 'faults', { action: 'code-after-accept', code: 'isp.SYSTEM_ERROR' });
  expect((await send('13900000001')).body?.code).toBe('isp.SYSTEM_ERROR');
  expect(sandbox.witness.counts().accepted).toBe(1);
});

test('a fault strikes only what it matches, and only so often', async () => {
  const { send, admin } = await startSandbox(QUICK);
  await admin('POST', 'faults', [
    { match: { phone: '13900000002' }, action: 'code', code: 'isv.A', times: 2 },
    { match: { outId: 'x' }, action: 'code', code: 'isv.B' },
    { match: { nth: 3 }, action: 'code', code: 'isv.C' },
  ]);
  const codes: (string | undefined)[] = [];
  for (const [phone, outId] of [
    ['13900000001', 'a'],
    ['13900000001,+8613900000002', 'b'],
    ['13900000003', 'x'],
    ['13900000002', 'c'],
    ['13900000002', 'd'],
    ['13900000003', 'x'],
    ['13900000004', 'e'],
  ] as const) {
    codes.push((await send(phone, { outId })).body?.code);
  }
  expect(codes).toEqual(['OK', 'isv.A', 'isv.B', 'isv.A', 'OK', 'isv.C', 'OK']);
});

test('a fault on a query leaves sends alone', async () => {
  const { send, client, admin } = await startSandbox(QUICK);
  await admin('POST', 'faults', { match: { action: 'GetSmsSign' }, action: 'code', code: 'isp.SYSTEM_ERROR' });
  expect((await send('13900000001')).body?.code).toBe('OK');
  const { body } = await client.getSmsSign(new dysms.GetSmsSignRequest({ signName: 'x' }));
  expect(body?.code).toBe('isp.SYSTEM_ERROR');
});

test('held answers wait for the release although the messages are accepted', async () => {
  const { send, sandbox, admin } = await startSandbox(QUICK);
  await admin('POST', 'hold', {});
  let answered = 0;
  const calls = [1, 2, 3].map(async (last) => {
    await send(`1390000000${last}`);
    answered++;
  });
  await vi.waitFor(async () => expect((await admin('GET', 'state')).body.heldAnswers).toBe(3), { timeout: 20_000 });
  expect([sandbox.witness.counts().accepted, answered]).toEqual([3, 0]);
  expect((await admin('POST', 'release')).body).toEqual({ released: 3 });
  await Promise.all(calls);
  expect((await send('13900000009')).body?.code).toBe('OK');
});

test('a drawn unknown outcome strikes a message once; its second attempt goes through', async () => {
  const unknownOutcomes = { share: 1, weights: { 'reset-before-accept': 1 } };
  const { send, sandbox } = await startSandbox({ scenario: scenario({ unknownOutcomes }) });
  await expect(send('13900000001', { outId: 'o' })).rejects.toThrow();
  expect(sandbox.witness.counts().accepted).toBe(0);
  expect((await send('13900000001', { outId: 'o' })).body?.code).toBe('OK');
});

test('an account above its rate is throttled with the retry header', async () => {
  const throttling = { callsPerSecond: 1e-9, retryAfter: 2 };
  const { send, sandbox } = await startSandbox({ scenario: scenario({ throttling }) });
  await expect(send('13900000001')).rejects.toMatchObject({ code: 'Throttling.User', statusCode: 429, retryAfter: 2 });
  expect(sandbox.witness.counts().accepted).toBe(0);
});

test('a fault that cannot be understood is refused without repeating its values', async () => {
  const { admin } = await startSandbox(QUICK);
  const { status, body } = await admin('POST', 'faults', { match: { phone: 13900000001 }, action: 'explode' });
  expect(status).toBe(400);
  expect(JSON.stringify(body)).not.toContain('13900000001');
});
