import { expect, test } from 'vitest';
import type { HouseWord } from '../../../src/contact/opt-out.rule.ts';
import { faultsOfHouseWords } from '../../../src/contact/opt-out-words.rule.ts';

const word = (text: string, how: HouseWord['how'] = 'alone', means: HouseWord['means'] = 'opt-out') => ({
  word: text,
  how,
  means,
});

test.each([
  ['a code of the house', [word('ZX', 'begins')], []],
  ['a word that means something else here', [word('取消', 'alone', 'other')], []],
  ['nothing but a sign', [word('！')], ['empty']],
  ['what cannot be seen', [word('\u200b')], ['empty']],
  ['a novel', [word('字'.repeat(31))], ['too-long']],
  ['one twice, in another writing', [word('zx'), word('ＺＸ')], ['twice']],
  ['one character anywhere', [word('好', 'within')], ['too-short']],
  ['R as something else', [word('R', 'alone', 'other')], ['asked-for']],
  ['r, hidden', [word('\u200br。', 'begins', 'other')], ['asked-for']],
  ['TD as something else', [word('TD', 'begins', 'other')], ['asked-for']],
  ['退订 as something else', [word('退訂', 'within', 'other')], ['asked-for']],
  ['拒收 as something else', [word('拒收', 'alone', 'other')], ['asked-for']],
])('%s', (_, words, expected) => {
  expect(faultsOfHouseWords(words).map(({ fault }) => fault)).toEqual(expected);
});

test('more than two hundred are too many', () => {
  const words = Array.from({ length: 201 }, (_, n) => word(`词${n}`));
  expect(faultsOfHouseWords(words)).toEqual([{ place: 200, fault: 'too-many' }]);
});
