import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { meaningOf, meansOptOut, type HouseWord } from '../../../src/contact/opt-out.rule.ts';
import { optOutTable } from '../../../src/contact/opt-out-table.rule.ts';
import { traditional } from '../../../src/contact/reply-text.rule.ts';
import { saysNo, saysSomethingElse } from '../../kit/replies.ts';

const examplesOf = (text: string) => text.split(' | ');

describe('a reply that people write to hear no more', () => {
  test.each(saysNo)('%j says no', (content) => expect(meansOptOut(content)).toBe(true));
});
describe('a reply that people write for other reasons', () => {
  test.each(saysSomethingElse)('%j does not', (content) => expect(meaningOf(content).because).toBeNull());
});

describe('the table', () => {
  test.each(optOutTable)('$id does what its own examples say', ({ yes, no }) => {
    expect(examplesOf(yes).filter((each) => !meansOptOut(each))).toEqual([]);
    expect(examplesOf(no).filter((each) => meansOptOut(each))).toEqual([]);
  });

  test.each(optOutTable)('every word of $id counts by itself', ({ how, words, verbs = '' }) => {
    const all = how === 'pair' ? words.split(' ').map((word) => `${word}${verbs.split(' ')[0]}`) : words.split(' ');
    expect(all.filter((each) => !meansOptOut(each))).toEqual([]);
  });

  test('the answer names the row and the word that decided', () => {
    expect(meaningOf('麻烦 TD 一下')).toEqual({ meaning: 'opt-out', because: { row: 'short-code', word: 'TD' } });
    expect(meaningOf('請勿再發')).toMatchObject({ meaning: 'opt-out', because: { row: 'no-more' } });
  });
});

const positive = fc.constantFrom(...saysNo);
const invisible = fc.constantFrom('\u200b', '\u200d', '\ufeff', '\u2060', '\u00ad', '\u202e', '\u2066', '\ufe0f');
const pairs = [
  '“”',
  '【】',
  '()',
  '《》',
  '「」',
  '""',
  "''",
  '……',
  '🙏🙏',
  '##',
  '--',
  '**',
  '~~',
  '  ',
  '\n\n',
  ' 。',
  ' ！',
];
const around = fc.constantFrom(...pairs).map((pair) => Array.from(pair));
/** Half of the letters, by chance, as somebody's keyboard makes them. */
const each = (change: (character: string) => string) =>
  fc.tuple(positive, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 })).map(([text, flags]) =>
    Array.from(text)
      .map((one, at) => (flags[at % 40] === true ? change(one) : one))
      .join(''),
  );
const wide = (one: string) => (/[!-~]/.test(one) ? String.fromCodePoint((one.codePointAt(0) ?? 0) + 0xfee0) : one);

test.each([
  ['wrapped', fc.tuple(positive, around).map(([text, [open, close]]) => `${open}${text}${close}`)],
  ['written twice', positive.map((text) => `${text}，${text}`)],
  ['spaced out', positive.map((text) => Array.from(text).join(' '))],
  ['in any case', each((one) => (one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase()))],
  ['in full width', each(wide)],
  ['in traditional script', each((one) => traditional(one))],
  [
    'with what cannot be seen in it',
    fc
      .tuple(positive, fc.array(fc.tuple(fc.nat(60), invisible), { minLength: 1, maxLength: 6 }))
      .map(([text, marks]) => {
        const characters = Array.from(text);
        for (const [at, mark] of marks) characters.splice(at % (characters.length + 1), 0, mark);
        return characters.join('');
      }),
  ],
])('what says no says it %s too', (_, variants) => {
  fc.assert(
    fc.property(variants, (text) => meansOptOut(text)),
    { numRuns: 1_500 },
  );
});

test('what does not say no does not say it in any case, in full width or with what cannot be seen', () => {
  for (const text of saysSomethingElse)
    for (const variant of [
      text.toLowerCase(),
      text.toUpperCase(),
      Array.from(text).map(wide).join(''),
      `\u200b${text}\ufeff`,
    ])
      expect([variant, meaningOf(variant).because]).toEqual([variant, null]);
});

describe('words of the house', () => {
  const house: HouseWord[] = [
    { word: 'ZX', how: 'begins', means: 'opt-out' },
    { word: '取关', how: 'within', means: 'opt-out' },
    { word: '1', how: 'alone', means: 'opt-out' },
    { word: '取消', how: 'alone', means: 'other' },
    { word: '不要发短信验证', how: 'within', means: 'other' },
  ];
  test.each([
    ['zx 谢谢', true],
    ['ｚｘ', true],
    ['zxy', false],
    ['我要取关', true],
    ['取關', true],
    ['1', true],
    ['10', false],
    ['选1', false],
    ['取消', false],
    ['取消，谢谢', false],
    ['取消订阅', true],
    ['不要发短信验证', false],
    ['不要发短信验证，退订', true],
    ['R', true],
  ])('%s: %s', (content, expected) => expect(meansOptOut(content, house)).toBe(expected));

  test('none of them is needed, and without them the table decides', () => {
    expect(['zx', '我要取关', '1', '取消'].map((content) => meansOptOut(content))).toEqual([false, false, false, true]);
  });
});

test('no text breaks the rule, and a very long one is read as quickly as a short one', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof meansOptOut(text) === 'boolean'));
  expect(meansOptOut(`${'谢'.repeat(100_000)}退订`)).toBe(true);
  expect(meansOptOut('不要'.repeat(50_000))).toBe(false);
  expect(meansOptOut('谢谢'.repeat(50_000))).toBe(false);
  expect(meansOptOut('再给我'.repeat(30_000))).toBe(false);
});
