import { chinaTime } from './china-time.ts';
import { answer, missing, type ApiAnswer } from './codes.ts';
import { delayFor, draw } from './draw.ts';
import { firstMissing, wholeNumber } from './query.ts';
import { TEMPLATE_TYPES, type Signature, type Template } from './scenario.ts';
import type { World } from './world.ts';

type Fields = ReadonlyMap<string, string>;

/** Kinds as `CreateSmsTemplate` numbers them; `QuerySmsTemplateList` numbers them otherwise. */
const KINDS = Object.keys(TEMPLATE_TYPES) as (keyof typeof TEMPLATE_TYPES)[];
const LIST_KINDS = { notice: 0, promotion: 1, code: 2, international: 6 } as const;
const FIRST_CODE = 100_000_001;

/** `CreateSmsTemplate`: files the text for review and gives it its code. */
export function createSmsTemplate(world: World, fields: Fields): ApiAnswer {
  const absent = firstMissing(fields, ['TemplateName', 'TemplateContent', 'TemplateType']);
  if (absent !== undefined) return missing(absent);
  const [name = '', content = ''] = ['TemplateName', 'TemplateContent'].map((field) => fields.get(field));
  const type = KINDS[wholeNumber(fields.get('TemplateType'), 0, 3) ?? -1];
  const variables = Array.from(content.matchAll(/\$\{([^}]+)\}/g), (match) => match[1] ?? '');
  if (type === undefined || name.length > 30 || content.length > 500 || /[【】]/.test(content))
    return answer('isv.INVALID_PARAMETERS');
  if (!ruled(variables, fields.get('TemplateRule'))) return answer('isv.TEMPLATE_PARAMS_ILLEGAL');
  const sign = world.registry.signature(fields.get('RelatedSignName') ?? '');
  if (type !== 'international' && sign === undefined) return answer('isv.SMS_SIGNATURE_ILLEGAL');
  if (type !== 'international' && sign?.state !== 1) return answer('isv.SIGN_STATE_ILLEGAL');
  const { templates } = world.registry.list();
  // Codes that a scenario or a hand has given are left alone.
  const code = `SMS_${Math.max(FIRST_CODE - 1, ...templates.map((each) => Number(/^SMS_(\d+)$/.exec(each.code)?.[1] ?? 0))) + 1}`;
  world.registry.putTemplate({ code, name, content, type, state: 0, ...review(world, 'template', code) });
  world.saveRegistry();
  return answer('OK', { TemplateCode: code, TemplateName: name, OrderId: orderOf(world) });
}

/** `CreateSmsSign`: files the name for review. The name must not hold 测试, brackets or spaces. */
export function createSmsSign(world: World, fields: Fields): ApiAnswer {
  const absent = firstMissing(fields, ['SignName', 'SignSource']);
  if (absent !== undefined) return missing(absent);
  const name = fields.get('SignName') ?? '';
  const length = Array.from(name).length;
  if (length < 2 || length > 12 || /[【】()[\]（）\s]|测试|test/i.test(name)) return answer('isv.SMS_SIGN_ILLEGAL');
  const known = world.registry.signature(name);
  if (known && known.state !== 2) return answer('isv.SIGN_NAME_ILLEGAL');
  world.registry.putSignature({ name, state: 0, ...review(world, 'signature', name) });
  world.saveRegistry();
  return answer('OK', { SignName: name, OrderId: orderOf(world) });
}

/** `QuerySmsTemplateList`: newest first; states are words here, one of them misspelt as in the real service. */
export function querySmsTemplateList(world: World, fields: Fields): ApiAnswer {
  const { templates } = world.registry.list();
  return paged(fields, templates.toReversed(), 'SmsTemplateList', (template) => ({
    TemplateCode: template.code,
    TemplateName: template.name,
    TemplateContent: template.content,
    TemplateType: LIST_KINDS[template.type],
    OuterTemplateType: TEMPLATE_TYPES[template.type],
    ...listed(template, world.bornAt, 'AUDIT_SATE_CANCEL'),
  }));
}

/** `QuerySmsSignList`: newest first. */
export function querySmsSignList(world: World, fields: Fields): ApiAnswer {
  const { signatures } = world.registry.list();
  return paged(fields, signatures.toReversed(), 'SmsSignList', (signature) => ({
    SignName: signature.name,
    BusinessType: '通用',
    ...listed(signature, world.bornAt, 'AUDIT_STATE_CANCEL'),
  }));
}

function paged<Entry>(fields: Fields, all: readonly Entry[], name: string, show: (entry: Entry) => unknown): ApiAnswer {
  const page = wholeNumber(fields.get('PageIndex') ?? '1', 1, 1_000_000);
  const size = wholeNumber(fields.get('PageSize') ?? '10', 1, 50);
  if (page === null || size === null) return answer('isv.INVALID_PARAMETERS');
  const shown = all.slice((page - 1) * size, page * size);
  return answer('OK', { [name]: shown.map(show), TotalCount: all.length, CurrentPage: page, PageSize: size });
}

const listed = ({ state, appliedAt, decidedAt, reason }: Template | Signature, bornAt: number, cancelled: string) => ({
  AuditStatus: { 0: 'AUDIT_STATE_INIT', 1: 'AUDIT_STATE_PASS', 2: 'AUDIT_STATE_NOT_PASS', 10: cancelled }[state],
  CreateDate: chinaTime(appliedAt ?? bornAt),
  Reason: state === 2 ? { RejectDate: chinaTime(decidedAt ?? bornAt), RejectInfo: reason ?? '审核未通过' } : {},
});

/** When the reviewers decide, and how: drawn from the scenario by the name of what is reviewed. */
function review({ scenario: { seed, review: rules }, now }: World, kind: string, key: string) {
  const at = now();
  const refused = draw(seed, 'review', kind, key) < rules.refusals.share;
  return {
    appliedAt: at,
    decidedAt: at + delayFor(rules.delayMs, draw(seed, 'review-delay', kind, key)),
    verdict: refused ? (2 as const) : (1 as const),
    ...(refused && { reason: rules.refusals.reason }),
  };
}

/** Each variable needs its rule, as the service asks for it. */
function ruled(variables: readonly string[], rule: string | undefined): boolean {
  if (variables.length === 0) return true;
  try {
    const rules = JSON.parse(rule ?? '') as Record<string, unknown>;
    return variables.every((name) => typeof rules[name] === 'string');
  } catch {
    return false;
  }
}

const orderOf = ({ now }: World): string => String(now());
