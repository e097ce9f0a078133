import type { GatewayError } from './acs3.ts';

const MESSAGES: Readonly<Record<string, string>> = {
  OK: 'OK',
  'isv.MOBILE_NUMBER_ILLEGAL': '手机号码格式错误',
  'isv.MOBILE_COUNT_OVER_LIMIT': '手机号码数量超过限制',
  'isv.BLACK_KEY_CONTROL_LIMIT': '黑名单管控',
  'isv.CUSTOMER_REFUSED': '用户已退订推广短信',
  'isv.DOMESTIC_NUMBER_NOT_SUPPORTED': '国际/港澳台消息模板不支持发送境内号码',
  'isv.TEMPLATE_MISSING_PARAMETERS': '模版缺少变量',
  'isv.TEMPLATE_PARAMS_ILLEGAL': '模版变量里包含非法关键字',
  'isv.INVALID_JSON_PARAM': '参数格式错误，请修改为字符串值',
  'isv.PARAM_LENGTH_LIMIT': '参数超出长度限制',
  'isv.PARAM_NOT_SUPPORT_URL': '变量不支持传入URL',
  'isv.SMS_SIGNATURE_ILLEGAL': '该账号下找不到对应签名',
  'isv.SIGN_STATE_ILLEGAL': '签名状态不可用',
  'isv.SMS_TEMPLATE_ILLEGAL': '该账号下找不到对应模板，或模板未审核通过',
  'isv.EXTEND_CODE_ERROR': '扩展码使用错误，相同的扩展码不可用于多个签名',
  'isv.AMOUNT_NOT_ENOUGH': '账户余额不足',
  'isv.INVALID_PARAMETERS': '参数异常',
  'isp.SYSTEM_ERROR': '系统异常',
  'Throttling.User': 'Request was denied due to user flow control.',
};

/** An answer of the API before it is put on the wire. `ready` delays it until something else has happened. */
export interface ApiAnswer {
  status: number;
  code: string;
  message: string;
  fields?: Readonly<Record<string, unknown>>;
  retryAfter?: number;
  ready?: Promise<void>;
}

/** The message that goes with a code; unknown codes get their own name. */
export const messageOf = (code: string) => MESSAGES[code] ?? code;

/** A business answer: HTTP 200, whatever the code says. */
export const answer = (code: string, fields?: Readonly<Record<string, unknown>>): ApiAnswer => ({
  status: 200,
  code,
  message: messageOf(code),
  ...(fields && { fields }),
});

/** A refusal by the API gateway in front of the service. */
export const gatewayAnswer = ({ status, code, message }: GatewayError): ApiAnswer => ({ status, code, message });

/** A required field was left out. */
export const missing = (field: string): ApiAnswer => ({
  status: 400,
  code: `Missing${field}`,
  message: `${field} is mandatory for this action.`,
});
