import { fork } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLedger } from '../../../sandbox/ledger.ts';
import { scenario, SIGN, startReceiver, startSandbox } from './sandbox-kit.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sandbox-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('the witness counts messages, numbers and repeats, whole and by filter', async () => {
  const { send, admin } = await startSandbox();
  await send('13900000001,13900000002', { outId: 'a-1' });
  await send('13900000001', { outId: 'b-1' });
  await send('13900000001,13900000003,13900000003', { outId: 'b-2', templateCode: 'SMS_PLAIN', templateParam: '' });
  await send('13900000004', { outId: 'a-2', templateCode: 'SMS_0' });
  const ask = async (query: string) => (await admin('GET', `witness/summary${query}`)).body;
  expect(await ask('')).toMatchObject({
    accepted: 6,
    distinctNumbers: 3,
    numbersAcceptedMoreThanOnce: 2,
    repeated: [
      { phone: '139****0001', times: 3 },
      { phone: '139****0003', times: 2 },
    ],
    calls: { byAction: { SendSms: 4 }, byCode: { OK: 3, 'isv.SMS_TEMPLATE_ILLEGAL': 1 } },
  });
  expect(await ask('?templateCode=SMS_NOTICE')).toMatchObject({
    accepted: 3,
    distinctNumbers: 2,
    numbersAcceptedMoreThanOnce: 1,
  });
  expect(await ask('?outIdPrefix=a-')).toMatchObject({
    accepted: 2,
    distinctNumbers: 2,
    numbersAcceptedMoreThanOnce: 0,
  });
  expect(await ask('?outIdPrefix=b-&templateCode=SMS_NOTICE')).toMatchObject({ accepted: 1 });
});

test('every accepted message is told line by line and by number', async () => {
  const { send, admin, port } = await startSandbox();
  const phones = Array.from({ length: 950 }, (_, index) => String(13900000000 + index));
  for (const outId of ['x-1', 'x-2', 'y']) await send(phones.join(','), { outId });
  const lines = await (await fetch(`http://127.0.0.1:${port}/sandbox/witness/accepted.ndjson?outIdPrefix=x-`)).text();
  const messages = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(messages.map(({ phone }) => phone)).toEqual([...phones, ...phones]);
  expect(messages[0]).toMatchObject({
    outId: 'x-1',
    templateCode: 'SMS_NOTICE',
    signName: SIGN,
    renderedText: `【${SIGN}】尊敬的王女士，您的账单已出。`,
  });
  expect((await admin('GET', 'witness?phone=%2B8613900000007')).body).toMatchObject(
    ['x-1', 'x-2', 'y'].map((outId) => ({ outId, phone: '13900000007' })),
  );
  expect((await admin('GET', 'witness?outId=y')).body).toHaveLength(950);
  expect((await admin('GET', 'witness')).status).toBe(400);
});

test('patching the scenario keeps templates that were put by hand', async () => {
  const { admin } = await startSandbox();
  await admin('PUT', 'templates/SMS_NOTICE', { content: '新文${name}', state: 2 });
  await admin('PATCH', 'scenario', { latencyMs: 1 });
  expect((await admin('GET', 'templates/SMS_NOTICE')).body).toMatchObject({ content: '新文${name}', state: 2 });
});

test('a template changed later does not change what was said', async () => {
  const { send, sandbox, admin } = await startSandbox();
  await send('13900000001', { outId: 'old' });
  await admin('PUT', 'templates/SMS_NOTICE', { content: '新文${name}', type: 1 });
  await send('13900000001', { outId: 'new' });
  const said = sandbox.witness.byPhone(13900000001).map(({ renderedText }) => renderedText);
  expect(said).toEqual([`【${SIGN}】尊敬的王女士，您的账单已出。`, `【${SIGN}】新文王女士`]);
});

test('a restarted sandbox still witnesses, renders, counts flow, and gives new BizIds', async () => {
  const dataDir = folder();
  const first = await startSandbox({ dataDir });
  await first.admin('PUT', 'templates/SMS_LATER', { content: '后来的${name}', type: 'code' });
  const { body } = await first.send('13900000001', { outId: 'o', templateCode: 'SMS_LATER' });
  await first.send('13900000002', { outId: 'p' });
  const before = first.sandbox.witness.counts();
  await first.close();
  // What a kill in the middle of a write leaves behind.
  appendFileSync(join(dataDir, 'accepted.ndjson'), '["message",139000');

  const second = await startSandbox({ dataDir });
  expect(second.sandbox.witness.counts()).toEqual(before);
  expect(second.sandbox.witness.byOutId('o')).toMatchObject([
    { phone: '13900000001', bizId: body?.bizId, templateCode: 'SMS_LATER', renderedText: `【${SIGN}】后来的王女士` },
  ]);
  const again = await second.send('13900000001', { outId: 'q', templateCode: 'SMS_LATER' });
  expect(again.body?.code).toBe('isv.BUSINESS_LIMIT_CONTROL');
  const other = await second.send('13900000003', { outId: 'r' });
  expect(other.body?.bizId).not.toBe(body?.bizId);
  await second.close();

  const third = await startSandbox({ dataDir });
  expect(third.sandbox.witness.counts().accepted).toBe(3);
});

