import { expect, test } from 'vitest';
import type { ScenarioInput } from '../../../sandbox/scenario.ts';
import { sendBatchSms, sendSms } from '../../../sandbox/send.ts';
import { SIGN, worldAt } from './sandbox-kit.ts';

const NOON = Date.parse('2026-11-22T04:00:00Z');
const base = {
  PhoneNumbers: '13900000001',
  SignName: SIGN,
  TemplateCode: 'SMS_NOTICE',
  TemplateParam: '{"name":"王"}',
};
const many = (count: number) => Array.from({ length: count }, (_, index) => 13900000000 + index).join(',');

function codeOf(fields: Record<string, string>, extra: ScenarioInput = {}, at = NOON) {
  const world = worldAt({ now: at }, extra);
  const { code } = sendSms(world, new Map(Object.entries({ ...base, ...fields })));
  return { code, accepted: world.ledger.size };
}

test.each<[string, Record<string, string>, string]>([
  ['no number', { PhoneNumbers: '' }, 'MissingPhoneNumbers'],
  ['no signature', { SignName: '' }, 'MissingSignName'],
  ['no template', { TemplateCode: '' }, 'MissingTemplateCode'],
  ['a short number', { PhoneNumbers: '1390000000' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
  ['a land line', { PhoneNumbers: '01012345678' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
  ['a number with a blank', { PhoneNumbers: ' 13900000001' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
  ['a comma too many', { PhoneNumbers: '13900000001,' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
  ['one bad number among good ones', { PhoneNumbers: '13900000001,123,13900000002' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
  ['1,001 numbers', { PhoneNumbers: many(1001) }, 'isv.MOBILE_COUNT_OVER_LIMIT'],
  ['an unknown signature', { SignName: '无' }, 'isv.SMS_SIGNATURE_ILLEGAL'],
  ['a signature in review', { SignName: '审核中' }, 'isv.SIGN_STATE_ILLEGAL'],
  ['an unknown template', { TemplateCode: 'SMS_0' }, 'isv.SMS_TEMPLATE_ILLEGAL'],
  ['a template in review', { TemplateCode: 'SMS_REVIEW' }, 'isv.SMS_TEMPLATE_ILLEGAL'],
  ['a template that failed review', { TemplateCode: 'SMS_FAILED' }, 'isv.SMS_TEMPLATE_ILLEGAL'],
  ['variables that are not JSON', { TemplateParam: '{name:1}' }, 'isv.INVALID_JSON_PARAM'],
  ['a bare line break in the JSON', { TemplateParam: '{"name":"a\nb"}' }, 'isv.INVALID_JSON_PARAM'],
  ['variables in an array', { TemplateParam: '["王"]' }, 'isv.INVALID_JSON_PARAM'],
  ['a number as a variable', { TemplateParam: '{"name":1}' }, 'isv.INVALID_JSON_PARAM'],
  ['a missing variable', { TemplateParam: '{"nam":"王"}' }, 'isv.TEMPLATE_MISSING_PARAMETERS'],
  ['no variables at all', { TemplateParam: '' }, 'isv.TEMPLATE_MISSING_PARAMETERS'],
  ['an empty variable', { TemplateParam: '{"name":""}' }, 'isv.TEMPLATE_MISSING_PARAMETERS'],
  [
    'a variable named like a prototype member',
    { TemplateParam: '{"constructor":"x"}' },
    'isv.TEMPLATE_MISSING_PARAMETERS',
  ],
  ['a URL in a variable', { TemplateParam: '{"name":"http://a.example"}' }, 'isv.PARAM_NOT_SUPPORT_URL'],
  ['more than 500 characters', { TemplateParam: `{"name":"${'长'.repeat(500)}"}` }, 'isv.PARAM_LENGTH_LIMIT'],
])('%s is refused and nothing is accepted', (_, fields, code) => {
  expect(codeOf(fields)).toEqual({ code, accepted: 0 });
});

test.each(['13900000001', '+13900000001', '+8613900000001', '8613900000001', '008613900000001'])(
  '%s is one and the same mainland number',
  (phone) => {
    const world = worldAt({ now: NOON });
    expect(sendSms(world, new Map(Object.entries({ ...base, PhoneNumbers: phone }))).code).toBe('OK');
    expect(world.witness.byPhone(13900000001)).toHaveLength(1);
  },
);

test('a variable that the template does not have is ignored', () => {
  expect(codeOf({ TemplateParam: '{"name":"王","other":"x"}' }).code).toBe('OK');
});

test('one extension code cannot serve two signatures', () => {
  const world = worldAt({ now: NOON });
  const send = (SignName: string, SmsUpExtendCode: string) =>
    sendSms(world, new Map(Object.entries({ ...base, SignName, SmsUpExtendCode }))).code;
  expect([send(SIGN, '77'), send('另一签名', '77'), send('另一签名', '78')]).toEqual([
    'OK',
    'isv.EXTEND_CODE_ERROR',
    'OK',
  ]);
});

test.each([
  ['skip', 'OK', 2],
  ['refuse-call', 'isv.MOBILE_NUMBER_ILLEGAL', 0],
] as const)('with %s a call with one bad number answers %s and %i go out', (oneBadNumber, code, accepted) => {
  expect(codeOf({ PhoneNumbers: '13900000001,12,13900000002' }, { oneBadNumber })).toEqual({ code, accepted });
});

test('a drawn recipient error shows its own code only when the number is alone', () => {
  const extra = { recipientErrors: { share: 1, weights: { 'isv.CUSTOMER_REFUSED': 1 } } };
  expect(codeOf({}, extra)).toEqual({ code: 'isv.CUSTOMER_REFUSED', accepted: 0 });
  expect(codeOf({ PhoneNumbers: many(2) }, extra)).toEqual({ code: 'isv.MOBILE_NUMBER_ILLEGAL', accepted: 0 });
});

test('the balance is charged by segments and never overdrawn, not even by a call of several numbers', () => {
  const world = worldAt({ now: NOON }, { balanceMessages: 3 });
  const send = (PhoneNumbers: string) => sendSms(world, new Map(Object.entries({ ...base, PhoneNumbers }))).code;
  expect([send(many(2)), send('13900000010,13900000011'), send('13900000012'), send('13900000013')]).toEqual([
    'OK',
    'isv.AMOUNT_NOT_ENOUGH',
    'OK',
    'isv.AMOUNT_NOT_ENOUGH',
  ]);
  expect(codeOf({}, { balanceFen: 4, priceFen: 5 }).code).toBe('isv.AMOUNT_NOT_ENOUGH');
});

test.each([
  ['19:59', '2026-11-22T11:59:00Z', 'OK'],
  ['20:00', '2026-11-22T12:00:00Z', 'isv.BUSINESS_LIMIT_CONTROL'],
  ['07:59', '2026-11-21T23:59:00Z', 'isv.BUSINESS_LIMIT_CONTROL'],
  ['08:00', '2026-11-22T00:00:00Z', 'OK'],
])('promotion at %s China time answers by the hours', (_, now, code) => {
  const hours: ScenarioInput = { promotionHours: ['08:00', '20:00'] };
  expect(codeOf({ TemplateCode: 'SMS_PROMO' }, hours, Date.parse(now)).code).toBe(code);
  expect(codeOf({}, hours, Date.parse(now)).code).toBe('OK');
});

test.each<[string, Record<string, string>, string]>([
  ['101 numbers', { PhoneNumberJson: JSON.stringify(many(101).split(',')) }, 'isv.MOBILE_COUNT_OVER_LIMIT'],
  ['fewer signatures than numbers', { SignNameJson: JSON.stringify([SIGN]) }, 'isv.INVALID_PARAMETERS'],
  ['fewer variables than numbers', { TemplateParamJson: '[{"name":"王"}]' }, 'isv.INVALID_PARAMETERS'],
  [
    'no number in the list',
    { PhoneNumberJson: '[]', SignNameJson: '[]', TemplateParamJson: '[]' },
    'isv.INVALID_PARAMETERS',
  ],
  ['numbers that are not strings', { PhoneNumberJson: '[13900000001,13900000002]' }, 'isv.INVALID_JSON_PARAM'],
  ['variables that are not JSON', { TemplateParamJson: '[' }, 'isv.INVALID_JSON_PARAM'],
  ['variables as a plain text', { TemplateParamJson: '["王","李"]' }, 'isv.INVALID_JSON_PARAM'],
  ['an out id of 256 characters', { OutId: 'x'.repeat(256) }, 'isv.INVALID_PARAMETERS'],
  [
    'a variable missing for the second only',
    { TemplateParamJson: '[{"name":"王"},{}]' },
    'isv.TEMPLATE_MISSING_PARAMETERS',
  ],
])('a batch with %s is refused whole', (_, fields, code) => {
  const world = worldAt({ now: NOON });
  const whole = {
    PhoneNumberJson: '["13900000001","13900000002"]',
    SignNameJson: JSON.stringify([SIGN, SIGN]),
    TemplateParamJson: '[{"name":"王"},{"name":"李"}]',
    TemplateCode: 'SMS_NOTICE',
  };
  expect(sendBatchSms(world, new Map(Object.entries({ ...whole, ...fields }))).code).toBe(code);
  expect(world.ledger.size).toBe(0);
  expect(sendBatchSms(world, new Map(Object.entries(whole))).code).toBe('OK');
});
