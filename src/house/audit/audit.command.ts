import { randomUUIDv7 } from 'node:crypto';
import { firstOutOfLine, lastAuditSeq, listAudit, searchAudit, type AuditFilter } from './audit.db.ts';
import { findAuditNames, listActors } from './audit-name.db.ts';
import { actorId, refsOf } from './audit-detail.rule.ts';
import { archivesOffRecord, auditSealsBetween, auditSealSummary } from './audit-seal.db.ts';
import { auditSealHolds, type AuditSeal } from './audit-seal.rule.ts';
import { fingerprintOf } from '../evidence.rule.ts';
import { auditHash, auditRowDigest, genesisHash, type AuditRow } from './chain.rule.ts';
import { demand, mutate, type Context } from '../context.ts';

/** What things of the record are called now, by `kind:id`. */
export type AuditNames = Awaited<ReturnType<typeof findAuditNames>>;
type Filter = Omit<AuditFilter, 'limit' | 'afterSeq'>;

/** The record, newest first, with the names of what its rows are about. */
export async function browseAudit(
  ctx: Context,
  filter: Filter & { limit: number },
): Promise<{ rows: AuditRow[]; names: AuditNames }> {
  demand(ctx, 'audit:read');
  const rows = await searchAudit(ctx.pool, filter);
  return { rows, names: await findAuditNames(ctx.pool, rows.flatMap(refsOf)) };
}

/** Everybody who may have acted. */
export function auditActors(ctx: Context): ReturnType<typeof listActors> {
  demand(ctx, 'audit:read');
  return listActors(ctx.pool);
}

const rowsAtOnce = 1_000;

/**
 * Every row that the filter finds, newest first, a page at a time while the file leaves. Put on record first.
 */
export async function exportAudit(
  ctx: Context,
  filter: Omit<Filter, 'beforeSeq'>,
): Promise<AsyncGenerator<{ row: AuditRow; names: AuditNames }>> {
  const { actor, action, objectKind, objectId, from, until } = filter;
  const by = actor === undefined ? null : actorId(actor);
  await mutate(ctx, 'audit:read', () =>
    Promise.resolve({
      result: undefined,
      audit: {
        action: 'audit.export',
        objectKind: 'audit',
        objectId: randomUUIDv7(),
        details: {
          ...(actor !== undefined && { actorId: by ?? actor }),
          ...(action !== undefined && { action }),
          ...(objectKind !== undefined && { objectKind }),
          ...(objectId !== undefined && { object: objectId }),
          ...(from !== undefined && { from: from.toISOString() }),
          ...(until !== undefined && { until: until.toISOString() }),
        },
      },
    }),
  );
  const last = await lastAuditSeq(ctx.pool);
  return rowsOf(ctx, filter, last);
}

async function* rowsOf(ctx: Context, filter: Filter, beforeSeq: number) {
  for (let before = beforeSeq; ;) {
    const { rows, names } = await browseAudit(ctx, { ...filter, beforeSeq: before, limit: rowsAtOnce });
    for (const row of rows) yield { row, names };
    const last = rows.at(-1);
    if (!last || rows.length < rowsAtOnce) return;
    before = last.seq;
  }
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
    const outOfLine = await firstOutOfLine(ctx.pool, (batch[0]?.seq ?? rows) || 1, rows);
    if (outOfLine) return verdict('chain', outOfLine.seq);
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
