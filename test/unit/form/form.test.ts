import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { changedFields } from '../../../src/form/form.rule.ts';

test.each<[string, unknown, unknown, string[]]>([
  ['nothing', { a: 1, b: { c: 'x' } }, { b: { c: 'x' }, a: 1 }, []],
  ['one leaf', { text: { source: 'a', code: 'S' } }, { text: { source: 'b', code: 'S' } }, ['text.source']],
  [
    'two leaves',
    { window: { endsAt: 1 }, cost: { ceilingFen: 1 } },
    { window: { endsAt: 2 }, cost: { ceilingFen: 2 } },
    ['cost.ceilingFen', 'window.endsAt'],
  ],
  [
    'an item of a list',
    { checks: [{ code: 'a' }, { code: 'b' }] },
    { checks: [{ code: 'a' }, { code: 'c' }] },
    ['checks.1.code'],
  ],
  ['an item added', { checks: ['a'] }, { checks: ['a', 'b'] }, ['checks.1']],
  ['a field removed', { topic: 'x', a: 1 }, { a: 1 }, ['topic']],
  ['null for a value', { topic: null }, { topic: 'x' }, ['topic']],
  ['an object for a value', { a: { b: 1 } }, { a: 'b' }, ['a']],
  ['a number for its text', { a: 1 }, { a: '1' }, ['a']],
])('%s', (_, signed, live, expected) => {
  expect(changedFields(signed, live)).toEqual(expected);
});

test('a value equals its copy, and a change at any depth is found', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { noNullPrototype: true }),
      fc.string({ minLength: 1 }),
      (form, key) => {
        expect(changedFields(form, structuredClone(form))).toEqual([]);
        const changed = { ...form, [key]: { certainly: 'not the same', as: form[key] ?? null } };
        expect(changedFields(form, changed).length).toBeGreaterThan(0);
      },
    ),
  );
});
