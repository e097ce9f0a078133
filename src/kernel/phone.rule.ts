import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * `scientific-notation`: a spreadsheet turned the number into 1.38E+10 and its digits are lost; `unallotted`: eleven digits like a
 * mobile number in a range that no carrier has; `not-mobile`: a land line, 400 or service number; `foreign`: not mainland China.
 */
export type PhoneFault =
  | 'empty'
  | 'scientific-notation'
  | 'not-a-number'
  | 'wrong-length'
  | 'unallotted'
  | 'not-mobile'
  | 'foreign';

export type NormalizedPhone = { ok: true; phone: string } | { ok: false; reason: PhoneFault };

const plainMobile = /^1[3-9]\d{9}$/;

// A phone column holds millions of rows and the library reads 0.1 million a second, but carriers get whole five-digit ranges:
// one answer of the library stands for its range. Indexed by range minus 10000: 0 not asked, 1 allotted, 2 not.
const ranges = new Uint8Array(10_000);

/** A mainland mobile number in any usual writing as E.164 (`+8613800138000`), or why it is none. */
export function normalizeMobile(raw: string): NormalizedPhone {
  if (plainMobile.test(raw)) return normalizePlain(raw);
  const text = clean(raw);
  if (text === '') return refuse('empty');
  if (/^\d(?:\.\d+)?e\+?\d+$/i.test(text)) return refuse('scientific-notation');
  if (!/^\+?\d+$/.test(text)) return refuse('not-a-number');
  const national = text.replace(/^(?:\+86|0086|86(?=1[3-9]\d{9}$))/, '').replace(/^0(?=1[3-9]\d{9}$)/, '');
  return plainMobile.test(national) ? normalizePlain(national) : refuse(reasonFor(text));
}

function normalizePlain(national: string): NormalizedPhone {
  const range = Number(national.slice(0, 5)) - 10_000;
  if (ranges[range] === 0) ranges[range] = isMobile(national) ? 1 : 2;
  return ranges[range] === 1 ? { ok: true, phone: `+86${national}` } : refuse('unallotted');
}

// Full-width forms become ASCII by NFKC; a spreadsheet adds an apostrophe in front or `.0` behind.
const clean = (raw: string): string =>
  raw
    .normalize('NFKC')
    .trim()
    .replace(/^'/, '')
    .replace(/^(\d{11,14})\.0+$/, '$1')
    .replaceAll(/[\s\p{Pd}\p{Cf}()·−]/gu, '');

function reasonFor(text: string): PhoneFault {
  const parsed = parsePhoneNumberFromString(text.replace(/^00/, '+'), 'CN');
  if (!parsed) return 'wrong-length';
  if (parsed.countryCallingCode !== '86') return 'foreign';
  return parsed.isValid() ? 'not-mobile' : 'wrong-length';
}

const isMobile = (national: string): boolean => parsePhoneNumberFromString(national, 'CN')?.getType() === 'MOBILE';

const refuse = (reason: PhoneFault): NormalizedPhone => ({ ok: false, reason });
