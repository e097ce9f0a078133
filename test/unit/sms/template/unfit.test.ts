import { expect, test } from 'vitest';
import { unfitLine } from '../../../../src/sms/template/unfit.page.ts';
import { createTranslators, readCatalogue } from '../../../../src/kernel/translate.ts';
import { findVariableFaults, variablesSchema, type VariableSpec } from '../../../../src/sms/template/template.rule.ts';

const catalogue = readCatalogue();
const { 'zh-CN': zh, en } = createTranslators(catalogue);
const spec = (type: VariableSpec['type'], label: string): VariableSpec => ({
  name: 'name',
  label,
  type,
  maxLength: 10,
  example: '甲',
});

test.each([
  ['text', {}, '变量 name（姓名）没有内容', 'Variable name (姓名) has no value'],
  ['text', { name: ' ' }, '变量 name（姓名）的内容为空', 'Variable name (姓名) is blank'],
  ['money', { name: '很多' }, '变量 name（姓名）的内容不是金额', 'Variable name (姓名) is not an amount of money'],
  ['text', { name: '长'.repeat(30) }, '变量 name（姓名）的内容过长', 'Variable name (姓名) is too long'],
  ['text', { name: '【赢】' }, '变量 name（姓名）的内容中有【】', 'Variable name (姓名) holds 【】'],
] as const)('%s %j reads: %s', (type, values, chinese, english) => {
  const specs = [spec(type, '姓名')];
  const [fault] = findVariableFaults(variablesSchema(specs), values);
  if (!fault) throw new Error('It fits.');
  expect(unfitLine(zh, fault, specs)).toBe(chinese);
  expect(unfitLine(en, fault, specs)).toBe(english);
});

test('a variable without a word of its own is called by its name alone', () => {
  expect(unfitLine(zh, { variable: 'name', code: 'variable.missing' }, [spec('text', '')])).toBe('变量 name 没有内容');
});

test('every code of a variable has its sentence', () => {
  const codes = [...catalogue.keys()].flatMap((key) => /^error\.(variable\..+)$/.exec(key)?.[1] ?? []);
  expect(codes.length).toBeGreaterThan(12);
  for (const code of codes)
    for (const t of [zh, en]) expect(unfitLine(t, { variable: 'name', code }, [])).not.toContain('⟦');
});
