import type { ArchiveAuditRow } from '../../src/form/archive/format.rule.ts';
import { auditHash, auditRowDigest, genesisHash } from '../../src/house/audit/chain.rule.ts';

/** The rows with some changed (null: left out) and the whole chained anew, as whoever holds the table can. */
export function rechained(
  rows: readonly ArchiveAuditRow[],
  change: (row: ArchiveAuditRow) => Partial<ArchiveAuditRow> | null,
): ArchiveAuditRow[] {
  let objectPreviousHash = genesisHash;
  return rows.map((row) => {
    const changed = { ...row, ...change(row), objectPreviousHash };
    const hash = auditHash(changed.seq, changed.previousHash, auditRowDigest(changed, changed.seq));
    objectPreviousHash = hash;
    return { ...changed, hash };
  });
}
