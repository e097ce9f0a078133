import { chinaDay, chinaTime, startOfChinaDay } from './china-time.ts';
import { answer, missing, type ApiAnswer } from './codes.ts';
import { bizIdOf } from './ledger.ts';
import { parsePhone } from './phone.ts';
import { TEMPLATE_TYPES, type Signature, type Template } from './scenario.ts';
import type { World } from './world.ts';

type Fields = ReadonlyMap<string, string>;
const DAY = 86_400_000;

export const firstMissing = (fields: Fields, names: readonly string[]) => names.find((name) => !fields.get(name));

export function wholeNumber(text: string | undefined, min: number, max: number): number | null {
  const value = Number(text);
  return Number.isInteger(value) && value >= min && value <= max ? value : null;
}

/** `QuerySendDetails`: what became of one number's messages on one China day, newest first. */
export function querySendDetails({ ledger, scenario, now }: World, fields: Fields): ApiAnswer {
  const absent = firstMissing(fields, ['PhoneNumber', 'SendDate', 'PageSize', 'CurrentPage']);
  if (absent !== undefined) return missing(absent);
  const text = fields.get('PhoneNumber') ?? '';
  const phone = parsePhone(text, false) ?? parsePhone(text, true);
  if (phone === null) return answer('isv.MOBILE_NUMBER_ILLEGAL');
  const day = fields.get('SendDate') ?? '';
  const from = startOfChinaDay(day);
  const pageSize = wholeNumber(fields.get('PageSize'), 1, 50);
  const page = wholeNumber(fields.get('CurrentPage'), 1, 1_000_000);
  const at = now();
  const oldest = (startOfChinaDay(chinaDay(at)) ?? 0) - 30 * DAY;
  if (from === null || pageSize === null || page === null || from < oldest) return answer('isv.INVALID_PARAMETERS');
  const bizId = fields.get('BizId');
  const rows: number[] = [];
  ledger.visitPhone(phone, (row) => {
    const acceptedAt = ledger.acceptedAt(row);
    if (acceptedAt < from) return true;
    // The details service trails the gateway; a message is not there at once.
    if (acceptedAt < from + DAY && acceptedAt + scenario.queryLagMs <= at) rows.push(row);
    return false;
  });
  const found = rows.map((index) => ledger.row(index)).filter((row) => !bizId || bizIdOf(row.call) === bizId);
  const details = found.slice((page - 1) * pageSize, page * pageSize).map((row) => {
    const reported = row.reportAt <= at;
    return {
      PhoneNum: String(row.phone),
      SendDate: chinaTime(row.acceptedAt),
      SendStatus: reported ? (row.delivered ? 3 : 2) : 1,
      ReceiveDate: reported ? chinaTime(row.reportAt) : undefined,
      ErrCode: reported ? row.errCode : undefined,
      TemplateCode: ledger.texts[row.text]?.code ?? '',
      Content: ledger.rendered(row),
      OutId: row.outId,
    };
  });
  return answer('OK', { TotalCount: String(found.length), SmsSendDetailDTOs: { SmsSendDetailDTO: details } });
}

interface DayCount {
  TotalCount: number;
  RespondedSuccessCount: number;
  RespondedFailCount: number;
  NoRespondedCount: number;
  SendDate: string;
}

/** `QuerySendStatistics`: billable segments and messages by outcome, a row per China day with any message. */
export function querySendStatistics({ ledger, registry, now }: World, fields: Fields): ApiAnswer {
  const absent = firstMissing(fields, ['IsGlobe', 'StartDate', 'EndDate', 'PageIndex', 'PageSize']);
  if (absent !== undefined) return missing(absent);
  const from = startOfChinaDay(fields.get('StartDate') ?? '');
  const to = startOfChinaDay(fields.get('EndDate') ?? '');
  const pageSize = wholeNumber(fields.get('PageSize'), 1, 50);
  const page = wholeNumber(fields.get('PageIndex'), 1, 1_000_000);
  const globe = wholeNumber(fields.get('IsGlobe'), 1, 2);
  if (from === null || to === null || pageSize === null || page === null || globe === null) {
    return answer('isv.INVALID_PARAMETERS');
  }
  const templateType = fields.get('TemplateType');
  const signName = fields.get('SignName');
  const at = now();
  const days = new Map<string, DayCount>();
  for (let index = 0; index < ledger.size; index++) {
    const acceptedAt = ledger.acceptedAt(index);
    if (acceptedAt < from || acceptedAt >= to + DAY) continue;
    const row = ledger.row(index);
    const type = TEMPLATE_TYPES[registry.template(ledger.texts[row.text]?.code ?? '')?.type ?? 'notice'];
    if ((type === TEMPLATE_TYPES.international) !== (globe === 2)) continue;
    if (templateType && String(type) !== templateType) continue;
    if (signName && ledger.signs[row.sign] !== signName) continue;
    const SendDate = chinaDay(acceptedAt);
    const empty = { TotalCount: 0, RespondedSuccessCount: 0, RespondedFailCount: 0, NoRespondedCount: 0, SendDate };
    const count = days.get(SendDate) ?? empty;
    days.set(SendDate, count);
    if (row.reportAt > at) count.NoRespondedCount++;
    else if (row.delivered) {
      count.RespondedSuccessCount++;
      count.TotalCount += row.segments;
    } else count.RespondedFailCount++;
  }
  const all = [...days.values()];
  const TargetList = all.slice((page - 1) * pageSize, page * pageSize);
  return answer('OK', { Data: { TotalSize: all.length, TargetList } });
}

/** `GetSmsTemplate`: the status is a string here, as in the real service. */
export function getSmsTemplate({ registry, bornAt }: World, fields: Fields): ApiAnswer {
  const code = fields.get('TemplateCode');
  if (!code) return missing('TemplateCode');
  const template = registry.template(code);
  if (!template) return answer('isv.SMS_TEMPLATE_ILLEGAL');
  return answer('OK', {
    TemplateCode: template.code,
    TemplateName: template.name,
    TemplateContent: template.content,
    TemplateType: String(TEMPLATE_TYPES[template.type]),
    TemplateStatus: String(template.state),
    CreateDate: chinaTime(template.appliedAt ?? bornAt),
    AuditInfo: auditInfo(template, bornAt),
    VariableAttribute: JSON.stringify(Object.fromEntries(template.variables.map((name) => [name, 'other_number2']))),
  });
}

/** `GetSmsSign`: the status is a number here; registered with every carrier once it has passed. */
export function getSmsSign({ registry, bornAt }: World, fields: Fields): ApiAnswer {
  const name = fields.get('SignName');
  if (!name) return missing('SignName');
  const signature = registry.signature(name);
  if (!signature) return answer('isv.SMS_SIGNATURE_ILLEGAL');
  const passed = signature.state === 1;
  return answer('OK', {
    SignName: name,
    SignStatus: signature.state,
    CreateDate: chinaTime(signature.appliedAt ?? bornAt),
    AuditInfo: auditInfo(signature, bornAt),
    SignIspRegisterDetailList: ['mobile', 'unicom', 'telecom'].map((OperatorCode) => ({
      OperatorCode,
      RegisterStatus: passed ? 3 : -2,
      RegisterStatusReasons: passed ? [] : [{ ReasonCode: 'NON_REGISTER', ReasonDescList: [] }],
    })),
  });
}

const auditInfo = ({ state, decidedAt, reason }: Template | Signature, bornAt: number) =>
  state === 0
    ? {}
    : { AuditDate: chinaTime(decidedAt ?? bornAt), ...(state === 2 && { RejectInfo: reason ?? '审核未通过' }) };
