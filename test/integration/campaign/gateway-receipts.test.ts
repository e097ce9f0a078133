import { beforeAll, expect, test } from 'vitest';
import { openHouse, waitFor, type House } from '../../kit/campaign.ts';
import { rowsOf, sentOf, untilFinished, untilSent, watchLedger } from '../../kit/look.ts';
import { push as pushTo, pushUrl, takenIn } from '../../kit/receipts.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse({ settle: { askAcceptedAfter: 3_600, askUnknownAfter: 3_600 } });
});

const push = (kind: 'reports' | 'replies', body: unknown) => pushTo(house, kind, body);
const receipt = (change: Record<string, unknown>) => ({
  phone_number: '13800000001',
  send_time: '2026-11-02 10:00:00',
  report_time: '2026-11-02 10:00:05',
  success: true,
  err_code: 'DELIVERED',
  err_msg: '用户接收成功',
  sms_size: '1',
  biz_id: 'nobody^0',
  out_id: '',
  ...change,
});
const orphan = (outId: string, phone: string, n: number) =>
  receipt({
    out_id: outId,
    phone_number: phone,
    biz_id: `orphan^${n}`,
    success: false,
    err_code: 'MOBILE_NOT_ON_SERVICE',
  });

test('receipts before the answer, twice, late and out of order all end the same way', async () => {
  await house.ask('PATCH', 'scenario', {
    timeScale: 60,
    receipts: {
      beforeResponse: { share: 0.4 },
      duplicates: { share: 1, delayMs: 100 },
      late: { share: 0.3, delayMs: 60_000 },
      delayMs: { minMs: 1, maxMs: 400 },
      failures: { share: 0.2, weights: { MOBILE_NOT_ON_SERVICE: 1 } },
    },
  });
  const id = await house.submitted(await house.addAudience(400));
  await house.signAs(house.people.liaison, 'liaison', id);
  const watch = watchLedger(house, id);
  await house.signAs(house.people.leader, 'leader', id);
  const { ledger } = await untilFinished(house, id);
  const failed = ledger?.counts.failed ?? 0;
  expect(ledger).toMatchObject({ balanced: true, counts: { delivered: 400 - failed } });
  expect(failed).toBeGreaterThan(20);
  expect(ledger?.reasons).toEqual([{ state: 'failed', reason: 'undelivered', count: failed }]);
  expect(await sentOf(house, id)).toEqual({ accepted: 400, twice: 0 });
  expect((await watch.stop()).wrong).toEqual([]);
  await house.ask('PATCH', 'scenario', {
    receipts: { beforeResponse: { share: 0 }, duplicates: { share: 0 }, late: { share: 0 }, failures: { share: 0 } },
  });
});

test('receipts that nobody was there to take come again and are taken then', async () => {
  await house.ask('PATCH', 'scenario', { timeScale: 60 });
  await house.put('push', { reportUrl: 'http://127.0.0.1:1/nobody' });
  const id = await house.signed(await house.addAudience(50, 500));
  await untilSent(house, id, 50);
  await waitFor(
    async () => ((await house.show(id)).ledger?.counts.accepted === 50 ? true : null),
    () => 'not all accepted',
  );
  await house.put('push', { reportUrl: pushUrl(house, 'reports') });
  expect((await untilFinished(house, id)).ledger?.counts).toMatchObject({ delivered: 50 });
  expect(await sentOf(house, id)).toEqual({ accepted: 50, twice: 0 });
});

test('a receipt that is not ours, names another attempt or nobody on the list moves nothing', async () => {
  const id = await house.signed(await house.addAudience(5, 1_000));
  const { campaign } = await untilFinished(house, id);
  const before = await rowsOf(house, id);
  const answer = await push('reports', [
    orphan('somebody-else-7', '13800001001', 1),
    orphan(`wh-${campaign.key}-1-9`, '13800001001', 2),
    orphan(`wh-${campaign.key}-9-1`, '13800001001', 3),
    orphan(`wh-${campaign.key}-1-1`, '13700000000', 4),
    orphan('wh-999999-1-1', '13800001001', 5),
    orphan('', '13800001001', 6),
  ]);
  expect(answer.status).toBe(200);
  await takenIn(house);
  expect(await rowsOf(house, id)).toEqual(before);
  const { rowCount } = await house.pool.query(`select 1 from receipt where biz_id like 'orphan^%'`);
  expect(rowCount).toBe(6);
});

