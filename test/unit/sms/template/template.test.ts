import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../../../src/kernel/app-error.rule.ts';
import type { VariableType } from '../../../../src/sms/template/template.rule.ts';
import {
  findVariableFaults,
  parseTemplate,
  renderTemplate,
  variablesSchema,
} from '../../../../src/sms/template/template.rule.ts';

const codeOf = (action: () => unknown) => {
  try {
    return action();
  } catch (error) {
    return error instanceof AppError ? error.code : error;
  }
};

test('a template gives its variables once each and the gateway’s form', () => {
  expect(parseTemplate('尊敬的{{name}}：\n{{ amount }}元，{{name}}。')).toEqual({
    ok: true,
    variables: ['name', 'amount'],
    gatewayContent: '尊敬的${name}：\n${amount}元，${name}。',
  });
});

test.each([
  ['{{{a}}}', 'template.not-plain', 1, 1],
  ['好{{&a}}', 'template.not-plain', 1, 2],
  ['一\r\n二{{~a~}}', 'template.not-plain', 2, 2],
  ['{{a.b}}', 'template.not-plain', 1, 1],
  ['{{../a}}', 'template.not-plain', 1, 1],
  ['{{@root}}', 'template.not-plain', 1, 1],
  ['{{[a b]}}', 'template.not-plain', 1, 1],
  ['{{a b}}', 'template.not-plain', 1, 1],
  ['{{a b=1}}', 'template.not-plain', 1, 1],
  ['{{"a"}}', 'template.not-plain', 1, 1],
  ['{{#if a}}x{{/if}}', 'template.not-plain', 1, 1],
  ['{{{{raw}}}}x{{{{/raw}}}}', 'template.not-plain', 1, 1],
  ['{{> part}}', 'template.not-plain', 1, 1],
  ['x{{! note }}', 'template.not-plain', 1, 2],
  ['{{!-- {{a}} --}}', 'template.not-plain', 1, 1],
  ['{{#> layout}}{{/layout}}', 'template.not-plain', 1, 1],
  ['{{姓名}}', 'template.bad-name', 1, 1],
  ['{{Name}}', 'template.bad-name', 1, 1],
  ['{{1}}', 'template.bad-name', 1, 1],
  ['{{a-b}}', 'template.bad-name', 1, 1],
  [`{{${'a'.repeat(31)}}}`, 'template.bad-name', 1, 1],
  ['{{this}}', 'template.reserved-name', 1, 1],
  ['{{true}}', 'template.reserved-name', 1, 1],
  ['{{if}}', 'template.reserved-name', 1, 1],
  ['{{constructor}}', 'template.reserved-name', 1, 1],
  ['{{__proto__}}', 'template.reserved-name', 1, 1],
  ['甲${a}', 'template.stray-brace', 1, 3],
  ['甲{a}', 'template.stray-brace', 1, 2],
  ['甲\n}', 'template.stray-brace', 2, 1],
  ['甲${{a}}', 'template.misread', 1, 2],
  ['甲\\\\{{a}}', 'template.misread', 1, 3],
  ['甲\n\u2028{{a}}', 'template.misread', 2, 1],
  ['一\\{{a}}', 'template.misread', 1, 2],
  ['甲\n{{a}} {{b', 'template.syntax', 2, 7],
  ['{{a}}}', 'template.syntax', 1, 6],
  ['{{}}', 'template.syntax', 1, 1],
  ['{{else}}', 'template.syntax', 1, 1],
  ['{{#a}}{{/b}}', 'template.syntax', 1, 1],
])('%j is refused as %s at line %i, column %i', (source, code, line, column) => {
  const parsed = parseTemplate(source);
  expect(parsed).toMatchObject({ ok: false, faults: [{ code, line, column }] });
  expect(codeOf(() => renderTemplate(source))).toBe('template.unreadable');
});

test('every fault of a template is reported, in both languages', () => {
  const parsed = parseTemplate('{{a.b}}{{Name}}{c}{{this}}');
  if (parsed.ok) throw new Error('the template was taken');
  expect(parsed.faults.map(({ code }) => code)).toEqual([
    'template.not-plain',
    'template.bad-name',
    'template.stray-brace',
    'template.reserved-name',
  ]);
  for (const { zh, en } of parsed.faults) expect(zh !== '' && en !== '').toBe(true);
});

test('a value is put in as it is, unescaped and unread', () => {
  expect(renderTemplate('{{a}}|{{b}}')({ a: '<&"\'>', b: '{{a}}${a}$&' })).toBe('<&"\'>|{{a}}${a}$&');
});

test.each([
  ['absent', {}],
  ['undefined', { name: undefined }],
  ['null', { name: null }],
  ['a number', { name: 1 }],
  ['a function', { name: () => 'x' }],
  ['inherited', Object.create({ name: 'x' })],
])('a variable that is %s is an error that names it', (_, variables) => {
  expect(codeOf(() => renderTemplate('您好{{name}}')(variables as Record<string, string>))).toBe(
    'template.missing-variable',
  );
  expect(() => renderTemplate('您好{{name}}')(variables as Record<string, string>)).toThrow(/name/);
});

