import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAliyunGateway } from '../../../../src/sms/aliyun/aliyun.ts';
import type { SmsGateway } from '../../../../src/sms/gateway.ts';
import { json, startCannedServer } from './canned-server.ts';
import type { Canned, CannedServer } from './canned-server.ts';

let server: CannedServer;
let gateway: SmsGateway;
beforeAll(async () => {
  server = await startCannedServer();
  const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' };
  gateway = createAliyunGateway({ endpoint: server.endpoint, protocol: 'http', credentials, timeoutMs: 1_000 });
});
afterAll(() => server.stop());

type Row = { OutId?: string; SendStatus?: number | string; ErrCode?: string; ReceiveDate?: string };
const row = (more: Row = {}) => ({
  OutId: 'other',
  SendStatus: 3,
  ErrCode: 'DELIVERED',
  Content: '【外呼】您好',
  ...more,
});
const page = (rows: Row[], TotalCount: unknown = String(rows.length)) =>
  json({ Code: 'OK', Message: 'OK', SmsSendDetailDTOs: { SmsSendDetailDTO: rows }, TotalCount });
const pagesOf = (rows: Row[], total = rows.length) =>
  server.answer(({ query }) => {
    const from = (Number(query['CurrentPage']) - 1) * 50;
    return page(rows.slice(from, from + 50), String(total));
  });
const find = (phone = '+8613800138000') => gateway.find({ outId: 'mine', phone, day: '20261130' });

test('the question names the number in national form, the day and the page', async () => {
  server.answer(page([]));
  expect(await find()).toEqual({ kind: 'not-sent' });
  expect(server.seen.map(({ action, query }) => ({ action, query }))).toEqual([
    {
      action: 'QuerySendDetails',
      query: { PhoneNumber: '13800138000', SendDate: '20261130', PageSize: '50', CurrentPage: '1' },
    },
  ]);
});

test.each([
  [1, '', 'waiting', null],
  [2, 'MOBILE_IN_BLACK', 'failed', 'MOBILE_IN_BLACK'],
  [3, 'DELIVERED', 'delivered', null],
  ['3', 'DELIVERED', 'delivered', null],
  [9, 'NEW', 'waiting', 'NEW'],
])('send status %j with code %j reads as %s', async (SendStatus, ErrCode, state, errorCode) => {
  server.answer(page([row(), row({ OutId: 'mine', SendStatus, ErrCode, ReceiveDate: '2026-12-01 00:00:01' })]));
  expect(await find()).toEqual({
    kind: 'sent',
    outId: 'mine',
    state,
    errorCode,
    receivedAt: new Date('2026-11-30T16:00:01Z'),
  });
});

test('of several rows of one message the worst counts', async () => {
  const parts = [3, 2, 1].map((SendStatus) => row({ OutId: 'mine', SendStatus, ErrCode: `E${SendStatus}` }));
  server.answer(page(parts));
  expect(await find()).toMatchObject({ state: 'failed', errorCode: 'E2' });
});

test.each([
  [50, 'mine', 1],
  [51, 'mine', 2],
  [130, 'mine', 3],
])('of %i rows the last is found', async (count, OutId, pages) => {
  pagesOf([...Array.from({ length: count - 1 }, () => row()), row({ OutId })]);
  expect(await find()).toMatchObject({ kind: 'sent' });
  expect(server.seen).toHaveLength(pages);
});

test.each([0, 1, 49, 50, 51, 100])('of %i rows of others none is ours: not sent', async (count) => {
  pagesOf(Array.from({ length: count }, () => row()));
  expect(await find()).toEqual({ kind: 'not-sent' });
});

test('an out id that only begins like ours is not ours', async () => {
  server.answer(page([row({ OutId: 'mine2' }), row({ OutId: 'MINE' }), {}]));
  expect(await find()).toEqual({ kind: 'not-sent' });
});

test.each([
  ['our own beside a kin', ['kin-1', 'mine'], 2, { kind: 'sent', outId: 'mine' }],
  ['a kin where ours is not', ['other', 'kin-1'], 2, { kind: 'sent', outId: 'kin-1' }],
  ['a kin in a list that is not whole', ['kin-1'], 3, { kind: 'sent', outId: 'kin-1' }],
  ['nobody who only looks like one', ['ki', 'xkin-1'], 2, { kind: 'not-sent' }],
])('the answer names %s', async (_, outIds, total, expected) => {
  pagesOf(
    outIds.map((OutId) => row({ OutId })),
    total,
  );
  const answer = await gateway.find({ outId: 'mine', kin: 'kin-', phone: '+8613800138000', day: '20261130' });
  expect(answer).toMatchObject(expected);
});

test('a list shorter than its own count proves nothing', async () => {
  pagesOf([row(), row()], 3);
  expect(await find()).toEqual({ kind: 'cannot-tell', code: 'client.incomplete-list' });
});

test('a list that never ends is given up', async () => {
  server.answer(
    page(
      Array.from({ length: 50 }, () => row()),
      '999999',
    ),
  );
  expect(await find()).toEqual({ kind: 'cannot-tell', code: 'client.incomplete-list' });
});

const doubtful: [string, Canned, string][] = [
  ['a throttle', json({ Code: 'Throttling.User' }, 429), 'Throttling.User'],
  ['a refusal', json({ Code: 'isv.INVALID_PARAMETERS' }), 'isv.INVALID_PARAMETERS'],
  ['a server error', json({ Code: 'InternalError' }, 500), 'InternalError'],
  ['a web page', { body: '<html>' }, 'client.unreadable-answer'],
  ['an empty answer', { body: '' }, 'client.unreadable-answer'],
  ['an empty object', json({}), 'client.unreadable-answer'],
  ['a count that is none', page([], 'many'), 'client.unreadable-answer'],
  ['no count', json({ Code: 'OK' }), 'client.unreadable-answer'],
  ['a reset', 'reset', 'client.reset'],
  ['silence', 'silence', 'client.timeout'],
];
test.each(doubtful)('after %s nobody can tell', async (_, answer, code) => {
  server.answer(answer);
  expect(await find()).toEqual({ kind: 'cannot-tell', code });
});

test('a fault on the second page is not "not sent"', async () => {
  server.answer(({ query }) =>
    query['CurrentPage'] === '1'
      ? page(
          Array.from({ length: 50 }, () => row()),
          '60',
        )
      : 'reset',
  );
  expect(await find()).toEqual({ kind: 'cannot-tell', code: 'client.reset' });
});

test('no count but OK and no rows is not "not sent"', async () => {
  server.answer(json({ Code: 'OK', SmsSendDetailDTOs: {} }));
  expect(await find()).toMatchObject({ kind: 'cannot-tell' });
});

test('a number that submit refuses was never sent', async () => {
  server.answer('reset');
  expect(await find('+861012345678')).toEqual({ kind: 'not-sent' });
  expect(server.seen).toHaveLength(0);
});

test('a day in another form is refused', async () => {
  const query = { outId: 'mine', phone: '+8613800138000', day: '2026-11-30' };
  await expect(gateway.find(query)).rejects.toMatchObject({ kind: 'invalid', code: 'sms-query.day' });
});
