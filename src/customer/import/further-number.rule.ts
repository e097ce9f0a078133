import { normalizeMobile } from '../../kernel/phone.rule.ts';
import { readDate } from '../../kernel/written-value.rule.ts';
import type { RowReason } from '../../kernel/file/fault.rule.ts';
import { numbersAtMost, type NumberKind } from '../number.rule.ts';

/**
 * A number that a row brings besides the first. `column` is where it stands in the file; what is absent the file does not
 * say, and `until` null says that it has no last day.
 */
export type SaidNumber = { phone: string; column: string; kind?: NumberKind; until?: string | null };
/** A cell with numbers, and the kind that its heading says. */
export type NumberCell = { column: string; value: string; kind?: NumberKind };
/** What other cells of the row say of the numbers of a column, by its heading. */
export type NumberDetails = Map<string, Pick<SaidNumber, 'kind' | 'until'>>;

const between = /[、/;；,，|｜\r\n]+|或|(?<=1[3-9]\d{9})\s+(?=(?:\+?86[\s-]?)?1[3-9])/u;

/** The numbers of a cell: people write several between 、 / ; and line ends. */
export const numbersIn = (cell: string): string[] =>
  cell
    .normalize('NFKC')
    .split(between)
    .map((part) => part.trim())
    .filter((part) => part !== '');

// Of an extension the library knows nothing, and those of a home or an office often have one.
const landLine = /^(?:\+?86[\s-]?)?\(?0\d{2,3}\)?[\s-]?\d{7,8}(?:\s?(?:-|转|ext\.?|x|#)\s?\d{1,6})?$/iu;

export type ReadNumbers = {
  numbers: SaidNumber[];
  /** Land lines, which are kept as further data under their heading: the house reaches people by mobile numbers. */
  landLines: [column: string, value: string][];
  faults: { column: string; value: string; reason: RowReason }[];
};

/** The numbers of a row besides `first`, each once, in the order of the file. */
export function readNumbers(first: string, cells: readonly NumberCell[], described: NumberDetails): ReadNumbers {
  const read: ReadNumbers = { numbers: [], landLines: [], faults: [] };
  const seen = new Set([first]);
  for (const { column, value, kind } of cells) {
    const said = { ...(kind && { kind }), ...described.get(column) };
    const lines: string[] = [];
    for (const part of numbersIn(value)) {
      const mobile = normalizeMobile(part);
      if (mobile.ok) {
        if (!seen.has(mobile.phone)) read.numbers.push({ phone: mobile.phone, column, ...said });
        seen.add(mobile.phone);
      } else if (mobile.reason === 'not-mobile' || landLine.test(part)) lines.push(part);
      else read.faults.push({ column, value: part, reason: `phone-${mobile.reason}` });
    }
    if (lines.length > 0) read.landLines.push([column, lines.join('、')]);
  }
  const over = read.numbers[numbersAtMost - 1];
  if (over) read.faults.push({ column: over.column, value: over.phone, reason: 'too-many-numbers' });
  return read;
}

const kinds: Readonly<Record<string, NumberKind>> = {
  手机: 'mobile',
  移动: 'mobile',
  移动电话: 'mobile',
  个人: 'mobile',
  mobile: 'mobile',
  cell: 'mobile',
  家庭: 'home',
  住宅: 'home',
  家: 'home',
  home: 'home',
  单位: 'work',
  公司: 'work',
  办公: 'work',
  工作: 'work',
  work: 'work',
  office: 'work',
  其他: 'other',
  其它: 'other',
  备用: 'other',
  other: 'other',
};
export const readKind = (value: string): NumberKind | null =>
  Object.hasOwn(kinds, value) ? (kinds[value] as NumberKind) : null;

const noLastDay = /^(?:长期|永久|无|无期限|不限|long|none|forever)$/;

/** The last day on which a number is its holder's: a day, null for none; undefined when it is neither. */
export function readUntil(value: string): string | null | undefined {
  if (noLastDay.test(value)) return null;
  const day = readDate(value.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3'));
  return day !== null && /^(?:19|2\d)\d\d-/.test(day) ? day : undefined;
}