test('receipts that a restart interrupted are pushed afterwards, the others are not repeated', async () => {
  const dataDir = folder();
  const receiver = await startReceiver();
  const first = await startSandbox({ dataDir, pushReportUrl: receiver.url });
  await first.send('13900000001', { outId: 'early' });
  await vi.waitFor(async () => expect((await first.admin('GET', 'state')).body.receipts.acked).toBe(1), {
    timeout: 20_000,
  });
  await first.admin('PATCH', 'scenario', { receipts: { delayMs: 1500 } });
  await first.send('13900000002', { outId: 'interrupted' });
  await first.close();
  await startSandbox({ dataDir, pushReportUrl: receiver.url });
  await vi.waitFor(() => expect(receiver.items()).toHaveLength(2), { timeout: 20_000 });
  expect(receiver.items().map((item) => item['out_id'])).toEqual(['early', 'interrupted']);
});

test('a reset forgets messages, faults and changed templates, also on disk', async () => {
  const dataDir = folder();
  const first = await startSandbox({ dataDir });
  await first.admin('PUT', 'templates/SMS_NEW', { content: 'x' });
  await first.send('13900000001');
  await first.admin('POST', 'faults', { action: 'code', code: 'isv.A' });
  await first.admin('POST', 'reset');
  expect((await first.admin('GET', 'templates/SMS_NEW')).status).toBe(404);
  expect((await first.send('13900000002')).body?.code).toBe('OK');
  await first.close();
  expect((await startSandbox({ dataDir })).sandbox.witness.counts()).toMatchObject({ accepted: 1, distinctNumbers: 1 });
});

test('the ledger finds every row of many, whatever the length of its texts', () => {
  const ledger = createLedger();
  const { index: text } = ledger.internText({ code: 'T', parts: ['a', 'v', 'b'], isCode: false });
  const { index: sign } = ledger.internSign(SIGN);
  const rowOf = (count: number) => ({
    phone: 13900000000 + (count % 40_000),
    outId: `o-${count}-${'长'.repeat(count % 50)}`,
    call: 1_790_000_000_000_000 + count,
    acceptedAt: 1_790_000_000_000 + count,
    text,
    sign,
    param: JSON.stringify({ v: `值${count}` }),
    segments: 1 + (count % 8),
    delivered: count % 3 !== 0,
    errCode: count % 3 === 0 ? 'IS_CLOSE' : 'DELIVERED',
    reportAt: 1_790_000_001_000 + count,
    lost: count % 7 === 0,
  });
  for (let count = 0; count < 60_000; count++) ledger.append(rowOf(count));
  for (let count = 0; count < 60_000; count += 611) {
    const row = rowOf(count);
    expect(ledger.rowsOfOutId(row.outId)).toEqual([count]);
    ledger.settle(count);
    expect([ledger.row(count), ledger.settled(count), ledger.rendered(row)]).toEqual([
      row,
      true,
      `【${SIGN}】a值${count}b`,
    ]);
  }
  const rows: number[] = [];
  ledger.visitPhone(13900000007, (row) => rows.push(row) < 0);
  expect([rows, ledger.distinctPhones, ledger.repeats.size]).toEqual([[40_007, 7], 40_000, 20_000]);
});

test('as a process it says its port, and ends when its parent goes', async () => {
  const file = join(folder(), 'scenario.json');
  writeFileSync(file, JSON.stringify(scenario()));
  const child = fork(join(import.meta.dirname, '../../../sandbox/main.ts'), ['--port', '0', '--scenario', file], {
    silent: true,
  });
  const line = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (data: Buffer) => resolve(data.toString())),
  );
  const { listening } = JSON.parse(line) as { listening: number };
  const health = await fetch(`http://127.0.0.1:${listening}/sandbox/healthz`);
  expect(await health.json()).toEqual({ status: 'ok' });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.disconnect();
  expect(await ended).toBe(0);
});

test('the journal holds no secret and the state no number', async () => {
  const dataDir = folder();
  const { send, admin, close } = await startSandbox({ dataDir });
  await send('13900000001');
  expect(JSON.stringify((await admin('GET', 'state')).body)).not.toContain('13900000001');
  await close();
  expect(readFileSync(join(dataDir, 'accepted.ndjson'), 'utf8')).not.toContain('sandbox-secret');
});
