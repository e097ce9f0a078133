import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayText, instant, oneLine, paragraph, stopReason } from '../../../src/kernel/field.rule.ts';
import {
  storableText,
  storableTexts,
  findTextFault,
  lineFault,
  shorten,
  textFault,
} from '../../../src/kernel/plain-text.rule.ts';
import { deepJson, nastyTexts } from '../../kit/nasty.ts';

describe('a text', () => {
  test.each([
    ['国庆活动', null],
    ['👨‍👩‍👧‍👦 家庭 ❤️ 𠮷', null],
    ['第一行\n第二行\t栏\r\n', null],
    ['العربية עברית', null],
    ['a\u0000', 'nul'],
    ['出错了\uD83D', 'half-character'],
    ['\uDE00', 'half-character'],
    ['\uDE00\uD83D', 'half-character'],
    ['a\u0007', 'control'],
    ['a\u007F', 'control'],
    ['a\u0085', 'control'],
    ['a\u2028b', 'control'],
    ['a\u202Eb', 'direction'],
    ['\u202D13800138000\u202C', 'direction'],
    ['a\u2066b', 'direction'],
    ['a\u200Fb', 'direction'],
  ])('%j is %s', (text, fault) => {
    expect(textFault(text)).toBe(fault);
  });

  test.each(['a\nb', 'a\tb', 'a\rb'])('%j is no line', (text) => {
    expect(textFault(text)).toBeNull();
    expect(lineFault(text)).toBe('line-break');
  });

  test('that was cleaned has no fault, and one without a fault is not touched', () => {
    assert(
      property(string({ unit: 'binary' }), string(), (odd, plain) => {
        const text = `${odd}${String.fromCharCode(0xd83d)}${plain}\u202E\0`;
        expect(textFault(storableText(text))).toBeNull();
        if (textFault(odd) === null) expect(storableText(odd)).toBe(odd);
      }),
    );
  });

  test('is shortened between characters', () => {
    expect(shorten('ab😀', 3)).toBe('ab');
    expect(shorten('ab😀', 4)).toBe('ab😀');
  });
});

describe('a value', () => {
  test.each([
    [{ a: [{ b: 'x\0' }] }, ['a', '0', 'b'], 'nul'],
    [{ 'a\u202E': 1 }, ['?'], 'direction'],
    [{ 'a\nb': 1 }, ['?'], 'line-break'],
    [{ a: 'x'.repeat(100_001) }, ['a'], 'too-long'],
    [JSON.parse(deepJson(10_000)) as unknown, Array.from({ length: 32 }, () => 'a'), 'too-deep'],
    [JSON.parse(`{"__proto__":"a\\u0000"}`) as unknown, ['__proto__'], 'nul'],
  ])('is looked at to its last field (%#)', (value, path, fault) => {
    expect(findTextFault(value)).toEqual({ path, fault });
  });

  test('is cleaned to its last field, names of fields included', () => {
    const given = JSON.parse(`{"a\\u0000":["x\\ud83d",{"__proto__":"y\\u202e"}],"n":1,"b":null}`) as unknown;
    expect(JSON.stringify(storableTexts(given))).toBe('{"a":["x",{"__proto__":"y"}],"n":1,"b":null}');
  });
});

describe('a stop', () => {
  test.each(Object.entries(nastyTexts))('is never refused for its reason: %s', (_, text) => {
    const kept = stopReason(text);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThanOrEqual(500);
    expect(textFault(kept)).toBeNull();
  });

  test.each([undefined, null, 0, {}, [], true, '', ' '])('with the reason %j has none', (given) => {
    expect(stopReason(given)).toBe('—');
  });

  test.each([
    ['出错了\uD83D', '出错了'],
    ['投诉\u0000过多', '投诉过多'],
    ['  号码错误  ', '号码错误'],
  ])('with the reason %j keeps what can be kept', (given, kept) => {
    expect(stopReason(given)).toBe(kept);
  });
});

test.each([
  [oneLine(5), 'abc', true],
  [oneLine(5), 'abcdef', false],
  [oneLine(5), 'a\nb', false],
  [oneLine(5), ' ', false],
  [oneLine(5, 0), '', true],
  [oneLine(5), 'a\uD83D', false],
  [paragraph(5), 'a\nb', true],
  [paragraph(5), 'a\u202Eb', false],
  [instant(), '2026-11-27T00:00:00Z', true],
  [instant(), '0000-01-01T00:00:00Z', false],
  [instant(), '9999-01-01T00:00:00Z', false],
  [instant(), '2999-02-30T00:00:00Z', false],
  [dayText(), '2026-11-27', true],
  [dayText(), '2999-02-30', false],
  [dayText(), '0000-01-01', false],
])('a field takes or refuses (%#)', (schema, given, taken) => {
  expect(schema.safeParse(given).success).toBe(taken);
});