test('a long message that loses a part afterwards is failed; the first part’s repeat does not save it', async () => {
  // The second person's receipt is not pushed: the ledger stays open until it is.
  await house.ask('PATCH', 'scenario', { receipts: { lost: { share: 1 } } });
  const id = await house.signed(await house.addAudience(2, 2_000));
  await untilSent(house, id, 2);
  const { campaign } = await house.show(id);
  const of = (success: boolean) =>
    receipt({
      out_id: `wh-${campaign.key}-1-1`,
      phone_number: '13800002001',
      biz_id: house.sandbox.witness.byPhone(13800002001)[0]?.bizId,
      success,
      err_code: success ? 'DELIVERED' : 'MOBILE_TERMINATOR_ERROR',
    });
  for (const success of [true, false, true]) await push('reports', [of(success)]);
  await takenIn(house);
  expect((await rowsOf(house, id))[0]).toMatchObject({ state: 'failed', reason: 'undelivered' });
  await house.ask('PATCH', 'scenario', { receipts: { lost: { share: 0 } } });
  await push('reports', [
    receipt({ out_id: `wh-${campaign.key}-2-1`, phone_number: '13800002002', biz_id: 'second^part' }),
  ]);
  await untilFinished(house, id);
  const { rows } = await house.pool.query(`select delivered from receipt where phone = '+8613800002001'`);
  expect(rows).toEqual([{ delivered: false }]);
});

test.each([
  ['nothing', ''],
  ['no JSON', '<html>busy</html>'],
  ['half a JSON', '[{"phone_number":"138'],
  ['a number', '7'],
  ['null', 'null'],
  ['rows of rubbish', '[null, 7, "x", {}, {"phone_number": {}}]'],
])('a push of %s is answered, kept with its fault and holds up nobody', async (_, body) => {
  expect((await push('reports', body)).status).toBe(200);
  expect((await push('replies', body)).status).toBe(200);
  await takenIn(house);
  const { rows } = await house.pool.query('select fault from webhook_delivery order by id desc limit 2');
  expect(rows).toEqual([{ fault: expect.stringMatching(/./) }, { fault: expect.stringMatching(/./) }]);
});

test('an item that the database itself would refuse holds up nobody, and an opt-out in it still counts', async () => {
  await push('reports', [
    receipt({ biz_id: 'nul\u0000^1', err_code: 'A\u0000B', out_id: 'x\u0000' }),
    receipt({ biz_id: 'huge^1', sms_size: '99999' }),
    receipt({ biz_id: 'odd^1', send_time: '0000-00-00 00:00:00', report_time: '275760-13-99' }),
  ]);
  await push('replies', [
    {
      phone_number: '13800007001',
      content: '退订\u0000',
      send_time: '2026-11-02 10:00:00',
      dest_code: '1069\u0000',
      sequence_id: 7_001,
    },
    {
      phone_number: '13800007002',
      content: `TD ${'长'.repeat(5_000)}\ud800`,
      send_time: '',
      dest_code: '',
      sequence_id: 'x\u0000',
    },
  ]);
  await takenIn(house);
  const { rows } = await house.pool.query(`select phone from suppression where kind = 'opt-out' order by phone`);
  expect(rows).toEqual([{ phone: '+8613800007001' }, { phone: '+8613800007002' }]);
});

test('a push to an address that nobody was given is refused', async () => {
  const answer = await fetch(`${house.webUrl}/webhooks/aliyun/${'x'.repeat(32)}/reports`, {
    method: 'POST',
    body: '[]',
  });
  expect(answer.status).toBeGreaterThanOrEqual(400);
});
