import { readZone } from '../time-zone.rule.ts';
import { cleanName, hasControl } from '../../kernel/clean-text.rule.ts';
import { normalizeMobile } from '../../kernel/phone.rule.ts';
import { readCell } from '../../kernel/spreadsheet-cell.rule.ts';
import type { Column, ImportKind } from './column.rule.ts';
import type { CsvRecord } from '../../kernel/file/whole-records.rule.ts';
import type { RowFault, RowReason } from '../../kernel/file/fault.rule.ts';
import {
  numbersIn,
  readKind,
  readNumbers,
  readUntil,
  type NumberCell,
  type NumberDetails,
  type SaidNumber,
} from './further-number.rule.ts';
import { maskCell } from './mask-cell.rule.ts';

export type Tier = 'diamond' | 'gold' | 'silver' | 'bronze';

/** What a row says of a customer. An absent key means that the file says nothing: what is known already stays. */
export type CustomerPayload = {
  externalId?: string;
  name?: string;
  tier?: Tier;
  consent?: boolean;
  topics?: string[];
  timeZone?: string;
  attributes?: Record<string, string>;
  /** Besides the first. */
  numbers?: SaidNumber[];
};
/** Of a member of an audience: every column but the phone, blank cells as ''. */
export type MemberPayload = Record<string, string>;
export type StagedRow = { line: number; phone: string; payload: CustomerPayload | MemberPayload };
/** `landLines`: how many cells of further numbers hold some, where any does. */
export type RowAnswer = { ok: true; row: StagedRow; landLines?: number } | { ok: false; faults: RowFault[] };

const tiers: Readonly<Record<string, Tier>> = {
  diamond: 'diamond',
  gold: 'gold',
  silver: 'silver',
  bronze: 'bronze',
  钻石: 'diamond',
  金牌: 'gold',
  银牌: 'silver',
  铜牌: 'bronze',
};
const answers: Readonly<Record<string, boolean>> = {
  是: true,
  1: true,
  true: true,
  y: true,
  yes: true,
  否: false,
  0: false,
  false: false,
  n: false,
  no: false,
};
const maxLength = {
  ignore: Number.POSITIVE_INFINITY,
  phone: 100,
  'further-number': 200,
  'number-kind': 40,
  'number-until': 40,
  'external-id': 64,
  name: 100,
  tier: 100,
  consent: 100,
  topics: 1_000,
  'time-zone': 64,
  attribute: 500,
} as const;

