import { z } from 'zod';
import type { AuditEntry } from './audit.rule.ts';
import { auditHash, auditRowDigest, genesisHash, type AuditRow } from './chain.rule.ts';
import { makeAuditSeal } from './audit-seal.rule.ts';
import { isSealedAct } from './on-record.rule.ts';
import type { SealKey } from './seal-key.rule.ts';
import { insertAuditSeal } from './audit-seal.db.ts';
import { execute, many, maybe, sql, type Db, type Sql, type Tx } from '../../kernel/sql.db.ts';
import { hold } from '../../kernel/lock.db.ts';

const Row = z.object({
  seq: z.number(),
  at: z.date().transform((at) => at.toISOString()),
  actor: z.string(),
  action: z.string(),
  objectKind: z.string(),
  objectId: z.string(),
  details: z.record(z.string(), z.unknown()),
  previousHash: z.string(),
  objectPreviousHash: z.string().nullable(),
  hash: z.string(),
});
const columns = sql`seq, at, actor, action, object_kind as "objectKind", object_id as "objectId", details, previous_hash as "previousHash",
  object_previous_hash as "objectPreviousHash", hash`;

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
  await hold(tx, 'auditChain');
  const last = await maybe(
    tx,
    z.object({ seq: z.number(), hash: z.string() }),
    sql`select seq, hash from audit order by seq desc limit 1`,
  );
  const seq = (last?.seq ?? 0) + 1;
  const previousHash = last?.hash ?? genesisHash;
  const full: AuditEntry = { ...entry, at: at.toISOString() };
  const objectPreviousHash = (await lastAbout(tx, full)) ?? genesisHash;
  const hash = auditHash(seq, previousHash, auditRowDigest({ ...full, objectPreviousHash }, seq));
  await execute(
    tx,
    sql`insert into audit (seq, at, actor, action, object_kind, object_id, details, previous_hash, object_previous_hash, hash)
      values (${seq}, ${full.at}, ${full.actor}, ${full.action}, ${full.objectKind}, ${full.objectId}, ${JSON.stringify(full.details)}, ${previousHash},
        ${objectPreviousHash}, ${hash})`,
  );
  if (sealKey && isSealedAct(full.action))
    await insertAuditSeal(tx, makeAuditSeal(sealKey, 'act', { seq, hash }, new Date()));
  return { ...full, seq, previousHash, objectPreviousHash, hash };
}

async function lastAbout(tx: Tx, { objectKind, objectId }: AuditEntry): Promise<string | null> {
  const row = await maybe(
    tx,
    z.object({ hash: z.string() }),
    sql`select hash from audit where object_kind = ${objectKind} and object_id = ${objectId} order by seq desc limit 1`,
  );
  return row?.hash ?? null;
}

export type AuditFilter = {
  objectKind?: string | undefined;
  objectId?: string | undefined;
  actor?: string | undefined;
  /** `campaign.pause`, or all acts of a noun: `campaign`. */
  action?: string | undefined;
  from?: Date | undefined;
  until?: Date | undefined;
  afterSeq?: number | undefined;
  beforeSeq?: number | undefined;
  limit: number;
};

function within(filter: Omit<AuditFilter, 'limit'>): Sql {
  const { action } = filter;
  const conditions = [
    filter.afterSeq !== undefined && sql`a.seq > ${filter.afterSeq}`,
    filter.beforeSeq !== undefined && sql`a.seq < ${filter.beforeSeq}`,
    filter.objectKind !== undefined && sql`a.object_kind = ${filter.objectKind}`,
    filter.objectId !== undefined && sql`a.object_id = ${filter.objectId}`,
    filter.actor !== undefined && sql`a.actor = ${filter.actor}`,
    action !== undefined && (action.includes('.') ? sql`a.action = ${action}` : sql`a.action like ${`${action}.%`}`),
    filter.from !== undefined && sql`a.at >= ${filter.from}`,
    filter.until !== undefined && sql`a.at < ${filter.until}`,
  ].filter((each) => each !== false);
  return conditions.reduce((all, each) => sql`${all} and ${each}`, sql`true`);
}

/** Rows in order of seq. */
export const listAudit = (db: Db, filter: AuditFilter): Promise<AuditRow[]> =>
  many(db, Row, sql`select ${columns} from audit a where ${within(filter)} order by a.seq limit ${filter.limit}`);

/** Newest first. Each filter narrows an index scan by seq, so a page costs the same in a record of any length. */
export const searchAudit = (db: Db, filter: AuditFilter): Promise<AuditRow[]> =>
  many(db, Row, sql`select ${columns} from audit a where ${within(filter)} order by a.seq desc limit ${filter.limit}`);

/** 0 before the first row. */
export async function lastAuditSeq(db: Db): Promise<number> {
  const row = await maybe(db, z.object({ seq: z.number() }), sql`select seq from audit order by seq desc limit 1`);
  return row?.seq ?? 0;
}

/** The rows about one object, whole, in order of seq. */
export const auditOf = (db: Db, objectKind: string, objectId: string): Promise<AuditRow[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from audit where object_kind = ${objectKind} and object_id = ${objectId} order by seq`,
  );

/** The first row in that span that does not follow the row before about the same object. */
export const firstOutOfLine = (db: Db, from: number, to: number): Promise<{ seq: number } | null> =>
  maybe(
    db,
    z.object({ seq: z.number() }),
    sql`select a.seq from audit a left join lateral (
        select b.hash from audit b
        where b.object_kind = a.object_kind and b.object_id = a.object_id and b.seq < a.seq order by b.seq desc limit 1) before on true
      where a.seq between ${from} and ${to} and a.object_previous_hash <> coalesce(before.hash, ${genesisHash})
      order by a.seq limit 1`,
  );
