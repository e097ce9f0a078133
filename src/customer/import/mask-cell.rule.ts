import { maskPhone } from '../../kernel/phone-mask.rule.ts';
import type { Field } from './column.rule.ts';

const plainSets: ReadonlySet<Field> = new Set(['tier', 'consent', 'topics', 'number-kind', 'time-zone']);

/**
 * Enough of a bad value to find it, not enough to use it: numbers keep their ends, closed sets lose their digits, all else
 * keeps one character. Control characters become `?`.
 */
export function maskCell(field: Field, value: string): string {
  const plain = value.trim().replaceAll(/\p{Cc}/gu, '?');
  if (plain === '') return '';
  if (field === 'phone' || field === 'further-number') return maskNumber(plain);
  if (plainSets.has(field)) {
    return Array.from(plain)
      .slice(0, 24)
      .join('')
      .replaceAll(/\p{Nd}/gu, '*');
  }
  return `${Array.from(plain)[0]}**`;
}

function maskNumber(value: string): string {
  const digits = value
    .normalize('NFKC')
    .replaceAll(/\D/g, '')
    .replace(/^(?:00)?86(?=1\d{10}$)/, '');
  return maskPhone(digits.length === 11 && digits.startsWith('1') ? `+86${digits}` : value);
}
