import { z } from 'zod';
import { cleanName, hasControl } from '../../kernel/clean-text.rule.ts';
import { oneLine } from '../../kernel/field.rule.ts';
import { fileFault } from '../../kernel/file/fault.rule.ts';
import type { NumberKind } from '../number.rule.ts';
import { detailHeading, furtherHeading } from './further-column.rule.ts';

export type ImportKind = 'customers' | 'audience';
export const fields = [
  'phone',
  'further-number',
  'number-kind',
  'number-until',
  'external-id',
  'name',
  'tier',
  'consent',
  'topics',
  'time-zone',
  'attribute',
  'ignore',
] as const;
export type Field = (typeof fields)[number];
/**
 * One column of the file: its heading, and what it means. `name` is what an attribute is kept as where that is not the
 * heading; `proposed` is what a heading looks like that is kept as something else. Of further numbers, `kind` is what the
 * heading says of them, and `of` names the column that a kind or a last day is about.
 */
export type Column = { header: string; field: Field; name?: string; proposed?: Field; kind?: NumberKind; of?: string };

/** What columns mean, by heading: a field, or `attribute:<name>`. */
export const Mapping = z.record(oneLine(200), z.union([z.enum(fields), oneLine(200).regex(/^attribute:\s*\S/)]));
export type Mapping = z.infer<typeof Mapping>;

const aliases: Readonly<Record<string, Field>> = {
  手机号: 'phone',
  手机号码: 'phone',
  手机: 'phone',
  phone: 'phone',
  mobile: 'phone',
  姓名: 'name',
  name: 'name',
  客户号: 'external-id',
  external_id: 'external-id',
  id: 'external-id',
  等级: 'tier',
  tier: 'tier',
  营销同意: 'consent',
  consent_marketing: 'consent',
  时区: 'time-zone',
  time_zone: 'time-zone',
  timezone: 'time-zone',
  'time zone': 'time-zone',
  主题: 'topics',
  topics: 'topics',
};
// Headings that people give these columns. They are proposed, not taken: a wrong guess of consent would write to people.
const lookAlikes: readonly (readonly [Field, RegExp])[] = [
  ['phone', /手机|电话|联系方式|手提|mobile|phone|^tel|cell/i],
  ['consent', /同意|许可|授权|允许|consent|opt.?in|agree|permission/i],
  [
    'external-id',
    /^(?:客户|会员|用户|顾客)(?:编号|号码|代码|id|标识)$|^(?:customer|client|cust|member|user)[ _-]?(?:id|no|number|code)\.?$/i,
  ],
  ['tier', /^(?:客户|会员|用户|vip)?(?:等级|级别|星级)$|^(?:customer|member)?[ _-]?(?:level|tier|grade|rank)$/i],
  ['name', /^(?:客户|会员|用户|顾客)?(?:姓名|名称|名字|称呼)$|^(?:customer|full|member|user)[ _-]?name$/i],
  ['topics', /主题|订阅|^topics?\b|subscri/i],
];
const maxColumns = 200;
const maxNameLength = 64;

/** The headings as they are compared; unnamed columns at the end, which spreadsheets like to add, are dropped. */
export function readHeadings(cells: readonly string[]): string[] {
  const headings = cells.map(cleanName);
  while (headings.at(-1) === '') headings.pop();
  return headings;
}

/**
 * What each cell of the header means. Of an audience only the phone and the customer id are ours, and the id is a variable
 * like the other columns as well: it only tells whose the number is. `mapping` overrules the headings.
 * Throws `import.phone-column-missing`, `import.column-duplicate`, `import.column-unnamed`, `import.column-name-unfit`,
 * `import.too-many-columns`, `import.mapping-unknown`, `import.number-detail-alone`.
 */
