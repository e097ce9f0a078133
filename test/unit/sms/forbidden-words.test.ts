import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWordFilter } from '../../../src/sms/forbidden-words.rule.ts';
import { allowedWords, forbiddenWordsFor } from '../../../src/sms/forbidden-words-zh.rule.ts';

const listOf = (...words: string[]) => words.map((word) => ({ word, category: '测', severity: 'error' as const }));
const hitsIn = (text: string, words: string[], allow: string[] = []) =>
  createWordFilter(listOf(...words), allow)
    .find(text)
    .map(({ word, start, end }) => `${word}@${text.slice(start, end)}`);

test.each([
  ['加微信', ['加微信@加微信']],
  ['请加 微 信哦', ['加微信@加 微 信']],
  ['加.微-信', ['加微信@加.微-信']],
  ['加\u200b微\ufeff信', ['加微信@加\u200b微\ufeff信']],
  ['加微\n信', ['加微信@加微\n信']],
  ['😀加😀微😀信😀', ['加微信@加😀微😀信']],
  ['加微', []],
])('in %j the word 加微信 is found as %j', (text, expected) => {
  expect(hitsIn(text, ['加微信'])).toEqual(expected);
});

test.each([
  ['have', []],
  ['AV', ['AV@AV']],
  ['看av片', ['AV@av']],
  ['ＡＶ', ['AV@ＡＶ']],
  ['A V', ['AV@A V']],
  ['have a view', []],
  ['AV2', []],
  ['MP4,AV,3', ['AV@AV']],
])('in %j the Latin word AV is found as %j', (text, expected) => {
  expect(hitsIn(text, ['AV'])).toEqual(expected);
});

test('a mixed word is bounded at its Latin end only', () => {
  expect(hitsIn('请加V看', ['加V'])).toEqual(['加V@加V']);
  expect(hitsIn('加VIP会员', ['加V'])).toEqual([]);
});

test('a word inside a longer candidate that comes to nothing is found', () => {
  expect(hitsIn('甲乙丙戊', ['甲乙丙丁', '乙丙'])).toEqual(['乙丙@乙丙']);
});

test('words that end at the same place are all found', () => {
  expect(hitsIn('全国第一', ['全国第一', '第一', '国第一']).toSorted()).toEqual([
    '全国第一@全国第一',
    '国第一@国第一',
    '第一@第一',
  ]);
});

test('a ligature that stands for several letters keeps its place', () => {
  expect(hitsIn('是ﬁx吗', ['fix'])).toEqual(['fix@ﬁx']);
});

test('an allowed word spares what it holds, and only there', () => {
  expect(hitsIn('借款人请还借款', ['借款'], ['借款人'])).toEqual(['借款@借款']);
});

test('an entry of nothing but punctuation is ignored', () => {
  expect(hitsIn('……', ['…', ''], ['。'])).toEqual([]);
});

test('the stricter of two entries for one word counts', () => {
  const lenient = { word: '贷款', category: '测', severity: 'warning' } as const;
  const twice = [lenient, ...listOf('贷 款'), lenient];
  expect(createWordFilter(twice, []).find('贷款')).toMatchObject([{ severity: 'error', start: 0, end: 2 }]);
});

test('the same words are found as by searching for each of them', () => {
  const unit = fc.constantFrom(...'甲乙丙'.split(''));
  const words = fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 4 }), { maxLength: 6 });
  fc.assert(
    fc.property(words, fc.string({ unit, maxLength: 20 }), (list, text) => {
      const naive = list.flatMap((word) =>
        Array.from({ length: text.length }, (_, at) => at).flatMap((at) =>
          text.startsWith(word, at) ? [`${word} ${at} ${at + word.length}`] : [],
        ),
      );
      const found = createWordFilter(listOf(...list), []).find(text);
      expect(found.map(({ word, start, end }) => `${word} ${start} ${end}`).toSorted()).toEqual(naive.toSorted());
    }),
    { numRuns: 500 },
  );
});

test('filler between the letters hides no word', () => {
  const filler = fc.string({ unit: fc.constantFrom(' ', '，', '\u200b', '*', '😀', '\u3000'), maxLength: 3 });
  fc.assert(
    fc.property(fc.array(filler, { minLength: 4, maxLength: 4 }), ([a = '', b = '', c = '', d = '']) => {
      const text = `${a}贷${b}款${c}人${d}`;
      const [hit] = createWordFilter(listOf('贷款'), []).find(text);
      expect(text.slice(hit?.start, hit?.end)).toBe(`贷${b}款`);
    }),
  );
});

test('every shipped word is found in its own text', () => {
  for (const kind of ['marketing', 'notice'] as const) {
    const list = forbiddenWordsFor(kind);
    const filter = createWordFilter(list, allowedWords);
    for (const { word } of list) expect(filter.find(word).map((hit) => hit.word)).toContain(word);
    expect(list.length).toBeGreaterThan(150);
  }
});

test('collection wording is an error in a notice, and an offer only draws a warning there', () => {
  const filter = createWordFilter(forbiddenWordsFor('notice'), allowedWords);
  expect(filter.find('再不还将上门催收')).toMatchObject([{ word: '上门催收', severity: 'error' }, { word: '催收' }]);
  expect(filter.find('会员优惠')).toMatchObject([{ word: '优惠', severity: 'warning' }]);
});

test('a plain repayment reminder and a plain offer pass', () => {
  const reminder = '尊敬的张女士，您的本期应还款项1,234.50元将于11月25日到期，请保证账户余额充足。';
  expect(createWordFilter(forbiddenWordsFor('notice'), allowedWords).find(reminder)).toEqual([]);
  const offer = '双节同庆，全场满300减50，欢迎到店选购，拒收请回复R';
  expect(createWordFilter(forbiddenWordsFor('marketing'), allowedWords).find(offer)).toEqual([]);
});
