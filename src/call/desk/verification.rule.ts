import { createHmac, timingSafeEqual } from 'node:crypto';
import { leastVerificationItems, type verificationItems } from '../script/content.rule.ts';

export type VerificationItem = (typeof verificationItems)[number];

/** B8: each item may be tried so often in a call. */
export const triesPerItem = 2;

const digits = (text: string): string => text.replaceAll(/\D/g, '');
const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[\s·・.,，。、\-—_/()（）]/g, '')
    .toLowerCase();

const padded = (part: string): string => part.padStart(2, '0');

/** A date as people say it (1990-3-7, 1990年3月7日, 19900307, 03-07) in digits: YYYYMMDD or MMDD. */
function dateDigits(text: string): string | null {
  const parts = text.normalize('NFKC').match(/\d+/g) ?? [];
  const [first = '', second = '', third = ''] = parts;
  if (parts.length === 1 && (first.length === 8 || first.length === 4)) return first;
  if (parts.length === 2 && first.length <= 2 && second.length <= 2) return padded(first) + padded(second);
  if (parts.length === 3 && first.length === 4) return first + padded(second) + padded(third);
  return null;
}

/** What was said or stored, in the one way in which it is compared; null when it cannot be such an item. */
export function comparable(item: VerificationItem, text: string): string | null {
  switch (item) {
    case 'birth-date':
      return dateDigits(text);
    case 'id-number': {
      const id = text
        .normalize('NFKC')
        .toUpperCase()
        .replaceAll(/[^\dX]/g, '');
      return id.length >= 4 ? id : null;
    }
    case 'mobile':
    case 'bank-card':
      return digits(text.normalize('NFKC')).length >= 4
        ? digits(text.normalize('NFKC')).replace(/^86(?=1\d{10}$)/, '')
        : null;
    case 'amount': {
      const amount = Number(text.normalize('NFKC').replaceAll(/[,，\s¥元]/g, ''));
      return text.trim() !== '' && Number.isFinite(amount) ? amount.toFixed(2) : null;
    }
    case 'name':
    case 'address':
      return plain(text) === '' ? null : plain(text);
  }
}

/** Every form in which a customer may say a stored value: the whole of it, and of long numbers the last four. */
export function formsOf(item: VerificationItem, value: string): string[] {
  const whole = comparable(item, value);
  if (whole === null) return [];
  if (item === 'birth-date') return whole.length === 8 ? [whole, whole.slice(4)] : [whole];
  if (item === 'id-number' || item === 'bank-card' || item === 'mobile') return [...new Set([whole, whole.slice(-4)])];
  return [whole];
}

/** Of one person and item: the same value of two people has two hashes, and none tells anything without the installation's key. */
const digestOf = (key: Uint8Array, customerId: string, item: VerificationItem, form: string): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([customerId, item, form]))
    .digest('base64url');

export const digestsOf = (key: Uint8Array, customerId: string, item: VerificationItem, value: string): string[] =>
  formsOf(item, value).map((form) => digestOf(key, customerId, item, form));

/** Whether what was said is one of the stored forms. */
export function matches(
  key: Uint8Array,
  { customerId, item, said }: { customerId: string; item: VerificationItem; said: string },
  digests: readonly string[],
): boolean {
  const form = comparable(item, said);
  if (form === null) return false;
  const digest = Buffer.from(digestOf(key, customerId, item, form));
  // All of them are compared: the time says nothing about which one it was.
  return (
    digests.filter((each) => each.length === digest.length && timingSafeEqual(Buffer.from(each), digest)).length > 0
  );
}

export type ItemState = { item: VerificationItem; tries: number; matched: boolean };
export type Identity = 'not-asked' | 'open' | 'passed' | 'failed';

/** Where the verification of a call stands: three items must match; it has failed once too few are left that could. */
export function identityOf(items: readonly ItemState[]): Identity {
  if (items.length === 0) return 'not-asked';
  const matched = items.filter((each) => each.matched).length;
  const possible = items.filter((each) => each.matched || each.tries < triesPerItem).length;
  const needed = Math.min(leastVerificationItems, items.length);
  if (matched >= needed) return 'passed';
  if (possible < needed) return 'failed';
  return items.every((each) => each.tries === 0) ? 'not-asked' : 'open';
}
