import type { RecipientFault, RefusalClass } from '../submit-outcome.rule.ts';

export type Wording = { zh: string; en: string };

type Listed =
  | { class: Exclude<RefusalClass, 'recipient'> | 'unknown'; meaning: Wording }
  | { class: 'recipient'; fault: RecipientFault; meaning: Wording };

type Row = readonly [code: string, zh: string, en: string];

// Codes: https://help.aliyun.com/document_detail/101346.html. The classes are our reading of the documented causes.
// Codes that begin with `client.` are ours: the gateway gave no code.

const retry: readonly Row[] = [
  ['Throttling', '请求过快，被网关限流，未发送', 'Too many calls: refused by the gateway, not sent.'],
  [
    'Throttling.User',
    '账号请求过快，被网关限流，未发送',
    'Too many calls of this account: refused by the gateway, not sent.',
  ],
  ['client.not-connected', '无法连接短信网关，未发送', 'The SMS gateway could not be reached; nothing was sent.'],
];

const unknown: readonly Row[] = [
  ['isp.SYSTEM_ERROR', '短信平台系统错误', 'System error of the SMS platform.'],
  ['isp.GATEWAY_ERROR', '短信平台网关错误', 'Gateway error of the SMS platform.'],
  ['InternalError', '网关内部错误', 'Internal error of the gateway.'],
  ['ServiceUnavailable', '网关暂不可用', 'The gateway is unavailable for now.'],
  // Our nonces are 122 random bits, so this says that a copy of this very request arrived before: that one may be sent.
  [
    'SignatureNonceUsed',
    '请求被重复投递，先到的一份可能已发送',
    'The request arrived twice; the first copy may have been sent.',
  ],
  ['client.timeout', '网关未在时限内应答', 'The gateway did not answer in time.'],
  ['client.reset', '连接中断，未收到应答', 'The connection broke before the answer.'],
  ['client.unreadable-answer', '网关的应答无法解读', 'The answer of the gateway cannot be read.'],
  ['client.no-biz-id', '网关已受理但未返回回执编号', 'Accepted, but without the id that receipts refer to.'],
  [
    'database.restored',
    '数据库恢复自备份，此人在丢失的时段内可能已收到短信',
    'The database was restored from a copy; in the time that is lost this person may have been written to.',
  ],
  ['client.unexpected', '调用网关时发生意外错误', 'An unexpected fault while calling the gateway.'],
];

const defer: readonly Row[] = [
  ['isv.BUSINESS_LIMIT_CONTROL', '此号码已达发送频率上限', 'This number has reached its frequency limit.'],
];

const badNumber: readonly Row[] = [
  ['isv.MOBILE_NUMBER_ILLEGAL', '手机号码无效', 'Not a valid mobile number.'],
  ['INVALID_NUMBER', '运营商报告为空号', 'The carrier knows no such number.'],
];

const optedOut: readonly Row[] = [['isv.CUSTOMER_REFUSED', '客户已退订', 'The customer has unsubscribed.']];

// A receipt's code; nothing says that the submit itself is never answered with it.
const blacklisted: readonly Row[] = [
  ['MOBILE_IN_BLACK', '号码在短信平台黑名单中', 'The number is on the platform’s black list.'],
  ['isv.MOBILE_IN_BLACK', '号码在短信平台黑名单中', 'The number is on the platform’s black list.'],
];

const badData: readonly Row[] = [
  ['isv.DOMESTIC_NUMBER_NOT_SUPPORTED', '国际短信模板不支持境内号码', 'This template does not serve mainland numbers.'],
  ['client.phone', '号码不是可发送短信的格式', 'The number has a form that cannot receive SMS.'],
  ['isv.TEMPLATE_MISSING_PARAMETERS', '缺少模板变量', 'A template variable is missing.'],
  [
    'isv.TEMPLATE_PARAMS_ILLEGAL',
    '变量值不符合其类型，或含禁止内容',
    'A value does not fit its variable, or is banned.',
  ],
  ['isv.PARAM_LENGTH_LIMIT', '变量值过长', 'A value is too long.'],
  ['isv.PARAM_NOT_SUPPORT_URL', '变量中不允许链接', 'No link is allowed in a variable.'],
  ['isv.INVALID_JSON_PARAM', '变量格式错误，只接受字符串', 'Variables are malformed: values must be strings.'],
  [
    'isv.BLACK_KEY_CONTROL_LIMIT',
    '变量含违禁词，或号码在平台黑名单',
    'A banned word in a value, or a blacklisted number.',
  ],
  ['isv.UNSUPPORTED_CONTENT', '内容含不支持的字符', 'The text has unsupported characters.'],
];

