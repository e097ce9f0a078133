import { fileFault } from './fault.ts';

export type ImportKind = 'customers' | 'audience';
export type Field = 'phone' | 'external-id' | 'name' | 'tier' | 'consent' | 'topics' | 'attribute';
/** One column of the file: its name as written, and what it means. */
export type Column = { header: string; field: Field };

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
  主题: 'topics',
  topics: 'topics',
};
const maxColumns = 200;
const maxNameLength = 64;

/**
 * What each cell of the header means. Of an audience only the phone and the customer id are ours, and the id is a variable
 * like the other columns as well: it only tells whose the number is. Unnamed columns at the end, which spreadsheets like to add, are dropped.
 * Throws `import.phone-column-missing`, `import.column-duplicate`, `import.column-unnamed`, `import.column-name-unfit`,
 * `import.too-many-columns`.
 */
export function readHeader(kind: ImportKind, cells: readonly string[], line: number): Column[] {
  const headers = cells.map((cell) => cell.normalize('NFKC').trim());
  while (headers.at(-1) === '') headers.pop();
  if (headers.length > maxColumns) throw fileFault('import.too-many-columns', { line });
  const seen = new Set<string>();
  const columns = headers.map((header, index) => {
    if (header === '') throw fileFault('import.column-unnamed', { line, column: index + 1 });
    if (Array.from(header).length > maxNameLength || /[\p{Cc}\uFFFD]/u.test(header)) {
      throw fileFault('import.column-name-unfit', { line, column: index + 1 });
    }
    const column: Column = { header, field: fieldOf(kind, header) };
    const key = column.field === 'attribute' ? `attribute ${header}` : column.field;
    if (seen.has(key)) throw fileFault('import.column-duplicate', { line, column: header });
    seen.add(key);
    return column;
  });
  if (!seen.has('phone')) throw fileFault('import.phone-column-missing', { line });
  return columns;
}

function fieldOf(kind: ImportKind, header: string): Field {
  const key = header.toLowerCase();
  const field = Object.hasOwn(aliases, key) ? aliases[key] : undefined;
  if (field === undefined || (kind === 'audience' && field !== 'phone' && field !== 'external-id')) return 'attribute';
  return field;
}
