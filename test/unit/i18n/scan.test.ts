import { describe, expect, test } from 'vitest';
import { argumentsOf, wordsOf } from './message.ts';
import {
  actionTexts,
  callsOf,
  dottedBeginnings,
  dottedLiterals,
  patternOf,
  templateLiterals,
  writtenCode,
} from './scan.ts';

describe('the scanner of the catalogue’s tests', () => {
  test.each([
    [`t('campaign.list.title')`, ['campaign.list.title']],
    [`{{t "campaign.list.title" count=3}}`, ['campaign.list.title']],
    [`const p = 'permission.campaign:read'`, ['permission.campaign:read']],
    [`// it doesn't matter, 'reason.missing' isn't lost`, ['reason.missing']],
    [`'Give a date. Please.' 'draft' 'role.' '.css'`, []],
    ['`campaign.${to}` `campaign.missing`', []],
  ])('reads the dotted words of %s', (text, expected) => {
    expect(dottedLiterals(text)).toEqual(expected);
  });

  test('reads beginnings that are joined with something else', () => {
    const text = `{{t (concat 'campaign-state.' state)}} (concat "people.kind-" kind) 'campaign.live.' + part`;
    expect(dottedBeginnings(text)).toEqual(['campaign-state.', 'people.kind-', 'campaign.live.']);
    expect(dottedBeginnings(`code.startsWith('draft.') ? 'The end.' : (eq 'a.b' c)`)).toEqual([]);
    expect(dottedLiterals(text)).toEqual([]);
  });

  test('finds template literals with holes, nested ones too, and none without', () => {
    const text = 'a(`plain`); b(`role.${x}`); c(`x ${n > 1 ? `state.${s}` : `none`} ${{ a: 1 }.a}`); d(`\\`tick.${y}`)';
    expect(templateLiterals(text)).toEqual([
      'role.${x}',
      'x ${n > 1 ? `state.${s}` : `none`} ${{ a: 1 }.a}',
      'state.${s}',
      '\\`tick.${y}',
    ]);
  });

  test('a template stands for the keys that fit its fixed parts', () => {
    const pattern = patternOf('check.${of({ code })}.detail');
    expect(pattern.test('check.text.rules.detail')).toBe(true);
    expect(pattern.test('check.text.rules')).toBe(false);
    expect(pattern.test('check..detail')).toBe(false);
    expect(pattern.test('checkXtext.detail')).toBe(false);
    expect(pattern.test('draft.check.text.detail')).toBe(false);
  });

  test('splits the arguments of a call at its own commas only', () => {
    const text = `throw new AppError(
      'conflict',
      'campaign.wrong-state',
      \`It is \${f(a, b)}, so it's "no".\`,
      { state: x, list: [1, 2] },
    );`;
    expect(callsOf('AppError', text)).toEqual([
      [`'conflict'`, `'campaign.wrong-state'`, '`It is ${f(a, b)}, so it\'s "no".`', '{ state: x, list: [1, 2] }'],
    ]);
    expect(
      callsOf('refused', `const refused = (a) => a; function refused(b) {}; unrefused('x'); x.refused('y')`),
    ).toEqual([]);
    expect(callsOf('refused', `refused('it\\'s, so', "a)b")`)).toEqual([[`'it\\'s, so'`, '"a)b"']]);
  });

  test.each([
    [`'a.b'`, { literal: 'a.b' }],
    ['`a.${b}`', { template: 'a.${b}' }],
    ['error.code', null],
    [`'a.' + b + '.c'`, null],
    [undefined, null],
  ])('tells how the code %s is written', (argument, expected) => {
    expect(writtenCode(argument)).toEqual(expected);
  });

  test('reads an action that is chosen on several lines', () => {
    const [text] = actionTexts(`audit: {\n  action: ok\n    ? 'a.yes'\n    : 'a.no',\n  objectKind: 'b.c',\n}`);
    expect(dottedLiterals(text ?? '')).toEqual(['a.yes', 'a.no']);
    expect(actionTexts(`const action = x ? 'a.b' : 'c.d';`)).toEqual([`x ? 'a.b' : 'c.d'`]);
    expect(actionTexts(`{ action: 'a.b', objectKind: 'x' }`)).toEqual([`'a.b'`]);
  });
});

describe('the reader of messages', () => {
  test('names the arguments of every branch, and the words between them', () => {
    const message = `It's {count, plural, =0 {nobody} one {# of {total, number}} other {# people}} at {at, time}, '{{name}}'`;
    expect(argumentsOf(message)).toEqual(['at', 'count', 'total']);
    expect(wordsOf('{n, plural, one {一个} other {# 个}}，共 {x}')).toBe('◦一个◦ 个，共 ◦');
    expect(() => argumentsOf('{count, plural, one {#}')).toThrow();
  });
});
