import { z } from 'zod';
import type { AuditEntry } from '../domain/audit.ts';
import { auditHash, auditRowDigest, genesisHash, type AuditRow } from '../signing/audit-chain.ts';
import { execute, many, maybe, sql, type Db, type Tx } from './sql.ts';

const Row = z.object({
  seq: z.number(),
  at: z.date().transform((at) => at.toISOString()),
  actor: z.string(),
  action: z.string(),
  objectKind: z.string(),
  objectId: z.string(),
  details: z.record(z.string(), z.unknown()),
  previousHash: z.string(),
  hash: z.string(),
});
const columns = sql`seq, at, actor, action, object_kind as "objectKind", object_id as "objectId", details, previous_hash as "previousHash", hash`;

// One writer at a time, or two rows would name the same predecessor. Taken last in a transaction, held until its commit.
const chainLock = 727_001;

/** Appends to the chain; call it as the last statement of the transaction that it records. */
export async function record(tx: Tx, entry: Omit<AuditEntry, 'at'>, at = new Date()): Promise<AuditRow> {
  await execute(tx, sql`select pg_advisory_xact_lock(${chainLock})`);
  const last = await maybe(
    tx,
    z.object({ seq: z.number(), hash: z.string() }),
    sql`select seq, hash from audit order by seq desc limit 1`,
  );
  const seq = (last?.seq ?? 0) + 1;
  const previousHash = last?.hash ?? genesisHash;
  const full: AuditEntry = { ...entry, at: at.toISOString() };
  const hash = auditHash(seq, previousHash, auditRowDigest(full, seq));
  await execute(
    tx,
    sql`insert into audit (seq, at, actor, action, object_kind, object_id, details, previous_hash, hash)
      values (${seq}, ${full.at}, ${full.actor}, ${full.action}, ${full.objectKind}, ${full.objectId}, ${JSON.stringify(full.details)}, ${previousHash}, ${hash})`,
  );
  return { ...full, seq, previousHash, hash };
}

/** Rows in order of seq, after `afterSeq`, of one object or of all. */
export const listAudit = (
  db: Db,
  filter: { afterSeq?: number; limit: number; objectKind?: string; objectId?: string },
): Promise<AuditRow[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from audit
      where seq > ${filter.afterSeq ?? 0}
        and (${filter.objectKind ?? null}::text is null or object_kind = ${filter.objectKind ?? null})
        and (${filter.objectId ?? null}::text is null or object_id = ${filter.objectId ?? null})
      order by seq limit ${filter.limit}`,
  );

/** Rows between two seqs, both included. */
export const auditBetween = (db: Db, from: number, to: number): Promise<AuditRow[]> =>
  many(db, Row, sql`select ${columns} from audit where seq between ${from} and ${to} order by seq`);