test('a template stays the same after more templates than are kept', () => {
  const first = renderTemplate('第一{{a}}');
  for (let i = 0; i < 600; i += 1) renderTemplate(`${i}{{a}}`);
  expect(first({ a: 'x' })).toBe('第一x');
  expect(renderTemplate('第一{{a}}')({ a: 'y' })).toBe('第一y');
});

const names = fc.constantFrom('a', 'name', 'dueDate', 'x_1');
const plainText = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll(/[{}]/g, ''));
const mustache = fc.tuple(names, fc.constantFrom('', ' ')).map(([name, space]) => `{{${space}${name}${space}}}`);
const sources = fc
  .array(fc.oneof(plainText, mustache, fc.constantFrom('\n', '\r\n', '\r', '\u2028', '\u0085', '$', '\\', ' ')))
  .map((parts) => parts.join(''));
const values = fc.record({
  a: fc.string(),
  name: fc.string({ unit: 'grapheme' }),
  dueDate: fc.string(),
  x_1: fc.string(),
});

test('what is signed is what the gateway sends: rendering equals replacing ${name} in its form', () => {
  fc.assert(
    fc.property(sources, values, (source, row) => {
      const parsed = parseTemplate(source);
      // The only faults that these sources can have.
      if (!parsed.ok) {
        expect(source).toMatch(/[\\$]\{\{|[\u2028\u2029]/);
        return;
      }
      const byGateway = parsed.gatewayContent.replaceAll(/\$\{(\w+)\}/g, (_, name: keyof typeof row) => row[name]);
      const text = renderTemplate(source)(row);
      expect(text).toBe(byGateway);
      const used = [...parsed.gatewayContent.matchAll(/\$\{(\w+)\}/g)];
      const growth = used.reduce((sum, [whole, name]) => sum + row[name as keyof typeof row].length - whole.length, 0);
      expect(text.length).toBe(parsed.gatewayContent.length + growth);
    }),
    { numRuns: 1000 },
  );
});

test('any source whatever is taken or refused with faults, and never throws', () => {
  const wild = fc.array(
    fc.constantFrom('{{', '}}', '{', '}', 'a', '#if', '/if', '!', '>', '~', '\\', '$', '\n', '"', ' ', 'else', '.'),
  );
  fc.assert(
    fc.property(wild, (parts) => {
      const source = parts.join('');
      const parsed = parseTemplate(source);
      if (parsed.ok) {
        const row = Object.fromEntries(parsed.variables.map((name) => [name, `<${name}>`]));
        const byGateway = parsed.gatewayContent.replaceAll(/\$\{(\w+)\}/g, '<$1>');
        expect(renderTemplate(source)(row)).toBe(byGateway);
      } else {
        expect(parsed.faults.length).toBeGreaterThan(0);
        for (const { line, column } of parsed.faults) expect(line >= 1 && column >= 1).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

const faultsOf = (type: VariableType, value: unknown, maxLength = 35) =>
  findVariableFaults(variablesSchema([{ name: 'v', type, maxLength, example: '', label: '变量' }]), { v: value }).map(
    ({ code }) => code,
  );

test.each<[VariableType, string[], string[]]>([
  ['text', ['任意 text 1', '2026'], []],
  ['name', ['张三', '欧阳·娜', 'Mary Ann', "O'Neil", '张*'], ['张3', '张，三']],
  ['number', ['0', '007', '-1.5', '20261122123456'], ['1,000', '一', '1.', 'A1']],
  ['money', ['0', '1234.5', '1,234.50', '¥99', '99元'], ['1234.567', '1,23', '-5', '五元']],
  [
    'date',
    ['2026-11-02', '2026/1/2', '2026年2月28日', '2月29日'],
    ['2026-02-29', '13月1日', '2026-11/02', '明天', '2月30日'],
  ],
  [
    'time',
    ['09:00', '9:05', '23:59:59', '2026-11-02 09:00', '11月2日 9:00'],
    ['24:00', '9点', '09:60', '2月30日 09:00'],
  ],
])('a variable of type %s takes %j and not %j', (type, good, bad) => {
  for (const value of good) expect([value, faultsOf(type, value)]).toEqual([value, []]);
  for (const value of bad) expect([value, faultsOf(type, value)]).toEqual([value, [`variable.not-${type}`]]);
});

test.each([
  [undefined, ['variable.missing']],
  [null, ['variable.not-string']],
  [5, ['variable.not-string']],
  ['', ['variable.empty']],
  ['12345', ['variable.too-long']],
  ['a.cn', ['variable.url']],
])('the value %j gives %j', (value, expected) => {
  expect(faultsOf('text', value, 4)).toEqual(expected);
});

test('a row is faulted for what it lacks and for what it has too much', () => {
  const schema = variablesSchema([
    { name: 'a', type: 'text', maxLength: 5, example: '', label: '甲' },
    { name: 'b', type: 'money', maxLength: 9, example: '', label: '乙' },
  ]);
  expect(findVariableFaults(schema, { a: 'x', b: '1' })).toEqual([]);
  expect(findVariableFaults(schema, { b: '13800138000', c: '1' })).toEqual([
    { variable: 'a', code: 'variable.missing' },
    { variable: 'b', code: 'variable.too-long' },
    { variable: 'c', code: 'variable.unknown' },
  ]);
  expect(findVariableFaults(schema, null)).toEqual([{ variable: '', code: 'variable.missing' }]);
});
