import { createAliyunGateway } from '../../../../src/sms/aliyun/aliyun.ts';
import { json } from './canned-server.ts';
import { describeGateway } from '../gateway-contract.ts';
import type { ContractRow, Expected } from '../gateway-contract.ts';

// 10:20:30.4 on 30 November in China: 29.6 s to the minute, 39.5 min to the hour, the last day of a month.
const NOW = '2026-11-30T02:20:30.400Z';
const TO_MINUTE = 30;
const TO_HOUR = 2_370;
const TO_MIDNIGHT = 49_170;

const ok = { Code: 'OK', Message: 'OK', RequestId: 'F655A8D5', BizId: '9006195^0' };

/** A business refusal (HTTP 200) as Alibaba words it, with the number and the variable in it. */
const refusal = (Code: string, Message = `${Code} 13800138000 赵小满`, status = 200, headers = {}) =>
  json({ Code, Message, RequestId: 'F655A8D5' }, status, headers);

const refused = (cls: Extract<Expected, { kind: 'refused' }>['class'], code: string, retryAfterSeconds?: number) => ({
  kind: 'refused' as const,
  class: cls,
  code,
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
});
const unknown = (code: string) => ({ kind: 'unknown' as const, code });

/** Refusals of one class come with HTTP 200 or with 400: both must be read alike. */
const bothWays = (cls: Extract<Expected, { kind: 'refused' }>['class'], codes: string[]): ContractRow[] =>
  codes.flatMap((code) => [
    [`${code} with HTTP 200 is of class ${cls}`, refusal(code), refused(cls, code)],
    [`${code} with HTTP 400 is of class ${cls}`, refusal(code, '赵小满', 400), refused(cls, code)],
    [`${code} with HTTP 500 may have been sent`, refusal(code, '赵小满', 500), unknown(code)],
  ]);

const throttled: ContractRow[] = ['Throttling', 'Throttling.User', 'Throttling.Api'].flatMap((code) =>
  [200, 400, 429, 503].map((status): ContractRow => [
    `${code} with HTTP ${status} is surely not sent`,
    refusal(code, 'Request was denied due to user flow control.', status),
    refused('retry', code),
  ]),
);

const retryAfter: ContractRow[] = [
  ['7', 7],
  ['0', 1],
  ['120', 120],
  ['1500', 2],
  ['900000', 120],
].map(([header, seconds]) => [
  `a throttle with x-acs-retry-after ${header} is tried again after ${seconds} s`,
  refusal('Throttling.User', 'slow down', 429, { 'x-acs-retry-after': String(header) }),
  refused('retry', 'Throttling.User', Number(seconds)),
]);

const LIMIT = 'isv.BUSINESS_LIMIT_CONTROL';
const windows: ContractRow[] = [
  ['触发分钟级流控Permits:1', TO_MINUTE],
  ['触发小时级流控Permits:5', TO_HOUR],
  ['触发天级流控Permits:10', 86_400],
  ['触发号码天级流控Permits:40', 86_400],
  ['words nobody has seen yet', TO_HOUR],
  ['', TO_HOUR],
].map(([text, seconds]) => [
  `a number's limit told as ${JSON.stringify(text)} lifts after ${seconds} s`,
  refusal(LIMIT, String(text)),
  refused('defer', LIMIT, Number(seconds)),
]);