// ASCII without space, # ' = E e, and Chinese characters: as it stands such a cell is what the spreadsheet shows (readCell).
const plainCell = /^[!"$-&(-<>-DF-df-~\u4E00-\u9FFF]*$/;

/** Reads one record. `topics` gives the code for each code and each name that stands for exactly one. */
export function readRow(
  kind: ImportKind,
  columns: readonly Column[],
  topics: ReadonlyMap<string, string>,
  record: CsvRecord,
): RowAnswer {
  const faults: RowFault[] = [];
  const fail = (column: string, value: string, reason: RowReason): void => {
    faults.push({ line: record.line, column, value, reason });
  };
  const { cells } = record;
  if (cells.length < columns.length) fail(columns[cells.length]?.header ?? '', '', 'too-few-cells');
  if (cells.slice(columns.length).some((cell) => cell.trim() !== '')) fail('', '', 'too-many-cells');

  let phone = '';
  const said: CustomerPayload = {};
  const others: [string, string][] = [];
  const further: NumberCell[] = [];
  const described: NumberDetails = new Map();
  columns.forEach((column, index) => {
    const { header, field, name = header } = column;
    const cell = cells[index];
    if (cell === undefined || field === 'ignore') return;
    const refuse = (reason: RowReason): void => fail(header, maskCell(field, cell), reason);
    let value = cell;
    if (cell.length > maxLength[field] || !plainCell.test(cell)) {
      const unfit = unfitText(cell, maxLength[field]);
      if (unfit) return refuse(unfit);
      const read = readCell(cell);
      // Of a number its own reader tells what the spreadsheet did to it.
      if (!read.ok && ((field !== 'phone' && field !== 'further-number') || read.reason !== 'scientific-notation'))
        return refuse(read.reason);
      if (read.ok) value = read.value;
    }
    if (field === 'phone') {
      let mobile = normalizeMobile(value);
      if (!mobile.ok && kind === 'customers') {
        const [first = '', ...more] = numbersIn(value);
        if (more.length > 0) mobile = normalizeMobile(first);
        if (mobile.ok) further.push({ column: header, value: more.join('/') });
      }
      if (!mobile.ok) return refuse(`phone-${mobile.reason}`);
      phone = mobile.phone;
    } else if (field === 'further-number') {
      if (value !== '') further.push({ column: header, value, ...(column.kind && { kind: column.kind }) });
    } else if (field === 'number-kind' || field === 'number-until') {
      const reason = value === '' ? null : describe(described, column, value);
      if (reason) refuse(reason);
    } else if (field === 'attribute' || kind === 'audience') {
      if (value !== '' || kind === 'audience') others.push([name, field === 'external-id' ? idOf(value) : value]);
    } else if (value !== '') {
      const reason = readField(said, field, value, topics);
      if (reason) refuse(reason);
    }
  });
  let landLines = 0;
  if (further.length > 0) {
    const read = readNumbers(phone, further, described);
    for (const { column, value, reason } of read.faults) fail(column, maskCell('phone', value), reason);
    if (read.numbers.length > 0) said.numbers = read.numbers;
    landLines = read.landLines.length;
    others.push(...read.landLines);
  }
  if (faults.length > 0) return { ok: false, faults };
  // fromEntries, because assigning a column that is named __proto__ would lose it.
  const named = Object.fromEntries(others);
  if (kind === 'customers' && others.length > 0) said.attributes = named;
  const row = { line: record.line, phone, payload: kind === 'audience' ? named : said };
  return { ok: true, row, ...(landLines > 0 && { landLines }) };
}

function unfitText(cell: string, max: number): RowReason | null {
  if (cell.length > max && Array.from(cell).length > max) return 'too-long';
  if (cell.includes('\0')) return 'nul-byte';
  if (hasControl(cell)) return 'control-character';
  return cell.includes('\uFFFD') || !cell.isWellFormed() ? 'unreadable-character' : null;
}

/** One id has one writing: full-width digits are digits, and a spreadsheet adds `.0` to a number. */
const idOf = (value: string): string => cleanName(value).replace(/^(\d+)\.0+$/, '$1');

function describe(described: NumberDetails, { field, of = '' }: Column, value: string): RowReason | null {
  const key = cleanName(value).toLowerCase();
  const kind = field === 'number-kind' ? readKind(key) : null;
  const until = field === 'number-until' ? readUntil(key) : undefined;
  if (kind === null && until === undefined) return field === 'number-kind' ? 'unknown-number-kind' : 'not-a-day';
  described.set(of, { ...described.get(of), ...(kind !== null && { kind }), ...(until !== undefined && { until }) });
  return null;
}

type SaidField = Extract<Column['field'], 'external-id' | 'name' | 'tier' | 'consent' | 'topics' | 'time-zone'>;

function readField(
  said: CustomerPayload,
  field: SaidField,
  value: string,
  topics: ReadonlyMap<string, string>,
): RowReason | null {
  const key = cleanName(value).toLowerCase();
  if (field === 'external-id') said.externalId = idOf(value);
  else if (field === 'name') said.name = value;
  else if (field === 'time-zone') {
    const zone = readZone(key);
    if (zone === null) return 'unknown-time-zone';
    said.timeZone = zone;
  } else if (field === 'tier') {
    if (!Object.hasOwn(tiers, key)) return 'unknown-tier';
    said.tier = tiers[key] as Tier;
  } else if (field === 'consent') {
    if (!Object.hasOwn(answers, key)) return 'unknown-consent';
    said.consent = answers[key] as boolean;
  } else {
    const names = value.split(/[;；、]/).map((part) => part.trim());
    const codes = names.filter((name) => name !== '').map((name) => topics.get(name));
    if (codes.includes(undefined)) return 'unknown-topic';
    if (codes.length > 0) said.topics = [...new Set(codes as string[])];
  }
  return null;
}
