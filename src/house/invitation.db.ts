import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const Row = z.object({
  id: z.string(),
  staffId: z.string(),
  name: z.string(),
  email: z.string(),
  resetsSecondFactor: z.boolean(),
  /** Null: the system's own, for the first administrator. */
  createdBy: z.string().nullable(),
  expiresAt: z.date(),
});
export type Invitation = z.infer<typeof Row>;

const open = (now: Date) =>
  sql`i.used_at is null and i.revoked_at is null and i.expires_at > ${now} and s.disabled_at is null`;

/** One that can be used now, by the hash of its token. */
export const findOpenInvitation = (db: Db, tokenHash: string, now: Date): Promise<Invitation | null> =>
  maybe(
    db,
    Row,
    sql`select i.id, i.staff_id as "staffId", s.name, s.email, i.resets_second_factor as "resetsSecondFactor",
        i.created_by as "createdBy", i.expires_at as "expiresAt"
      from invitation i join staff s on s.id = i.staff_id where i.token_hash = ${tokenHash} and ${open(now)}`,
  );

/** Takes it, once: of two at the same moment one gets null. */
export const useInvitation = (tx: Tx, tokenHash: string, now: Date): Promise<Invitation | null> =>
  maybe(
    tx,
    Row,
    sql`update invitation i set used_at = ${now}, sealed_token = null from staff s
      where s.id = i.staff_id and i.token_hash = ${tokenHash} and ${open(now)}
      returning i.id, i.staff_id as "staffId", s.name, s.email, i.resets_second_factor as "resetsSecondFactor",
        i.created_by as "createdBy", i.expires_at as "expiresAt"`,
  );

export type NewInvitation = {
  id: string;
  staffId: string;
  tokenHash: string;
  resetsSecondFactor: boolean;
  createdBy: string | null;
  /** The token as only this installation can read it; null: never shown again. */
  sealedToken: string | null;
  expiresAt: Date;
};

/** The open link for a person that this caller made since then; what was made before forgets its token on the way. */
export async function findSealedToken(
  db: Db,
  about: { staffId: string; createdBy: string },
  since: Date,
  now: Date,
): Promise<{ sealedToken: string; expiresAt: Date } | null> {
  await forgetSealedBefore(db, since);
  return maybe(
    db,
    z.object({ sealedToken: z.string(), expiresAt: z.date() }),
    sql`select i.sealed_token as "sealedToken", i.expires_at as "expiresAt"
      from invitation i join staff s on s.id = i.staff_id
      where i.staff_id = ${about.staffId} and i.created_by = ${about.createdBy} and i.sealed_token is not null and ${open(now)}`,
  );
}

const Sealed = z.object({
  staffId: z.string(),
  name: z.string(),
  email: z.string(),
  sealedToken: z.string(),
  expiresAt: z.date(),
});

/** As `findSealedToken`, of everybody, the first made first. */
export async function listSealedTokens(
  db: Db,
  createdBy: string,
  since: Date,
  now: Date,
): Promise<z.infer<typeof Sealed>[]> {
  await forgetSealedBefore(db, since);
  return many(
    db,
    Sealed,
    sql`select i.staff_id as "staffId", s.name, s.email, i.sealed_token as "sealedToken", i.expires_at as "expiresAt"
      from invitation i join staff s on s.id = i.staff_id
      where i.created_by = ${createdBy} and i.sealed_token is not null and ${open(now)} order by i.created_at, i.id`,
  );
}

const forgetSealedBefore = (db: Db, since: Date) =>
  execute(db, sql`update invitation set sealed_token = null where sealed_token is not null and created_at <= ${since}`);

/** Adds one; those of the same person that were not used stop working. */
export async function insertInvitation(tx: Tx, given: NewInvitation, now: Date): Promise<void> {
  await revokeInvitationsOf(tx, given.staffId, now);
  await execute(
    tx,
    sql`insert into invitation
        (id, staff_id, token_hash, resets_second_factor, created_by, sealed_token, created_at, expires_at)
      values (${given.id}, ${given.staffId}, ${given.tokenHash}, ${given.resetsSecondFactor}, ${given.createdBy},
        ${given.sealedToken}, ${now}, ${given.expiresAt})`,
  );
}

export const revokeInvitationsOf = (tx: Tx, staffId: string, now: Date) =>
  execute(
    tx,
    sql`update invitation set revoked_at = ${now}, sealed_token = null
      where staff_id = ${staffId} and used_at is null and revoked_at is null`,
  );

/** Whether this person can sign in to the pages. */
export async function signsIn(db: Db, staffId: string): Promise<boolean> {
  const { rows } = await execute(
    db,
    sql`select 1 from account where staff_id = ${staffId} and (password is not null or provider_id <> 'credential') limit 1`,
  );
  return rows.length > 0;
}