const campaign: readonly Row[] = [
  ['isv.SMS_SIGNATURE_ILLEGAL', '短信签名不存在或未通过审核', 'The signature does not exist or has not passed review.'],
  ['isv.SMS_SIGN_ILLEGAL', '短信签名不合法', 'The signature is not allowed.'],
  ['isv.SIGN_STATE_ILLEGAL', '短信签名状态不可用', 'The signature is in a state that forbids sending.'],
  ['isv.SMS_SIGNATURE_SCENE_ILLEGAL', '签名与模板的场景不符', 'Signature and template are for different scenes.'],
  ['isv.SMS_TEMPLATE_ILLEGAL', '短信模板不存在或未通过审核', 'The template does not exist or has not passed review.'],
  ['isv.SMS_CONTENT_ILLEGAL', '短信内容含违禁内容', 'The text has banned content.'],
  [
    'isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE',
    '短信内容与模板类型不符',
    'The text does not fit the type of its template.',
  ],
  ['isv.EXTEND_CODE_ERROR', '扩展码错误：同一扩展码用于不同签名', 'One extension code is used with two signatures.'],
  ['isv.INVALID_PARAMETERS', '请求参数错误', 'The request has a wrong parameter.'],
  ['isv.MOBILE_COUNT_OVER_LIMIT', '单次号码数超限（程序错误）', 'Too many numbers in one call: a bug of ours.'],
];

const account: readonly Row[] = [
  ['isv.AMOUNT_NOT_ENOUGH', '账户余额不足', 'The balance is too low.'],
  ['isv.OUT_OF_SERVICE', '业务已停机', 'The service is suspended.'],
  ['isv.PRODUCT_UN_SUBSCRIPT', '未开通短信服务', 'The SMS product is not activated.'],
  ['isv.PRODUCT_UNSUBSCRIBE', '短信产品未订购', 'The SMS product is not subscribed.'],
  ['isv.ACCOUNT_NOT_EXISTS', '账户不存在', 'The account does not exist.'],
  ['isv.ACCOUNT_ABNORMAL', '账户异常', 'The account is in an abnormal state.'],
  ['isp.RAM_PERMISSION_DENY', '访问账号没有短信权限', 'The RAM user lacks the permission for SMS.'],
  ['isv.DENY_IP_RANGE', '服务器出口地址不在允许范围', 'Calls from this address are not allowed.'],
  ['SignatureDoesNotMatch', '请求签名错误：密钥不匹配', 'Wrong request signature: the secret does not match.'],
  ['InvalidAccessKeyId.NotFound', '访问密钥不存在', 'The access key does not exist.'],
  [
    'InvalidTimeStamp.Expired',
    '服务器时钟偏差超过十五分钟',
    'The clock of this machine is off by more than 15 minutes.',
  ],
  ['isv.DAY_LIMIT_CONTROL', '已达账户当日发送上限', 'The daily limit of the account is reached.'],
  ['isv.MONTH_LIMIT_CONTROL', '已达账户当月发送上限', 'The monthly limit of the account is reached.'],
  ['client.no-credentials', '没有可用的访问密钥', 'No credentials could be found.'],
];

const plain = (rows: readonly Row[], cls: Exclude<RefusalClass, 'recipient'> | 'unknown'): [string, Listed][] =>
  rows.map(([code, zh, en]) => [code, { class: cls, meaning: { zh, en } }]);

const personal = (rows: readonly Row[], fault: RecipientFault): [string, Listed][] =>
  rows.map(([code, zh, en]) => [code, { class: 'recipient', fault, meaning: { zh, en } }]);

export const errorTable: ReadonlyMap<string, Listed> = new Map([
  ...plain(retry, 'retry'),
  ...plain(unknown, 'unknown'),
  ...plain(defer, 'defer'),
  ...personal(badNumber, 'number'),
  ...personal(optedOut, 'opted-out'),
  ...personal(blacklisted, 'blacklisted'),
  ...personal(badData, 'data'),
  ...plain(campaign, 'campaign'),
  ...plain(account, 'account'),
]);
