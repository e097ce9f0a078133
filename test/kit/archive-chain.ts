import type { ArchiveAuditRow } from '../../src/form/archive/format.rule.ts';
import type { AuditEntry } from '../../src/house/audit/audit.rule.ts';
import { auditHash, auditRowDigest, genesisHash } from '../../src/house/audit/chain.rule.ts';

/** Chains entries; of those about somebody else only what follows them remains. */
export function chain(
  firstSeq: number,
  previousHash: string,
  entries: readonly (AuditEntry & { foreign?: boolean })[],
): ArchiveAuditRow[] {
  let hash = previousHash;
  let objectPreviousHash = genesisHash;
  return entries.flatMap(({ foreign = false, ...entry }, index) => {
    const seq = firstSeq + index;
    const row = { ...entry, seq, previousHash: hash, objectPreviousHash: foreign ? genesisHash : objectPreviousHash };
    hash = auditHash(seq, row.previousHash, auditRowDigest(row, seq));
    if (foreign) return [];
    objectPreviousHash = hash;
    return [{ ...row, hash }];
  });
}

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
