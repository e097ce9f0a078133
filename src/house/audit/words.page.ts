import { rightsOf, type Grant } from '../../kernel/permission.rule.ts';
import { actorId, detailRefs, idsIn } from './audit-detail.rule.ts';
import type { AuditNames } from './audit.command.ts';
import type { Translate } from '../../kernel/translate.ts';
import type { AuditRow } from './chain.rule.ts';
import { formatDateTime, formatNumber, formatYuan } from '../../kit/page/format.ts';

/** What somebody did: the audit's action in words. */
export const actionOf = (t: Translate, action: string): string =>
  t.has(`audit-action.${action}`) ? t(`audit-action.${action}`) : action;

type Key = (text: string) => string;
const error: Key = (text) => `error.${text}`;
const why: Key = (text) => `campaign.why.${text}`;
const reason: Key = (text) => `reason.${text}`;
const tier: Key = (text) => `tier.${text}`;
const messageKind: Key = (text) => `campaign.kind.${text}`;
const value: Key = (text) => `audit.value.${text}`;

/** Where words of a value stand, by the detail that holds it: the first that has the value. */
const catalogues: Readonly<Record<string, readonly Key[]>> = {
  kind: [(text) => `suppression-kind.${text}`, messageKind],
  kinds: [(text) => `notice.kind.${text}`],
  channels: [(text) => `contact.channel-${text}`],
  purposes: [(text) => `contact.purpose-${text}`],
  role: [(text) => `role.${text}`],
  reason: [reason],
  reasons: [reason],
  part: [(text) => `campaign.part.${text}`],
  outcomes: [(text) => `campaign.part.${text}`],
  leftOut: [(text) => `campaign.people.obstacle-${text}`],
  counts: [(text) => `message-state.${text}`],
  step: [(text) => `draft.step.${text}`],
  code: [error, why],
  stopCode: [error, why],
  action: [(text) => `audit.noun.${text}`, (text) => `audit-action.${text}`],
  objectKind: [(text) => `object-kind.${text}`],
  tier: [tier],
  tiers: [tier],
};

/** What people typed stands as they typed it, also where it reads like a code. */
const typed: ReadonlySet<string> = new Set(['name', 'label', 'unit', 'company', 'fileName', 'source', 'note']);

type Said = { t: Translate; names: AuditNames };

/** `审批人 签字：WH-20261122-0001 中秋积分提醒`. */
export function sentenceOf(said: Said, row: AuditRow): string {
  const { t } = said;
  const object = objectOf(said, row).name;
  const parts = { who: whoOf(said, row), act: actOf(t, row.action) };
  return object === null ? t('audit.sentence-alone', parts) : t('audit.sentence', { ...parts, object });
}

export function whoOf({ t, names }: Said, { actor }: Pick<AuditRow, 'actor'>): string {
  const id = actorId(actor);
  return id === null ? t('audit.system') : (names.get(`staff:${id}`)?.name ?? t('audit.somebody'));
}

/** Inside a sentence. */
export function actOf(t: Translate, action: string): string {
  const words = actionOf(t, action);
  return t.language === 'en' ? words.charAt(0).toLowerCase() + words.slice(1) : words;
}

/** Which right opens the page of a thing. */
const addresses: Readonly<Record<string, readonly [needs: string, path: string]>> = {
  customer: ['customer:read', '/customers/'],
  import: ['customer:write', '/imports/'],
  audience: ['audience:read', '/audiences/'],
  template: ['template:read', '/templates/'],
  staff: ['staff:read', '/people/'],
};

/** What the act was done to, by the name it has now; null where the act says it all. `href`: its page, for who may open it. */
export function objectOf(
  { names }: Said,
  { objectKind, objectId }: Pick<AuditRow, 'objectKind' | 'objectId'>,
  grants: readonly Grant[] = [],
): { name: string | null; href: string | null } {
  const campaign = names.get(`campaign:${objectId}`);
  if (campaign?.number && (objectKind === 'campaign' || objectKind === 'export'))
    return { name: `${campaign.number} ${campaign.name}`, href: `/campaigns/${campaign.number}` };
  const [needs, path] = addresses[objectKind] ?? [];
  const rights: ReadonlySet<string> = rightsOf(grants);
  const href = needs !== undefined && path !== undefined && rights.has(needs) ? `${path}${objectId}` : null;
  return { name: names.get(`${objectKind}:${objectId}`)?.name ?? null, href };
}

/** The details as labelled values, in the order of the row. What says nothing (null, an empty list) is left out. */
export const detailsOf = (
  said: Said,
  { action, details }: Pick<AuditRow, 'action' | 'details'>,
): { label: string; value: string }[] =>
  Object.entries(details).flatMap(([key, given]) => {
    const words = valueOf(said, key, given);
    const times = timesOf[action]?.[key];
    const label = labelOf(said.t, times ?? (key === 'to' && idsIn(given).length > 0 ? 'receivers' : key));
    return words === '' ? [] : [{ label, value: words }];
  });

// Everywhere else `from` and `to` are what was there before and what is there now.
const timesOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'notice-quiet.set': { from: 'fromAt', to: 'untilAt' },
  'audit.export': { from: 'fromAt', until: 'untilAt' },
};

export const labelOf = (t: Translate, key: string): string =>
  t.has(`audit-detail.${key}`) ? t(`audit-detail.${key}`) : key;

function valueOf(said: Said, key: string, given: unknown): string {
  const { t, names } = said;
  const separator = t('audience.words.separator');
  if (given === null || given === undefined) return '';
  if (typeof given === 'boolean') return given ? t('audit.yes') : t('audit.no');
  if (typeof given === 'number') return key.endsWith('Fen') ? formatYuan(given) : formatNumber(given);
  const ids = detailRefs[key] === undefined ? [] : idsIn(given);
  if (ids.length > 0) return ids.map((id) => nameOf(names, detailRefs[key] ?? '', id)).join(separator);
  if (Array.isArray(given))
    return given
      .map((each) => valueOf(said, key, each))
      .filter(Boolean)
      .join(separator);
  if (typeof given === 'object')
    return Object.entries(given)
      .filter(([, of]) => of !== 0)
      .map(([name, of]) => [wordOf(t, key, name) ?? labelOf(t, name), valueOf(said, name, of)])
      .filter(([, words]) => words !== '')
      .map(([label, words]) => t('audit.pair', { label: label ?? '', value: words ?? '' }))
      .join(separator);
  if (typeof given !== 'string') return '';
  if (typed.has(key)) return given;
  const text = given;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text)) return formatDateTime(new Date(text));
  return wordOf(t, key, text) ?? text;
}

/** A campaign by number and name. Of what is gone, or never had a name, the end of its id. */
function nameOf(names: AuditNames, kind: string, id: string): string {
  const known = names.get(`${kind}:${id}`);
  if (!known) return `…${id.slice(-6)}`;
  return known.number === null ? known.name : `${known.number} ${known.name}`;
}

function wordOf(t: Translate, key: string, text: string): string | null {
  if (!/^[\w.:-]+$/.test(text)) return null;
  const found = [...(catalogues[key] ?? []), value].map((keyOf) => keyOf(text)).find((each) => t.has(each));
  const field = text.replace(/^settings\./, '');
  if (found === undefined) return t.has(`audit-detail.${field}`) ? labelOf(t, field) : null;
  try {
    return t(found);
  } catch {
    // A sentence that wants what is not on record is worth less than the code.
    return null;
  }
}
