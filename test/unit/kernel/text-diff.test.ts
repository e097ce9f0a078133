import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffText } from '../../../src/kernel/text-diff.rule.ts';

const both = (kinds: string[], earlier: string, later: string) =>
  diffText(earlier, later)
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ text }) => text)
    .join('');

test('what stays and goes is the earlier text, what stays and comes the later one', () => {
  const text = fc.string({ unit: fc.constantFrom('免', '费', '领', '取', '{{name}}', '😀', '{', 'a'), maxLength: 40 });
  fc.assert(
    fc.property(text, text, (earlier, later) => {
      expect(both(['same', 'gone'], earlier, later)).toBe(earlier);
      expect(both(['same', 'new'], earlier, later)).toBe(later);
    }),
  );
});

test('a changed word is marked and the rest stays', () => {
  expect(diffText('请免费领取，逾期失效', '请领取使用，逾期失效')).toEqual([
    { kind: 'same', text: '请' },
    { kind: 'gone', text: '免费' },
    { kind: 'same', text: '领取' },
    { kind: 'new', text: '使用' },
    { kind: 'same', text: '，逾期失效' },
  ]);
});

test('a variable changes as a whole, and equal texts do not differ', () => {
  expect(diffText('{{name}}您好', '{{title}}您好')[0]).toEqual({ kind: 'gone', text: '{{name}}' });
  expect(diffText('同', '同')).toEqual([{ kind: 'same', text: '同' }]);
  expect(diffText('', '')).toEqual([]);
});
