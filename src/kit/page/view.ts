import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Handlebars, { type HelperOptions } from 'handlebars';
import type { Permission } from '../../kernel/permission.rule.ts';
import type { Translate } from '../../kernel/translate.ts';
import type { AssetUrl } from './assets.ts';
import { withColumnNames } from './column-names.ts';
import {
  formatClock,
  formatDate,
  formatDateTime,
  formatDuration,
  formatInput,
  formatMinute,
  formatNumber,
  formatPercent,
  formatTime,
  formatYuan,
} from './format.ts';

/** What helpers know beside the page's own data. */
export type ViewEnvironment = { t: Translate; may: (permission: Permission) => boolean };
export type View = (name: string, data: object, environment: ViewEnvironment) => string;

const consoleFolder = fileURLToPath(new URL('../../../templates/console/', import.meta.url));

/** Every file below the folder (templates/console) is a page and a partial by its path: `campaign/list`, `part/status`. A field that is not there is an error. */
export function createView(asset: AssetUrl, folder = consoleFolder): View {
  const handlebars = Handlebars.create();
  addHelpers(handlebars, asset);
  const compiled = new Map<string, HandlebarsTemplateDelegate>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.hbs')) continue;
    const name = file.slice(0, -'.hbs'.length).replaceAll(path.sep, '/');
    // Handlebars would put a partial's indent before every line of it, those that somebody wrote into a <textarea> too.
    const options = { strict: true, preventIndent: true };
    const template = handlebars.compile(readFileSync(path.join(folder, file), 'utf8'), options);
    compiled.set(name, template);
    handlebars.registerPartial(name, template);
  }
  return (name, data, environment) => {
    const template = compiled.get(name);
    if (!template) throw new Error(`There is no template ${name}.hbs below ${path.basename(folder)}.`);
    return withColumnNames(template(data, { data: environment }));
  };
}

type Helper = (this: unknown, ...given: unknown[]) => unknown;
const environmentOf = (given: unknown[]) => (given.at(-1) as { data: ViewEnvironment }).data;
const dateOf = (value: unknown): Date => (value instanceof Date ? value : new Date(value as string));
/** Times that are not there show as a dash. */
const orDash =
  (format: (at: Date) => string): Helper =>
  (value) =>
    value === null || value === undefined ? '—' : format(dateOf(value));

function addHelpers(handlebars: typeof Handlebars, asset: AssetUrl): void {
  const helpers: Record<string, Helper> = {
    t: (...given) => {
      const { hash } = given.at(-1) as HelperOptions;
      return environmentOf(given).t(String(given[0]), hash);
    },
    language: (...given) => environmentOf(given).t.language,
    may: (...given) => environmentOf(given).may(given[0] as Permission),
    asset: (name) => new handlebars.SafeString(asset(String(name))),
    icon: (name) =>
      new handlebars.SafeString(
        `<i class="ti ti-${handlebars.escapeExpression(String(name))}" aria-hidden="true"></i>`,
      ),
    time: orDash(formatTime),
    minute: orDash(formatMinute),
    date: orDash(formatDate),
    clock: orDash(formatClock),
    dateTime: orDash(formatDateTime),
    inputTime: (value) => (value === null || value === undefined || value === '' ? '' : formatInput(dateOf(value))),
    iso: (value) => dateOf(value).toISOString(),
    number: (value) => (value === null || value === undefined ? '—' : formatNumber(Number(value))),
    percent: (part, whole) => formatPercent(Number(part), Number(whole)),
    yuan: (fen) => (fen === null || fen === undefined ? '—' : formatYuan(Number(fen))),
    duration: (...given) => formatDuration(Number(given[0]), environmentOf(given).t.language),
    concat: (...given) => given.slice(0, -1).join(''),
    eq: (a, b) => a === b,
    not: (a) => !a,
    and: (...given) => given.slice(0, -1).every(Boolean),
    or: (...given) => given.slice(0, -1).find(Boolean) ?? false,
    initial: (name) => String.fromCodePoint(String(name).codePointAt(0) ?? 32),
    /** Of a fault: whether what it says of its fields is not the sentence above it again. */
    saysMore: (fault) => {
      const { message, fields } = fault as { message: string; fields: Record<string, string> };
      return Object.values(fields).some((said) => said !== message);
    },
    includesDot: (text) => String(text).includes('.'),
    includes: (list, item) => Array.isArray(list) && list.includes(item),
  };
  for (const [name, helper] of Object.entries(helpers)) handlebars.registerHelper(name, helper);
}
