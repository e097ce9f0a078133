import { listAudit, searchAudit, type AuditFilter, type NamedAuditRow } from '../db/audit.ts';
import { archivesOffRecord, auditSealsBetween, auditSealSummary } from '../db/audit-seal.ts';
import { auditSealHolds, type AuditSeal } from '../signing/audit-seal.ts';
import { fingerprintOf } from '../signing/evidence.ts';
import { auditHash, auditRowDigest, genesisHash } from '../signing/audit-chain.ts';
import { demand, type Context } from './context.ts';

/** The record, newest first; see `searchAudit`. */
export function browseAudit(ctx: Context, filter: AuditFilter): Promise<NamedAuditRow[]> {
  demand(ctx, 'audit:read');
  return searchAudit(ctx.pool, filter);
}

/**
 * `empty`: an installation has rows from its first start on. `chain`: a row does not follow from the one before. `seal`: a row
 * is not the one that was sealed. `cut-off`: rows that were sealed are gone from the end. `seal-file`: seals were made, and the
 * file that keeps them outside the database is not there. `archive`: a row that an archive cites is not there.
 */
export type ChainFault = 'empty' | 'chain' | 'seal' | 'cut-off' | 'seal-file' | 'archive';

/** `sealed`: the last row whose seal outside the database was compared; null when none was. */
export type ChainVerdict = {
  holds: boolean;
  rows: number;
  lastHash: string;
  brokenAt: number | null;
  fault: ChainFault | null;
  sealed: { seq: number; at: string; fingerprint: string } | null;
};

const page = 1000;

/**
 * Recomputes every hash from the first row on and compares with the seals, those in the file outside the database first of
 * all: hashes alone prove an order, not an end, and who can rewrite the table can chain it anew. `brokenAt` is the first seq
 * that is missing, changed or out of order. `onProgress` hears how many rows held so far, at most once a second.
 */
export async function checkAuditChain(
  ctx: Context,
  onProgress?: (rows: number) => Promise<unknown>,
): Promise<ChainVerdict> {
  demand(ctx, 'audit:read');
  const file = await ctx.seals?.read();
  const known = new Map<number, string>();
  let sealed: ChainVerdict['sealed'] = null;
  let lastHash = genesisHash;
  let rows = 0;
  const verdict = (fault: ChainFault | null, brokenAt: number | null = null): ChainVerdict => ({
    holds: fault === null,
    rows,
    lastHash,
    brokenAt,
    fault,
    sealed,
  });
  for (const { seq, hash, at, publicKey } of file?.seals ?? []) {
    if ((known.get(seq) ?? hash) !== hash) return verdict('seal', seq);
    known.set(seq, hash);
    if (seq >= (sealed?.seq ?? 0))
      sealed = { seq, at, fingerprint: fingerprintOf(Buffer.from(publicKey, 'base64url')) };
  }
  const own = (seal: AuditSeal): boolean => seal.publicKey === ctx.seals?.key.publicKey && auditSealHolds(seal);
  let told = performance.now();
  for (;;) {
    if (onProgress && performance.now() - told > 1_000) {
      told = performance.now();
      await onProgress(rows);
    }
    const batch = await listAudit(ctx.pool, { afterSeq: rows, limit: page });
    for (const seal of (await auditSealsBetween(ctx.pool, rows + 1, rows + page)).filter(own)) {
      if ((known.get(seal.seq) ?? seal.hash) !== seal.hash) return verdict('seal', seal.seq);
      known.set(seal.seq, seal.hash);
    }
    for (const row of batch) {
      const expected = auditHash(rows + 1, lastHash, auditRowDigest(row, rows + 1));
      if (row.seq !== rows + 1 || row.previousHash !== lastHash || row.hash !== expected)
        return verdict('chain', rows + 1);
      if ((known.get(row.seq) ?? row.hash) !== row.hash) return verdict('seal', row.seq);
      rows = row.seq;
      lastHash = row.hash;
    }
    if (batch.length < page) break;
  }
  if (Math.max(0, ...known.keys()) > rows) return verdict('cut-off', rows + 1);
  const beyond = await auditSealsBetween(ctx.pool, rows + 1, Number.MAX_SAFE_INTEGER);
  if (beyond.some(own)) return verdict('cut-off', rows + 1);
  if (rows === 0) return verdict('empty', 1);
  if (ctx.seals && file?.seals.length === 0 && (await auditSealSummary(ctx.pool)).count > 0)
    return verdict('seal-file');
  const [archive] = await archivesOffRecord(ctx.pool);
  return archive ? verdict('archive', archive.seq) : verdict(null);
}
