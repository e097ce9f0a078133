import { z } from 'zod';
import type { AuditSeal } from './audit-seal.rule.ts';
import type { SealedAct } from './on-record.rule.ts';
import { execute, many, maybe, one, sql, type Db } from '../../kernel/sql.db.ts';

const Seal = z.object({
  kind: z.enum(['head', 'act']),
  seq: z.number(),
  hash: z.string(),
  at: z.string(),
  publicKey: z.string(),
  signature: z.string(),
}) satisfies z.ZodType<AuditSeal>;

export const insertAuditSeal = (db: Db, { kind, seq, hash, at, publicKey, signature }: AuditSeal) =>
  execute(
    db,
    sql`insert into audit_seal (kind, seq, hash, at, public_key, signature)
      values (${kind}, ${seq}, ${hash}, ${at}, ${publicKey}, ${signature}) on conflict do nothing`,
  );

/** Seals of rows `from` to `until`, both included, in order of seq. */
export const auditSealsBetween = (db: Db, from: number, until: number): Promise<AuditSeal[]> =>
  many(
    db,
    Seal,
    sql`select kind, seq, hash, at, public_key as "publicKey", signature from audit_seal
      where seq between ${from} and ${until} order by seq`,
  );

/** How many there are, and of which row the last is. */
export const auditSealSummary = (db: Db): Promise<{ count: number; lastSeq: number | null }> =>
  one(
    db,
    z.object({ count: z.number(), lastSeq: z.number().nullable() }),
    sql`select count(*)::int as count, max(seq) as "lastSeq" from audit_seal`,
  );

const Head = z.object({ seq: z.number(), hash: z.string() });

export const auditHead = (db: Db): Promise<z.infer<typeof Head> | null> =>
  maybe(db, Head, sql`select seq, hash from audit order by seq desc limit 1`);

export async function auditHashAt(db: Db, seq: number): Promise<string | null> {
  return (await maybe(db, Head, sql`select seq, hash from audit where seq = ${seq}`))?.hash ?? null;
}

const Act = z.object({
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
  seal: Seal.nullable(),
});

/** The acts that a campaign's signatures consist of, each with its seal by that key. */
export async function actsOnRecord(
  db: Db,
  at: { campaignId: string; credentialIds: readonly string[] },
  publicKey: string,
): Promise<SealedAct[]> {
  const rows = await many(
    db,
    Act,
    sql`select a.seq, a.at, a.actor, a.action, a.object_kind as "objectKind", a.object_id as "objectId", a.details,
        a.previous_hash as "previousHash", a.object_previous_hash as "objectPreviousHash", a.hash,
        (select jsonb_build_object('kind', s.kind, 'seq', s.seq, 'hash', s.hash, 'at', s.at, 'publicKey', s.public_key, 'signature', s.signature)
          from audit_seal s where s.kind = 'act' and s.seq = a.seq and s.hash = a.hash and s.public_key = ${publicKey}) as seal
      from audit a
      where (a.object_kind = 'campaign' and a.object_id = ${at.campaignId} and a.action in ('campaign.freeze', 'campaign.sign'))
        or (a.object_kind = 'credential' and a.object_id = any(${[...at.credentialIds]}::text[])
          and a.action in ('credential.approved', 'credential.revoked'))
      order by a.seq`,
  );
  return rows.map(({ seal, ...row }) => ({ row, seal }));
}

/** Archives that the record does not know, or whose last cited row is not there as they cite it. */
export const archivesOffRecord = (db: Db): Promise<{ campaignId: string; seq: number | null }[]> =>
  many(
    db,
    z.object({ campaignId: z.uuid(), seq: z.number().nullable() }),
    sql`select c.campaign_id as "campaignId", c.audit_seq as seq from archive c
      where not exists (select from audit a where a.seq = c.audit_seq and a.hash = c.audit_hash)
        or not exists (select from audit a where a.object_kind = 'campaign' and a.object_id = c.campaign_id::text
          and a.action = 'campaign.archive' and a.details->>'fileDigest' = c.digest)
      order by c.created_at limit 1`,
  );
