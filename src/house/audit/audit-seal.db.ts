import { z } from 'zod';
import type { AuditSeal } from './audit-seal.rule.ts';
import { formActs, type SealedAct } from './on-record.rule.ts';
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

/** The acts that the signatures of a form consist of, each with its seal by that key: it was made, signed, and their keys approved. */
export async function actsOnRecord(
  db: Db,
  at: { subject: { kind: string; id: string }; credentialIds: readonly string[] },
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
      where (a.object_kind = ${at.subject.kind} and a.object_id = ${at.subject.id}
          and a.action = any(${[...formActs].map((act) => `${at.subject.kind}.${act}`)}::text[]))
        or (a.object_kind = 'credential' and a.object_id = any(${[...at.credentialIds]}::text[])
          and a.action in ('credential.approved', 'credential.revoked'))
      order by a.seq`,
  );
  return rows.map(({ seal, ...row }) => ({ row, seal }));
}

/** Archives that the record does not know, or whose last cited row is not there as they cite it; by what they are about. */
export const archivesOffRecord = (db: Db): Promise<{ subjectId: string; seq: number | null }[]> =>
  many(
    db,
    z.object({ subjectId: z.uuid(), seq: z.number().nullable() }),
    sql`select kept.subject_id as "subjectId", kept.audit_seq as seq from (
        select campaign_id as subject_id, audit_seq, audit_hash, created_at, digest, 'campaign' as object_kind,
          campaign_id as object_id, 'campaign.archive' as action from archive
        union all
        select f.subject_id, k.audit_seq, k.audit_hash, k.created_at, k.digest, 'export', k.form_id, 'form.archive'
          from form_archive k join form f on f.id = k.form_id) kept
      where not exists (select from audit a where a.seq = kept.audit_seq and a.hash = kept.audit_hash)
        or not exists (select from audit a where a.object_kind = kept.object_kind and a.object_id = kept.object_id::text
          and a.action = kept.action and a.details->>'fileDigest' = kept.digest)
      order by kept.created_at limit 1`,
  );
