import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const Row = z.object({
  id: z.string(),
  createdAt: z.date(),
  lastUsedAt: z.date(),
  expiresAt: z.date(),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
});
/** A place where somebody is signed in. `lastUsedAt` is exact to a quarter of an hour. */
export type SessionRow = z.infer<typeof Row>;

export const listSessions = (db: Db, staffId: string, now: Date): Promise<SessionRow[]> =>
  many(
    db,
    Row,
    sql`select id, created_at as "createdAt", updated_at as "lastUsedAt", expires_at as "expiresAt", ip_address as address, user_agent as "userAgent"
      from session where staff_id = ${staffId} and expires_at > ${now} order by updated_at desc, id`,
  );

export const findSessionByToken = (db: Db, token: string): Promise<{ id: string; staffId: string } | null> =>
  maybe(
    db,
    z.object({ id: z.string(), staffId: z.string() }),
    sql`select id, staff_id as "staffId" from session where token = ${token}`,
  );

export async function deleteSession(tx: Tx, staffId: string, sessionId: string): Promise<boolean> {
  const { rowCount } = await execute(tx, sql`delete from session where id = ${sessionId} and staff_id = ${staffId}`);
  return rowCount === 1;
}

/** Signs the person out everywhere but in the session named; with null, everywhere. Gives how many ended. */
export async function deleteSessionsOf(tx: Tx, staffId: string, except: string | null = null): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`delete from session where staff_id = ${staffId} and (${except}::uuid is null or id <> ${except})`,
  );
  return rowCount ?? 0;
}

/** True for somebody who is not there, too. */
export async function isDisabled(db: Db, staffId: string): Promise<boolean> {
  const { rows } = await execute(db, sql`select 1 from staff where id = ${staffId} and disabled_at is null`);
  return rows.length === 0;
}

export const findPasswordHash = async (db: Db, staffId: string): Promise<string | null> =>
  (
    await maybe(
      db,
      z.object({ password: z.string().nullable() }),
      sql`select password from account where staff_id = ${staffId} and provider_id = 'credential'`,
    )
  )?.password ?? null;

export const storePasswordHash = (tx: Tx, staffId: string, hash: string) =>
  execute(
    tx,
    sql`insert into account (id, account_id, provider_id, staff_id, password)
      values (${randomUUIDv7()}, ${staffId}, 'credential', ${staffId}, ${hash})
      on conflict (staff_id) where provider_id = 'credential' do update set password = excluded.password, updated_at = now()`,
  );

/** Everything but the password that lets somebody in: authenticator app, back-up codes, passkeys. */
export async function deleteSecondFactors(tx: Tx, staffId: string): Promise<void> {
  await execute(tx, sql`delete from two_factor where staff_id = ${staffId}`);
  await execute(tx, sql`delete from passkey where staff_id = ${staffId}`);
  await execute(tx, sql`update staff set two_factor_enabled = false where id = ${staffId}`);
}

const Passkey = z.object({ id: z.string(), name: z.string().nullable(), createdAt: z.date().nullable() });
export type PasskeyRow = z.infer<typeof Passkey>;
export const listPasskeys = (db: Db, staffId: string): Promise<PasskeyRow[]> =>
  many(
    db,
    Passkey,
    sql`select id, name, created_at as "createdAt" from passkey where staff_id = ${staffId} order by created_at, id`,
  );

export async function deletePasskey(tx: Tx, staffId: string, passkeyId: string): Promise<boolean> {
  const { rowCount } = await execute(tx, sql`delete from passkey where id = ${passkeyId} and staff_id = ${staffId}`);
  return rowCount === 1;
}

const Ways = z.object({ password: z.boolean(), totp: z.boolean() });
/** Which ways in somebody has set up beside passkeys. */
export const findWaysIn = (db: Db, staffId: string): Promise<z.infer<typeof Ways> | null> =>
  maybe(
    db,
    Ways,
    sql`select exists (select 1 from account a where a.staff_id = s.id and a.provider_id = 'credential' and a.password is not null) as password,
      coalesce(s.two_factor_enabled, false) as totp from staff s where s.id = ${staffId}`,
  );
