import { expect, test } from 'vitest';
import { getSmsSign, getSmsTemplate, querySendDetails, querySendStatistics } from '../../../sandbox/query.ts';
import type { ScenarioInput } from '../../../sandbox/scenario.ts';
import { sendSms } from '../../../sandbox/send.ts';
import { dysms, SIGN, startSandbox, worldAt } from './sandbox-kit.ts';

// One minute before midnight in China.
const LATE = Date.parse('2026-11-22T15:59:00Z');
const DAY = 86_400_000;

function setUp(extra: ScenarioInput = {}) {
  const clock = { now: LATE };
  const world = worldAt(clock, extra);
  const send = (OutId: string, PhoneNumbers = '13900000001') => {
    const fields = { PhoneNumbers, OutId, SignName: SIGN, TemplateCode: 'SMS_NOTICE', TemplateParam: '{"name":"王"}' };
    return String(sendSms(world, new Map(Object.entries(fields))).fields?.['BizId']);
  };
  const details = (fields: Record<string, string> = {}) => {
    const base = { PhoneNumber: '13900000001', SendDate: '20261122', PageSize: '50', CurrentPage: '1' };
    const { code, fields: body } = querySendDetails(world, new Map(Object.entries({ ...base, ...fields })));
    const list = (body?.['SmsSendDetailDTOs'] as { SmsSendDetailDTO: Record<string, unknown>[] } | undefined)
      ?.SmsSendDetailDTO;
    return { code, total: body?.['TotalCount'], list, outIds: list?.map(({ OutId }) => OutId) };
  };
  return { clock, world, send, details };
}

test('details show the verdict only once it is there', () => {
  const { clock, send, details } = setUp({
    receipts: { delayMs: 5000, failures: { share: 1, weights: { IS_CLOSE: 1 } } },
  });
  send('o');
  expect(details().list).toEqual([
    {
      PhoneNum: '13900000001',
      SendDate: '2026-11-22 23:59:00',
      SendStatus: 1,
      ReceiveDate: undefined,
      ErrCode: undefined,
      TemplateCode: 'SMS_NOTICE',
      Content: `【${SIGN}】尊敬的王，您的账单已出。`,
      OutId: 'o',
    },
  ]);
  clock.now += 5000;
  expect(details().list?.[0]).toMatchObject({ SendStatus: 2, ErrCode: 'IS_CLOSE', ReceiveDate: '2026-11-22 23:59:05' });
});

test('details are paged, newest first, and the total is a text', () => {
  const { clock, send, details } = setUp();
  for (let count = 0; count < 7; count++, clock.now += 1000) send(`o${count}`);
  expect(details({ PageSize: '3' })).toMatchObject({ total: '7', outIds: ['o6', 'o5', 'o4'] });
  expect(details({ PageSize: '3', CurrentPage: '3' })).toMatchObject({ total: '7', outIds: ['o0'] });
  expect(details({ PageSize: '3', CurrentPage: '4' })).toMatchObject({ total: '7', outIds: [] });
});

test('a message around midnight is found on its own China day alone', () => {
  const { clock, send, details } = setUp();
  send('before');
  clock.now += 60_000;
  send('after');
  expect(details().outIds).toEqual(['before']);
  expect(details({ SendDate: '20261123' }).outIds).toEqual(['after']);
  expect(details({ SendDate: '20261121' })).toMatchObject({ code: 'OK', total: '0', outIds: [] });
});

test('details of one BizId leave out the rest, and another number sees nothing', () => {
  const { send, details } = setUp();
  const bizId = send('one');
  send('two');
  expect(details({ BizId: bizId }).outIds).toEqual(['one']);
  expect(details({ PhoneNumber: '13900000002' }).total).toBe('0');
});

test('details trail behind by the query lag', () => {
  const { clock, send, details } = setUp({ queryLagMs: 3000 });
  send('o');
  expect(details().total).toBe('0');
  clock.now += 3000;
  expect(details().total).toBe('1');
});

