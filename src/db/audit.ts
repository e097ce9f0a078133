import { z } from 'zod';
import type { AuditEntry } from '../domain/audit.ts';
import { auditHash, auditRowDigest, genesisHash, type AuditRow } from '../signing/audit-chain.ts';
import { makeAuditSeal } from '../signing/audit-seal.ts';
import { sealedActions } from '../signing/on-record.ts';
import type { SealKey } from '../signing/seal.ts';
import { insertAuditSeal } from './audit-seal.ts';
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

/**
 * Appends to the chain; call it as the last statement of the transaction that it records. An act that signatures rely on is
 * sealed with it: `sealKey` shows later that a process of the installation wrote it.
 */
export async function record(
  tx: Tx,
  entry: Omit<AuditEntry, 'at'>,
  at = new Date(),
  sealKey?: Pick<SealKey, 'publicKey' | 'sign'>,
): Promise<AuditRow> {
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
  if (sealKey && sealedActions.has(full.action))
    await insertAuditSeal(tx, makeAuditSeal(sealKey, 'act', { seq, hash }, new Date()));
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

const Named = Row.extend({ staffName: z.string().nullable(), campaignNumber: z.string().nullable() });
/** With the name of who acted (null: the system) and, for a campaign, its number. */
export type NamedAuditRow = z.infer<typeof Named>;

export type AuditFilter = {
  objectKind?: string | undefined;
  objectId?: string | undefined;
  actor?: string | undefined;
  /** `campaign.pause`, or all acts of a noun: `campaign`. */
  action?: string | undefined;
  from?: Date | undefined;
  until?: Date | undefined;
  beforeSeq?: number | undefined;
  limit: number;
};

/** Newest first. Each filter narrows an index scan by seq, so a page costs the same in a record of any length. */
export function searchAudit(db: Db, filter: AuditFilter): Promise<NamedAuditRow[]> {
  const { action } = filter;
  const conditions = [
    filter.beforeSeq !== undefined && sql`a.seq < ${filter.beforeSeq}`,
    filter.objectKind !== undefined && sql`a.object_kind = ${filter.objectKind}`,
    filter.objectId !== undefined && sql`a.object_id = ${filter.objectId}`,
    filter.actor !== undefined && sql`a.actor = ${filter.actor}`,
    action !== undefined && (action.includes('.') ? sql`a.action = ${action}` : sql`a.action like ${`${action}.%`}`),
    filter.from !== undefined && sql`a.at >= ${filter.from}`,
    filter.until !== undefined && sql`a.at < ${filter.until}`,
  ].filter((each) => each !== false);
  const where = conditions.reduce((all, each) => sql`${all} and ${each}`, sql`true`);
  return many(
    db,
    Named,
    sql`select a.seq, a.at, a.actor, a.action, a.object_kind as "objectKind", a.object_id as "objectId", a.details, a.previous_hash as "previousHash", a.hash,
        s.name as "staffName", c.number as "campaignNumber"
      from (select * from audit a where ${where} order by a.seq desc limit ${filter.limit}) a
        left join staff s on a.actor = 'staff:' || s.id
        left join campaign c on a.object_kind in ('campaign', 'export') and a.object_id = c.id::text
      order by a.seq desc`,
  );
}

/** 0 before the first row. */
export async function lastAuditSeq(db: Db): Promise<number> {
  const row = await maybe(db, z.object({ seq: z.number() }), sql`select seq from audit order by seq desc limit 1`);
  return row?.seq ?? 0;
}

/** Rows between two seqs, both included. */
export const auditBetween = (db: Db, from: number, to: number): Promise<AuditRow[]> =>
  many(db, Row, sql`select ${columns} from audit where seq between ${from} and ${to} order by seq`);
