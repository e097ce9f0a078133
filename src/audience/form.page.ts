import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { addDays, isChinaDate } from '../kernel/working-day.rule.ts';
import type { AudienceFilter } from './filter.db.ts';
import { tiers } from '../customer/customer.db.ts';
import type { Translate } from '../kernel/translate.ts';

/** A field that a form may repeat. */
export const several = (max: number, longest = 1_000) =>
  z.preprocess(
    (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
    z.array(z.string().max(longest)).max(max),
  );
const text = (max: number) => z.string().max(max).default('');

export const operators = ['eq', 'in', 'gte', 'lte'] as const;
export const attributeRows = 4;

/** The form as it was typed; every field is there, so that a page can show it again. */
export const FilterForm = z.object({
  name: text(200),
  tiers: several(8),
  topic: text(64),
  consent: text(20),
  registeredFrom: text(20),
  registeredTo: text(20),
  attributeName: several(20),
  attributeOperator: several(20),
  attributeValue: several(20),
});
export type FilterForm = z.infer<typeof FilterForm>;
export const emptyForm = (): FilterForm => FilterForm.parse({});

type Fault = { field: string; code: string; message: string };
type Conditions = NonNullable<AudienceFilter['attributes']>;

/** Throws `audience.filter-fields` with a fault a field. */
export function readFilter(form: FilterForm): AudienceFilter {
  const faults: Fault[] = [];
  const chosen = tiers.filter((tier) => form.tiers.includes(tier));
  const from = readDay(form.registeredFrom, 'registeredFrom', faults);
  const to = readDay(form.registeredTo, 'registeredTo', faults);
  if (from && to && to < from)
    faults.push({ field: 'registeredTo', code: 'audience.days-order', message: 'Let the last day follow the first.' });
  const attributes = readConditions(form, faults);
  if (faults.length > 0)
    throw new AppError('invalid', 'audience.filter-fields', 'Some conditions cannot be read.', { faults });
  return {
    ...(chosen.length > 0 && { tiers: chosen }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(form.topic !== '' && { topic: form.topic }),
    ...(form.consent === 'marketing' && { consent: 'marketing' as const }),
    ...(from && { registeredAfter: `${from}T00:00:00+08:00` }),
    ...(to && { registeredBefore: `${addDays(to, 1)}T00:00:00+08:00` }),
  };
}

function readDay(value: string, field: string, faults: Fault[]): string | null {
  if (value === '') return null;
  if (isChinaDate(value)) return value;
  faults.push({ field, code: 'audience.day-unreadable', message: 'Give a date as YYYY-MM-DD.' });
  return null;
}

function readConditions(form: FilterForm, faults: Fault[]): Conditions {
  const conditions: Conditions = {};
  for (const [index, raw] of form.attributeName.entries()) {
    const name = raw.trim();
    const value = (form.attributeValue[index] ?? '').trim();
    const operator = operators.find((each) => each === form.attributeOperator[index]) ?? 'eq';
    if (name === '' && value === '') continue;
    const field = `attribute.${index}`;
    if (name === '' || value === '' || name.length > 64 || value.length > 500) {
      faults.push({ field, code: 'audience.condition-half', message: 'Give an attribute and a value.' });
      continue;
    }
    const read = readValue(operator, value);
    if (read === null) {
      faults.push({ field, code: 'audience.bound-unreadable', message: 'Compare with a number or a date.' });
      continue;
    }
    const known = conditions[name] ?? {};
    if (Object.hasOwn(known, operator)) {
      faults.push({ field, code: 'audience.condition-twice', message: 'This condition is there already.' });
      continue;
    }
    conditions[name] = { ...known, ...read };
  }
  return conditions;
}

function readValue(operator: (typeof operators)[number], value: string): Conditions[string] | null {
  if (operator === 'eq') return { eq: value };
  if (operator === 'in')
    return { in: [...new Set(value.split(/[,，、;；\n]+/).map((each) => each.trim()))].filter(Boolean) };
  const bound = isChinaDate(value) ? value : /^-?\d{1,15}(\.\d{1,6})?$/.test(value) ? Number(value) : null;
  return bound === null ? null : { [operator]: bound };
}

/** A filter as sentences, for people; each holds, and none means everybody. */
export function filterWords(t: Translate, filter: AudienceFilter, topicNames: ReadonlyMap<string, string>): string[] {
  const separator = t('audience.words.separator');
  const words: string[] = [];
  if (filter.tiers)
    words.push(t('audience.words.tiers', { tiers: filter.tiers.map((tier) => t(`tier.${tier}`)).join(separator) }));
  if (filter.topic) words.push(t('audience.words.topic', { topic: topicNames.get(filter.topic) ?? filter.topic }));
  if (filter.consent) words.push(t('audience.words.consent'));
  if (filter.registeredAfter)
    words.push(t('audience.words.registered-from', { day: chinaDay(filter.registeredAfter, 0) }));
  if (filter.registeredBefore)
    words.push(t('audience.words.registered-to', { day: chinaDay(filter.registeredBefore, -1) }));
  for (const [name, condition] of Object.entries(filter.attributes ?? {})) {
    const { eq, in: among, gte, lte } = condition;
    if (eq !== undefined) words.push(t('audience.words.eq', { name, value: String(eq) }));
    if (among) words.push(t('audience.words.in', { name, values: among.map(String).join(separator) }));
    if (gte !== undefined) words.push(t('audience.words.gte', { name, value: String(gte) }));
    if (lte !== undefined) words.push(t('audience.words.lte', { name, value: String(lte) }));
  }
  return words;
}

/** The China date of an instant, some milliseconds later: an end that is not included names the day before. */
function chinaDay(instant: string, milliseconds: number): string {
  return new Date(Date.parse(instant) + 8 * 3_600_000 + milliseconds).toISOString().slice(0, 10);
}