export function readHeader(kind: ImportKind, cells: readonly string[], line: number, mapping: Mapping = {}): Column[] {
  const headers = readHeadings(cells);
  if (headers.length > maxColumns) throw fileFault('import.too-many-columns', { line });
  const wanted = new Map(Object.entries(mapping).map(([header, meaning]) => [cleanName(header), meaning]));
  for (const header of wanted.keys())
    if (!headers.includes(header)) throw fileFault('import.mapping-unknown', { line, column: header });
  const columns = headers.map((header, index) => {
    const column = columnOf(kind, header, wanted.get(header));
    if (header === '') throw fileFault('import.column-unnamed', { line, column: index + 1 });
    if ([header, column.name ?? ''].some(unfit))
      throw fileFault('import.column-name-unfit', { line, column: index + 1 });
    return column;
  });
  const named = columns.some(({ field }) => field === 'phone') ? columns : withOnlyPhone(columns);
  const settled = kind === 'customers' ? withDetails(named, wanted, line) : named;
  const seen = new Set<string>();
  for (const column of settled) {
    const { header, field } = column;
    if (field === 'ignore') continue;
    const key = keyOf(column);
    if (seen.has(key)) throw fileFault('import.column-duplicate', { line, column: header });
    seen.add(key);
  }
  if (!seen.has('phone')) throw fileFault('import.phone-column-missing', { line });
  return settled;
}

const unfit = (name: string): boolean =>
  Array.from(name).length > maxNameLength || hasControl(name) || /[\r\n\uFFFD]/.test(name);

/** What only one column may mean. */
function keyOf({ header, field, name = header, of }: Column): string {
  if (field === 'attribute') return `attribute ${name}`;
  if (field === 'further-number') return `${field} ${header}`;
  return of === undefined ? field : `${field} ${of}`;
}

/** Which number a column of kinds or last days is about: the one that its heading names, else the one to its left. */
function withDetails(columns: Column[], wanted: ReadonlyMap<string, string>, line: number): Column[] {
  const numbers = columns.filter(({ field }) => field === 'further-number').map(({ header }) => header);
  return columns.map((column, index) => {
    const { header, field } = column;
    const described = field === 'attribute' && !wanted.has(header) ? detailHeading(header, numbers) : null;
    if (described !== null) return { header, ...described };
    if (field !== 'number-kind' && field !== 'number-until') return column;
    const left = columns.slice(0, index).findLast((each) => each.field === 'further-number')?.header;
    const of = detailHeading(header, numbers)?.of ?? left;
    if (of === undefined) throw fileFault('import.number-detail-alone', { line, column: header });
    return { ...column, of };
  });
}

// Every number of it is checked, so the only column that looks like one is taken for it.
function withOnlyPhone(columns: Column[]): Column[] {
  const proposed = columns.filter((column) => column.proposed === 'phone');
  const like = proposed.length > 0 ? proposed : columns.filter(({ field }) => field === 'further-number');
  return like.length === 1
    ? columns.map((column) => (column === like[0] ? { header: column.header, field: 'phone' } : column))
    : columns;
}

function columnOf(kind: ImportKind, header: string, meaning: string | undefined): Column {
  const isOurs = (field: Field | undefined): boolean =>
    field !== undefined && (kind === 'customers' || field === 'phone' || field === 'external-id');
  if (meaning !== undefined) {
    const name = /^attribute:(.*)$/s.exec(meaning)?.[1];
    if (name !== undefined) return { header, field: 'attribute', name: cleanName(name) };
    const field = meaning as Field;
    if (field === 'further-number' && isOurs(field)) return furtherColumn(header);
    return { header, field: field === 'ignore' || isOurs(field) ? field : 'attribute' };
  }
  const key = header.toLowerCase();
  const field = Object.hasOwn(aliases, key) ? aliases[key] : undefined;
  if (field && isOurs(field)) return { header, field };
  if (isOurs('further-number') && furtherHeading(header) !== undefined) return furtherColumn(header);
  const proposed = lookAlikes.find(([, pattern]) => pattern.test(header))?.[0];
  return { header, field: 'attribute', ...(isOurs(proposed) && proposed ? { proposed } : {}) };
}

function furtherColumn(header: string): Column {
  const kind = furtherHeading(header);
  return { header, field: 'further-number', ...(kind && { kind }) };
}
