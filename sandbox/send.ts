import { answer, messageOf, missing, type ApiAnswer } from './codes.ts';
import { flowControlFor, promotionAllowed } from './flow-control.ts';
import { recipientError } from './fate.ts';
import { parsePhone } from './phone.ts';
import { renderTemplate, segmentsOf, type CompiledTemplate } from './registry.ts';
import type { World } from './world.ts';

/** A recipient as the caller wrote it. */
interface Recipient {
  phone: string;
  signName: string;
  param: string;
  extendCode: string;
}

type Refusal = { code: string; message?: string };
type Checked = { phone: number; signName: string; param: string; segments: number };
type Fields = ReadonlyMap<string, string>;

/** `SendSms`: one signature and one set of variables for up to 1,000 numbers. */
export function sendSms(world: World, fields: Fields): ApiAnswer {
  for (const field of ['PhoneNumbers', 'SignName', 'TemplateCode']) if (!fields.get(field)) return missing(field);
  const signName = fields.get('SignName') ?? '';
  const param = fields.get('TemplateParam') ?? '';
  const extendCode = fields.get('SmsUpExtendCode') ?? '';
  const phones = (fields.get('PhoneNumbers') ?? '').split(',');
  if (phones.length > 1000) return answer('isv.MOBILE_COUNT_OVER_LIMIT');
  return submit(
    world,
    fields,
    phones.map((phone) => ({ phone, signName, param, extendCode })),
  );
}

/** `SendBatchSms`: up to 100 numbers, each with its own signature and variables, one template. */
export function sendBatchSms(world: World, fields: Fields): ApiAnswer {
  for (const field of ['PhoneNumberJson', 'SignNameJson', 'TemplateCode'])
    if (!fields.get(field)) return missing(field);
  const phones = stringArray(fields.get('PhoneNumberJson'));
  const signNames = stringArray(fields.get('SignNameJson'));
  const params = paramArray(fields.get('TemplateParamJson'), phones?.length ?? 0);
  const extendCodes = fields.has('SmsUpExtendCodeJson') ? stringArray(fields.get('SmsUpExtendCodeJson')) : [];
  if (!phones || !signNames || !params || !extendCodes) return answer('isv.INVALID_JSON_PARAM');
  if (phones.length > 100) return answer('isv.MOBILE_COUNT_OVER_LIMIT');
  const aligned = phones.length > 0 && signNames.length === phones.length && params.length === phones.length;
  if (!aligned || (fields.get('OutId') ?? '').length >= 256) return answer('isv.INVALID_PARAMETERS');
  return submit(
    world,
    fields,
    phones.map((phone, index) => ({
      phone,
      signName: signNames[index] ?? '',
      param: params[index] ?? '',
      extendCode: extendCodes[index] ?? '',
    })),
  );
}

function submit(world: World, fields: Fields, recipients: readonly Recipient[]): ApiAnswer {
  const { scenario, registry, carrier } = world;
  const now = world.now();
  const template = registry.template(fields.get('TemplateCode') ?? '');
  if (template?.state !== 1) return answer('isv.SMS_TEMPLATE_ILLEGAL');
  if (template.type === 'promotion' && !promotionAllowed(scenario, now)) {
    return { ...answer(scenario.promotionHoursCode), message: '营销短信禁止在当前时段发送' };
  }
  const skipBad = scenario.oneBadNumber === 'skip';
  const messages: Checked[] = [];
  let firstBad: string | null = null;
  const seen = recipients.length > 1 ? new Map<number, number>() : null;
  for (const recipient of recipients) {
    const phone = parsePhone(recipient.phone, template.type === 'international');
    const bad = phone === null ? 'isv.MOBILE_NUMBER_ILLEGAL' : recipientError(scenario, phone);
    if (phone === null || bad !== null) {
      firstBad ??= bad ?? 'isv.MOBILE_NUMBER_ILLEGAL';
      if (skipBad) continue;
      // Among several numbers nobody says which one is bad, nor why: the caller has to isolate it.
      return answer(recipients.length > 1 ? 'isv.MOBILE_NUMBER_ILLEGAL' : firstBad);
    }
    const inThisCall = seen?.get(phone) ?? 0;
    seen?.set(phone, inThisCall + 1);
    const checked = check(world, recipient, phone, template, inThisCall, now);
    if ('code' in checked) {
      return { ...answer(checked.code), message: checked.message ?? messageOf(checked.code) };
    }
    messages.push(checked);
  }
  if (messages.length === 0) return answer(firstBad ?? 'isv.MOBILE_NUMBER_ILLEGAL');
  const total = messages.reduce((sum, { segments }) => sum + segments, carrier.billedSegments());
  const tooDear = scenario.balanceFen !== null && total * scenario.priceFen > scenario.balanceFen;
  if (tooDear || (scenario.balanceMessages !== null && total > scenario.balanceMessages)) {
    return answer('isv.AMOUNT_NOT_ENOUGH');
  }
  const text = { code: template.code, parts: template.parts, isCode: template.type === 'code' };
  const { bizId, ready } = carrier.accept({ outId: fields.get('OutId') ?? '', text, messages });
  return { ...answer('OK', { BizId: bizId }), ...(ready && { ready }) };
}

function check(
  { scenario, registry, carrier, ledger }: World,
  { signName, param, extendCode }: Recipient,
  phone: number,
  template: CompiledTemplate,
  inThisCall: number,
  now: number,
): Checked | Refusal {
  const signature = registry.signature(signName);
  if (!signature) return { code: 'isv.SMS_SIGNATURE_ILLEGAL' };
  if (signature.state !== 1) return { code: 'isv.SIGN_STATE_ILLEGAL' };
  const values = stringValues(param);
  if (values === null) return { code: 'isv.INVALID_JSON_PARAM' };
  for (const variable of template.variables) {
    const value = values[variable];
    if (!value) return { code: 'isv.TEMPLATE_MISSING_PARAMETERS', message: `模版缺少变量:${variable}` };
    if (/https?:\/\/|www\./i.test(value)) return { code: 'isv.PARAM_NOT_SUPPORT_URL' };
    if (value.length > (scenario.maxVariableLength ?? Infinity)) return { code: 'isv.PARAM_LENGTH_LIMIT' };
  }
  const text = renderTemplate(template.parts, values);
  if (signName.length + 2 + text.length > 500) return { code: 'isv.PARAM_LENGTH_LIMIT' };
  if (extendCode && !carrier.claimExtendCode(extendCode, signName)) return { code: 'isv.EXTEND_CODE_ERROR' };
  const limit = flowControlFor(scenario, ledger, { phone, signName, template, inThisCall }, now);
  if (limit !== null) return { code: 'isv.BUSINESS_LIMIT_CONTROL', message: limit };
  return { phone, signName, param, segments: segmentsOf(signName, text) };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** The variables, or null when the text is not a JSON object of strings. */
function stringValues(param: string): Record<string, string> | null {
  if (param === '') return {};
  const value = parseJson(param);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.values(value).every((item) => typeof item === 'string') ? (value as Record<string, string>) : null;
}

function stringArray(text: string | undefined): string[] | null {
  const value = parseJson(text);
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : null;
}

/** One TemplateParam text per number; a template without variables may come without the field. */
function paramArray(text: string | undefined, count: number): string[] | null {
  if (text === undefined || text === '') return Array.from({ length: count }, () => '');
  const value = parseJson(text);
  return Array.isArray(value) ? value.map((item) => JSON.stringify(item)) : null;
}
