import * as fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { expect, test } from 'vitest';
import { normalizeMobile } from '../../../src/kernel/phone.rule.ts';

test.each([
  ['13800138000'],
  ['１３８００１３８０００'],
  ['+8613800138000'],
  ['＋８６　１３８００１３８０００'],
  ['+86 138-0013-8000'],
  ['0086 138 0013 8000'],
  ['8613800138000'],
  ['013800138000'],
  ['(+86)13800138000'],
  ['138–0013—8000'],
  ['\t13800138000\n'],
  ['\u202d13800138000\u202c'],
  ["'13800138000"],
  ['13800138000.0'],
])('%j is read as one and the same number', (raw) => {
  expect(normalizeMobile(raw)).toEqual({ ok: true, phone: '+8613800138000' });
});

test.each([
  ['', 'empty'],
  [' - ', 'empty'],
  ['1.38E+10', 'scientific-notation'],
  ['1.38001E10', 'scientific-notation'],
  ['无', 'not-a-number'],
  ['13800138000/13900139000', 'not-a-number'],
  ['1380013800O', 'not-a-number'],
  ['+', 'not-a-number'],
  ['1380013800', 'wrong-length'],
  ['138001380001', 'wrong-length'],
  ['1380013800013900139000', 'wrong-length'],
  ['14100138000', 'unallotted'],
  ['+86 161 9999 8888', 'unallotted'],
  ['17412345678', 'unallotted'],
  ['010-12345678', 'not-mobile'],
  ['400-800-1234', 'not-mobile'],
  ['+852 5123 4567', 'foreign'],
  ['0014155552671', 'foreign'],
])('%j is refused as %s', (raw, reason) => {
  expect(normalizeMobile(raw)).toEqual({ ok: false, reason });
});

const mobileByLibrary = (text: string) => {
  const parsed = parsePhoneNumberFromString(text, 'CN');
  return parsed?.country === 'CN' && parsed.getType() === 'MOBILE' ? parsed.number : null;
};

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: length, maxLength: length });
const elevenDigits = fc
  .tuple(fc.constantFrom(...'3456789'.split('')), digits(9))
  .map(([second, rest]) => `1${second}${rest}`);

test('one answer for a range of five digits is the library’s answer for every number in it', () => {
  fc.assert(
    fc.property(elevenDigits, (raw) => {
      const ours = normalizeMobile(raw);
      expect(ours.ok ? ours.phone : null).toBe(mobileByLibrary(raw));
    }),
    { numRuns: 20_000 },
  );
});

test('every four-digit range agrees with the library at its edges, asked twice', () => {
  for (let range = 1300; range < 2000; range += 1) {
    for (const rest of ['0000000', '0999999', '5000000', '6000000', '9999999', '0000000']) {
      const ours = normalizeMobile(`${range}${rest}`);
      expect(ours.ok ? ours.phone : null).toBe(mobileByLibrary(`${range}${rest}`));
    }
  }
});

test('any writing of an allotted number is that number', () => {
  const prefix = fc.constantFrom('', '+86', '0086', '86', '+86 ', '0');
  const gap = fc.constantFrom('', ' ', '-', '\u3000', '\u200b');
  fc.assert(
    fc.property(elevenDigits, prefix, gap, gap, fc.boolean(), (plain, before, first, second, wide) => {
      const written = `${before}${plain.slice(0, 3)}${first}${plain.slice(3, 7)}${second}${plain.slice(7)}`;
      const raw = wide ? written.replaceAll(/\d/g, (d) => String.fromCharCode(d.charCodeAt(0) + 0xfee0)) : written;
      expect(normalizeMobile(raw)).toEqual(normalizeMobile(plain));
    }),
  );
});

test('whatever is accepted is a mainland mobile number in E.164 to the library too', () => {
  const raws = fc.string({ unit: fc.constantFrom(...'0123456789+86- ().e'.split('')), maxLength: 20 });
  fc.assert(
    fc.property(raws, (raw) => {
      const answer = normalizeMobile(raw);
      if (answer.ok) expect(mobileByLibrary(answer.phone)).toBe(answer.phone);
    }),
    { numRuns: 5000 },
  );
});
