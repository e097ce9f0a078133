import { listAudit } from '../db/audit.ts';
import { auditHash, auditRowDigest, genesisHash } from '../signing/audit-chain.ts';
import { demand, type Context } from './context.ts';

export type ChainVerdict = { holds: boolean; rows: number; lastHash: string; brokenAt: number | null };

const page = 1000;

/** Recomputes every hash from the first row on. `brokenAt` is the first seq that is missing, changed or out of order. */
export async function checkAuditChain(ctx: Context): Promise<ChainVerdict> {
  demand(ctx, 'audit:read');
  let lastHash = genesisHash;
  let rows = 0;
  for (;;) {
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
