import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanName, cleanText, hasControl } from '../../../src/kernel/clean-text.rule.ts';

test.each([
  ['手机号\u200B', '手机号'],
  ['\uFEFF姓名', '姓名'],
  ['张\u00AD三\u2060', '张三'],
  ['\u202E张三\u202C', '张三'],
  ['张\u3000三', '张 三'],
  ['\u00A0张三\u2003', '张三'],
  ['\t张三\t', '张三'],
  ['张\u3164三', '张三'],
  ['👨\u200D👩\u200D👧', '👨\u200D👩\u200D👧'],
  ['张\u200D三', '张三'],
  ['第一行\n第二行', '第一行\n第二行'],
  ['１２３', '１２３'],
  ['plain text', 'plain text'],
])('%j is cleaned to %j', (text, expected) => {
  expect(cleanText(text)).toBe(expected);
});

test.each([
  ['Ｐｈｏｎｅ', 'Phone'],
  ['客户\u200B号', '客户号'],
  ['first \u00A0 name', 'first name'],
])('the heading %j is compared as %j', (text, expected) => {
  expect(cleanName(text)).toBe(expected);
});

test('cleaning twice changes nothing more, and leaves no format character but a joiner between pictures', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const clean = cleanText(text);
      expect(cleanText(clean)).toBe(clean);
      expect(/(?!\u200D)\p{Cf}/u.test(clean)).toBe(false);
    }),
  );
});

test('control characters are found, tabs and line breaks are none', () => {
  expect(['a\u0007b', 'a\u001b[0m', 'a\u0085b'].map(hasControl)).toEqual([true, true, true]);
  expect(['a\tb', 'a\nb', 'a\rb', '张三'].map(hasControl)).toEqual([false, false, false, false]);
});
