import { listAudit, searchAudit, type AuditFilter, type NamedAuditRow } from '../db/audit.ts';
import { auditHash, auditRowDigest, genesisHash } from '../signing/audit-chain.ts';
import { demand, type Context } from './context.ts';

/** The record, newest first; see `searchAudit`. */
export function browseAudit(ctx: Context, filter: AuditFilter): Promise<NamedAuditRow[]> {
  demand(ctx, 'audit:read');
  return searchAudit(ctx.pool, filter);
}

export type ChainVerdict = { holds: boolean; rows: number; lastHash: string; brokenAt: number | null };

const page = 1000;

/**
 * Recomputes every hash from the first row on. `brokenAt` is the first seq that is missing, changed or out of order.
 * `onProgress` hears how many rows held so far, at most once a second.
 */
export async function checkAuditChain(
  ctx: Context,
  onProgress?: (rows: number) => Promise<unknown>,
): Promise<ChainVerdict> {
  demand(ctx, 'audit:read');
  let lastHash = genesisHash;
  let rows = 0;
  let told = performance.now();
  for (;;) {
    if (onProgress && performance.now() - told > 1_000) {
      told = performance.now();
      await onProgress(rows);
    }
    const batch = await listAudit(ctx.pool, { afterSeq: rows, limit: page });
    for (const row of batch) {
      const expected = auditHash(rows + 1, lastHash, auditRowDigest(row, rows + 1));
      if (row.seq !== rows + 1 || row.previousHash !== lastHash || row.hash !== expected) {
        return { holds: false, rows, lastHash, brokenAt: rows + 1 };
      }
      rows = row.seq;
      lastHash = row.hash;
    }
    if (batch.length < page) return { holds: true, rows, lastHash, brokenAt: null };
  }
}