test.each<[string, Record<string, string>, string]>([
  ['a page size of 51', { PageSize: '51' }, 'isv.INVALID_PARAMETERS'],
  ['a page size of 0', { PageSize: '0' }, 'isv.INVALID_PARAMETERS'],
  ['page 0', { CurrentPage: '0' }, 'isv.INVALID_PARAMETERS'],
  ['a day that does not exist', { SendDate: '20260230' }, 'isv.INVALID_PARAMETERS'],
  ['a day with dashes', { SendDate: '2026-11-22' }, 'isv.INVALID_PARAMETERS'],
  ['a day 31 days ago', { SendDate: '20261022' }, 'isv.INVALID_PARAMETERS'],
  ['no day', { SendDate: '' }, 'MissingSendDate'],
  ['two numbers', { PhoneNumber: '13900000001,13900000002' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
])('details refuse %s', (_, fields, code) => {
  expect(setUp().details(fields).code).toBe(code);
});

test('statistics agree with the messages', () => {
  const { clock, world, send } = setUp({ receipts: { delayMs: 1000 } });
  send('a', '13900000001,13900000002');
  clock.now += DAY;
  send('b');
  const ask = (extra = {}) => {
    const fields = {
      IsGlobe: '1',
      StartDate: '20261101',
      EndDate: '20261130',
      PageIndex: '1',
      PageSize: '50',
      ...extra,
    };
    return querySendStatistics(world, new Map(Object.entries(fields))).fields?.['Data'];
  };
  expect(ask()).toEqual({
    TotalSize: 2,
    TargetList: [
      { SendDate: '20261122', TotalCount: 2, RespondedSuccessCount: 2, RespondedFailCount: 0, NoRespondedCount: 0 },
      { SendDate: '20261123', TotalCount: 0, RespondedSuccessCount: 0, RespondedFailCount: 0, NoRespondedCount: 1 },
    ],
  });
  expect(ask({ SignName: '另一签名' })).toEqual({ TotalSize: 0, TargetList: [] });
  expect(ask({ IsGlobe: '2' })).toEqual({ TotalSize: 0, TargetList: [] });
});

test('review states come as a text for templates and as a number for signatures', () => {
  const { world } = setUp();
  const template = (code: string) => getSmsTemplate(world, new Map([['TemplateCode', code]]));
  const signature = (name: string) => getSmsSign(world, new Map([['SignName', name]]));
  expect(template('SMS_NOTICE').fields).toMatchObject({ TemplateStatus: '1', TemplateType: '1' });
  expect(template('SMS_FAILED').fields).toMatchObject({
    TemplateStatus: '2',
    AuditInfo: { RejectInfo: expect.any(String) },
  });
  expect(signature(SIGN).fields).toMatchObject({ SignStatus: 1 });
  expect(signature('审核中').fields).toMatchObject({ SignStatus: 0 });
  expect([template('SMS_0').code, signature('无').code]).toEqual([
    'isv.SMS_TEMPLATE_ILLEGAL',
    'isv.SMS_SIGNATURE_ILLEGAL',
  ]);
});

test('the SDK reads details and reviews', async () => {
  const { client, send } = await startSandbox();
  await send('13900000001', { outId: 'sdk' });
  const sendDate = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '');
  const query = { phoneNumber: '13900000001', sendDate, pageSize: 10, currentPage: 1 };
  const { body } = await client.querySendDetails(new dysms.QuerySendDetailsRequest(query));
  expect(body?.totalCount).toBe('1');
  expect(body?.smsSendDetailDTOs?.smsSendDetailDTO?.[0]).toMatchObject({ outId: 'sdk', phoneNum: '13900000001' });
  const template = await client.getSmsTemplate(new dysms.GetSmsTemplateRequest({ templateCode: 'SMS_NOTICE' }));
  expect(template.body?.templateStatus).toBe('1');
});
