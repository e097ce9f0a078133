/** Texts that people paste, programs cut and attackers send. None of them may be answered with a fault of ours. */
export const nastyTexts: Readonly<Record<string, string>> = {
  empty: '',
  blank: '   ',
  nul: 'a\u0000b',
  'half an emoji': '出错了\uD83D',
  'the other half': '\uDE00',
  'control character': 'a\u0007b\u001B[31m',
  'bidirectional override': 'a\u202Eb\u2066c',
  'line separator': 'a\u2028b',
  'line break': 'a\r\nset-cookie: x=1',
  '100,000 characters': 'x'.repeat(100_000),
  'long and well-formed': '活动😀'.repeat(3_000),
  quote: `'"\`;--<script>alert(1)</script>{{x}}\${x}`,
  pattern: '%_\\%',
  'prototype key': '__proto__',
  dashes: '-'.repeat(36),
  'hex without shape': 'a'.repeat(36),
  'year 0': '0000-01-01T00:00:00Z',
  'year 275760': '+275760-09-13T00:00:00.001Z',
  'no such day': '2999-02-30',
  'a day far away': '9999-12-31',
  'big number': '9'.repeat(400),
  exponent: '1e308',
  'not a number': 'NaN',
  'full width': '＝１＋１',
};

/** Values of other kinds where a text, a number or an object is wanted. */
export const nastyValues: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  list: [],
  'list of lists': [[[]]],
  object: {},
  'prototype object': JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{}}}') as unknown,
  zero: 0,
  negative: -1,
  fraction: 0.1,
  'more than int4': 2_147_483_648,
  'more than int8': 9.3e18,
  'more than a double counts': Number.MAX_SAFE_INTEGER + 2,
  huge: 1e308,
};

/** A value that is so many levels deep, as text: JavaScript's own serializer would not come to its end. */
export const deepJson = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
