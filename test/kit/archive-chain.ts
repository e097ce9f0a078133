import type { ArchiveAuditRow } from '../../src/form/archive/format.rule.ts';
import { auditHash, auditRowDigest } from '../../src/house/audit/chain.rule.ts';

type Row = Extract<ArchiveAuditRow, { hash: string }>;
/** The rows with some own ones changed (null: left out) and the whole chained anew, as whoever holds the table can. */
export function rechained(
  rows: readonly ArchiveAuditRow[],
  change: (row: Row) => Partial<Row> | null,
): ArchiveAuditRow[] {
  let hash = 'ab'.repeat(32);
  return rows.map((row) => {
    const previousHash = hash;
    const own = 'hash' in row ? { ...row, ...change(row) } : null;
    const rowDigest = own ? auditRowDigest(own, own.seq) : (row as { rowDigest: string }).rowDigest;
    hash = auditHash(row.seq, previousHash, rowDigest);
    return own ? { ...own, previousHash, hash } : row;
  });
}
