import Handlebars from 'handlebars';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { checkVariableValue } from '../sms-text.rule.ts';
import { readDay, readNumber } from '../../kernel/written-value.rule.ts';

export type TemplateFault = {
  code: keyof typeof sentences;
  zh: string;
  en: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
};

export type ParsedTemplate =
  | {
      ok: true;
      /** Each once, in the order of their first use. */
      variables: string[];
      /** The same text with `${name}`: what the gateway holds, and what must match it unit for unit. */
      gatewayContent: string;
    }
  | { ok: false; faults: TemplateFault[] };

/** The text for one person. Throws AppError `template.missing-variable`, which names the variable and never its value. */
export type TemplateRenderer = (variables: Readonly<Record<string, string>>) => string;

export const variableName = /^[a-z][a-zA-Z0-9_]{0,29}$/;

// Handlebars gives these a meaning of their own, or finds them on every object when the variable is missing.
const reserved = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  ...'this true false null undefined else as if unless each with lookup log helperMissing blockHelperMissing'.split(
    ' ',
  ),
]);

const maxCachedTemplates = 500;
const renderers = new Map<string, TemplateRenderer>();

/** Reads a template that may hold nothing but text and `{{name}}`: whatever else Handlebars can do, the gateway cannot. */
export function parseTemplate(source: string): ParsedTemplate {
  // Handlebars swallows a backslash before {{ and loses its place at U+2028; a `$` there would run into the gateway's own ${.
  const misread = Array.from(source.matchAll(/[\\$](?=\{\{)|[\u2028\u2029]/g), ({ index }) =>
    faultAt('template.misread', placeAt(source, index)),
  );
  if (misread.length > 0) return { ok: false, faults: misread };
  const program = parseProgram(source);
  if (!program) return { ok: false, faults: [faultAt('template.syntax', syntaxPlace(source))] };
  const starts = lineStartsOf(source);
  const faults: TemplateFault[] = [];
  const variables = new Set<string>();
  let gatewayContent = '';
  for (const { type, loc } of program.body) {
    const start = indexOf(starts, loc.start);
    const piece = source.slice(start, indexOf(starts, loc.end));
    if (type === 'ContentStatement') {
      const brace = piece.search(/[{}]/);
      if (brace !== -1) faults.push(faultAt('template.stray-brace', placeAt(source, start + brace)));
      gatewayContent += piece;
      continue;
    }
    const name = type === 'MustacheStatement' ? plainName(piece) : null;
    const code = name === null ? 'template.not-plain' : nameFault(name);
    if (code) faults.push(faultAt(code, placeAt(source, start)));
    if (name !== null) variables.add(name);
    gatewayContent += `\${${name}}`;
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, variables: [...variables], gatewayContent };
}

// The source is looked at, not the tree: {{~a}}, {{{a}}} and {{[a]}} differ from {{a}} in ways that the tree half forgets.
const plainName = (mustache: string): string | null => /^\{\{\s*([\p{L}\p{N}_-]+)\s*\}\}$/u.exec(mustache)?.[1] ?? null;

function nameFault(name: string): 'template.reserved-name' | 'template.bad-name' | null {
  if (reserved.has(name)) return 'template.reserved-name';
  return variableName.test(name) ? null : 'template.bad-name';
}

/** Whether a text may name a variable so. */
export const isVariableName = (name: string): boolean => nameFault(name) === null;

/** Compiles once per source. Throws AppError `template.unreadable` with the faults of parseTemplate in its details. */
export function renderTemplate(source: string): TemplateRenderer {
  const known = renderers.get(source);
  if (known) return known;
  const parsed = parseTemplate(source);
  if (!parsed.ok) {
    const { faults } = parsed;
    throw new AppError('invalid', 'template.unreadable', 'Correct the faults of the template first.', { faults });
  }
  // SMS is plain text: escaping off. Without helpers every name is a plain look-up.
  const compiled = Handlebars.compile(source, { strict: true, noEscape: true, knownHelpersOnly: true });
  const render: TemplateRenderer = (variables) => {
    const missing = parsed.variables.find(
      (name) => !Object.hasOwn(variables, name) || typeof variables[name] !== 'string',
    );
    if (missing === undefined) return compiled(variables);
    throw new AppError('invalid', 'template.missing-variable', `Give the variable ${missing}.`, { variable: missing });
  };
  const oldest = renderers.keys().next();
  if (renderers.size >= maxCachedTemplates && !oldest.done) renderers.delete(oldest.value);
  renderers.set(source, render);
  return render;
}

export type VariableType = 'text' | 'name' | 'number' | 'money' | 'date' | 'time';

export type VariableSpec = {
  name: string;
  type: VariableType;
  /** 1–35, in UTF-16 units. */
  maxLength: number;
  example: string;
  /** Chinese, for the form and the list's column. */
  label: string;
};

/** `code` is a `variable.*` code of sms-text or one of `variable.missing`, `.unknown`, `.not-string`, `.not-<type>`. */
export type VariableFault = { variable: string; code: string };

/** One row's variables: exactly the declared ones, each a string that fits its type. The issues' messages are reason codes. */
export function variablesSchema(specs: readonly VariableSpec[]): z.ZodType<Record<string, string>> {
  return z.strictObject(Object.fromEntries(specs.map((spec) => [spec.name, valueSchema(spec)])));
}

/** Every fault of one row, none of them with the value. An empty list means that the row can be rendered. */
export function findVariableFaults(schema: z.ZodType<Record<string, string>>, row: unknown): VariableFault[] {
  const result = schema.safeParse(row);
  if (result.success) return [];
  return result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((variable) => ({ variable, code: 'variable.unknown' }))
      : [{ variable: issue.path.join('.'), code: issue.path.length > 0 ? issue.message : 'variable.missing' }],
  );
}

const codeOfAbsence = ({ input }: { input?: unknown }): string =>
  input === undefined ? 'variable.missing' : 'variable.not-string';

function valueSchema({ type, maxLength }: VariableSpec): z.ZodType<string> {
  return z.string({ error: codeOfAbsence }).check(({ value, issues }) => {
    const codes: string[] = checkVariableValue(value, { maxLength }).map(({ code }) => code);
    if (codes.length === 0 && !fits[type](value)) codes.push(`variable.not-${type}`);
    for (const message of codes) issues.push({ code: 'custom', message, input: value });
  });
}

const fits: Readonly<Record<VariableType, (value: string) => boolean>> = {
  text: () => true,
  name: (value) => /^[\p{L}\p{M}·•.*' -]+$/u.test(value),
  number: (value) => /^-?[\d.]+$/.test(value) && readNumber(value) !== null,
  // The carrier gets the value as it is written: at most two decimals, and no sign.
  money: (value) => /^[\d.,¥￥元]+$/.test(value) && !/\.\d{3}/.test(value) && readNumber(value) !== null,
  date: isWrittenDate,
  time: (value) => {
    const [, date, time] = /^(?:(\S+) )?(\S+)$/.exec(value) ?? [];
    return (date === undefined || isWrittenDate(date)) && /^([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(time ?? '');
  },
};

/** 2026-11-02, 2026/11/2, 2026年11月2日 or 11月2日: what `readDay` reads, in the spellings that carriers take. */
function isWrittenDate(value: string): boolean {
  return /^[\d/\-年月日]+$/.test(value) && readDay(value) !== null;
}

type Place = { line: number; column: number };

function parseProgram(source: string): hbs.AST.Program | null {
  try {
    return Handlebars.parse(source);
  } catch {
    // The parser's message quotes the text, and its arrow counts in a cut-off piece of it: neither is of use.
    return null;
  }
}

/** The first brace outside a well-written variable. */
function syntaxPlace(source: string): Place {
  const rest = source.replaceAll(/\{\{\s*(?!else\s*\}\})\w+\s*\}\}/g, (plain) => ' '.repeat(plain.length));
  return placeAt(source, Math.max(0, rest.search(/[{}]/)));
}

const lineStartsOf = (source: string): number[] => [
  0,
  ...Array.from(source.matchAll(/\r\n?|\n/g), (match) => match.index + match[0].length),
];

function placeAt(source: string, index: number): Place {
  const starts = lineStartsOf(source);
  const line = starts.findLastIndex((start) => start <= index);
  return { line: line + 1, column: index - (starts[line] ?? 0) + 1 };
}

const indexOf = (starts: readonly number[], { line, column }: hbs.AST.Position): number =>
  (starts[line - 1] ?? 0) + column;

const sentences = {
  'template.syntax': [
    '花括号不成对或变量写法有误，请写成 {{name}}。',
    'Match the braces and write a variable as {{name}}.',
  ],
  'template.not-plain': [
    '模板中只能使用 {{name}} 这样的变量，不支持条件、循环、注释、三重花括号或带点的路径。',
    'Use plain {{name}} variables only: no blocks, comments, helpers, triple braces or dotted paths.',
  ],
  'template.bad-name': [
    '变量名须以小写字母开头，只含字母、数字和下划线，最多 30 个字符。',
    'Start a variable name with a small letter and use letters, digits and _ only, at most 30 in all.',
  ],
  'template.reserved-name': ['这个变量名另有用途，请换一个。', 'This name has a meaning of its own; choose another.'],
  'template.stray-brace': [
    '变量以外不能出现 { 或 }，请删去或改用（）。',
    'Take { and } out of the text; they belong around variables only.',
  ],
  'template.misread': [
    '这里的 \\、$ 或特殊换行符会改变变量的读法，请删去。',
    'Take out this \\, $ or special line separator: it changes how the template is read.',
  ],
} as const;

function faultAt(code: TemplateFault['code'], place: Place): TemplateFault {
  const [zh, en] = sentences[code];
  return { code, zh, en, ...place };
}