const unclear: ContractRow[] = [
  ...['isp.SYSTEM_ERROR', 'isp.GATEWAY_ERROR', 'InternalError', 'ServiceUnavailable', 'SignatureNonceUsed'].flatMap(
    (code) =>
      [200, 400, 500, 503].map((status): ContractRow => [
        `${code} with HTTP ${status} may have been sent`,
        refusal(code, '13800138000', status),
        unknown(code),
      ]),
  ),
  ['an isp code of tomorrow may have been sent', refusal('isp.NEW_FAULT'), unknown('isp.NEW_FAULT')],
  ['a code of no known family may have been sent', refusal('Tomorrow.Fault', '', 400), unknown('Tomorrow.Fault')],
  ['a web page with HTTP 200 may have been sent', { body: '<html>赵小满</html>' }, unknown('client.unreadable-answer')],
  ['a web page with HTTP 403 may have been sent', { status: 403, body: '<html>' }, unknown('client.unreadable-answer')],
  ['a web page with HTTP 502 may have been sent', { status: 502, body: '<html>' }, unknown('client.unreadable-answer')],
  ['an empty answer may have been sent', { body: '' }, unknown('client.unreadable-answer')],
  ['half an answer may have been sent', { body: '{"Code":"OK","BizId":' }, unknown('client.unreadable-answer')],
  ['the JSON null may have been sent', { body: 'null' }, { kind: 'unknown' }],
  ['the JSON null with HTTP 500 may have been sent', { status: 500, body: 'null' }, { kind: 'unknown' }],
  ['a JSON list may have been sent', { body: '[]' }, { kind: 'unknown' }],
  ['an answer without a code may have been sent', json({ Message: 'fine' }), unknown('client.unreadable-answer')],
  ['an error without a code may have been sent', json({ Message: 'x' }, 400), unknown('client.unreadable-answer')],
  ['a code that is a number may have been sent', json({ Code: 0 }), unknown('client.unreadable-answer')],
  ['a code that carries the number is not repeated', refusal('isv.13800138000'), unknown('client.unreadable-answer')],
  ['OK with HTTP 500 may have been sent', json(ok, 500), unknown('client.unreadable-answer')],
  ['OK without an id may have been sent', json({ Code: 'OK', Message: 'OK' }), unknown('client.no-biz-id')],
  ['a connection reset after the request was read may have sent', 'reset', unknown('client.reset')],
  ['no answer before the time-out may have been sent', 'silence', unknown('client.timeout')],
];

describeGateway({
  name: 'aliyun',
  create: (endpoint) =>
    createAliyunGateway(
      {
        endpoint,
        protocol: 'http',
        credentials: { accessKeyId: 'test-id', accessKeySecret: 'test-secret' },
        timeoutMs: 1_000,
      },
      () => new Date(NOW),
    ),
  accepted: json(ok),
  rows: [
    ['OK is accepted under the id of the call', json(ok), { kind: 'accepted', bizId: '9006195^0' }],
    ...throttled,
    ...retryAfter,
    ...windows,
    ...bothWays('recipient', [
      'isv.MOBILE_NUMBER_ILLEGAL',
      'isv.CUSTOMER_REFUSED',
      'isv.DOMESTIC_NUMBER_NOT_SUPPORTED',
      'isv.TEMPLATE_MISSING_PARAMETERS',
      'isv.TEMPLATE_PARAMS_ILLEGAL',
      'isv.PARAM_LENGTH_LIMIT',
      'isv.PARAM_NOT_SUPPORT_URL',
      'isv.INVALID_JSON_PARAM',
      'isv.BLACK_KEY_CONTROL_LIMIT',
      'isv.UNSUPPORTED_CONTENT',
      'isv.A_CODE_OF_TOMORROW',
    ]),
    ...bothWays('campaign', [
      'isv.SMS_SIGNATURE_ILLEGAL',
      'isv.SMS_SIGN_ILLEGAL',
      'isv.SIGN_STATE_ILLEGAL',
      'isv.SMS_SIGNATURE_SCENE_ILLEGAL',
      'isv.SMS_TEMPLATE_ILLEGAL',
      'isv.SMS_CONTENT_ILLEGAL',
      'isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE',
      'isv.EXTEND_CODE_ERROR',
      'isv.INVALID_PARAMETERS',
      'isv.MOBILE_COUNT_OVER_LIMIT',
    ]),
    ...bothWays('account', [
      'isv.AMOUNT_NOT_ENOUGH',
      'isv.OUT_OF_SERVICE',
      'isv.PRODUCT_UN_SUBSCRIPT',
      'isv.PRODUCT_UNSUBSCRIBE',
      'isv.ACCOUNT_NOT_EXISTS',
      'isv.ACCOUNT_ABNORMAL',
      'isp.RAM_PERMISSION_DENY',
      'isv.DENY_IP_RANGE',
      'SignatureDoesNotMatch',
      'InvalidAccessKeyId.NotFound',
      'InvalidAccessKeyId.Inactive',
      'InvalidSecurityToken.Expired',
      'InvalidTimeStamp.Expired',
      'Forbidden.RAM',
      'NoPermission',
    ]),
    [
      'the daily limit of the account lifts at midnight in China',
      refusal('isv.DAY_LIMIT_CONTROL'),
      refused('account', 'isv.DAY_LIMIT_CONTROL', TO_MIDNIGHT),
    ],
    [
      'the monthly limit of the account lifts with the month in China',
      refusal('isv.MONTH_LIMIT_CONTROL'),
      refused('account', 'isv.MONTH_LIMIT_CONTROL', TO_MIDNIGHT),
    ],
    ...unclear,
  ],
});
