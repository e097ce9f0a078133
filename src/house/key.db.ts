import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const Row = z.object({
  id: z.string(),
  staffId: z.string(),
  name: z.string().nullable(),
  start: z.string().nullable(),
  enabled: z.boolean(),
  createdAt: z.date(),
  expiresAt: z.date().nullable(),
  lastUsedAt: z.date().nullable(),
});
/** An API key without its secret, which is stored nowhere. `start` is how it begins. */
export type KeyRow = z.infer<typeof Row>;

const selected = sql`select id, reference_id as "staffId", name, start, enabled, created_at as "createdAt", expires_at as "expiresAt",
  nullif(updated_at, created_at) as "lastUsedAt" from api_key`;

export const listKeys = (db: Db, staffId: string | null): Promise<KeyRow[]> =>
  many(db, Row, sql`${selected} where ${staffId}::uuid is null or reference_id = ${staffId} order by created_at, id`);

export const findKey = (db: Db, keyId: string): Promise<KeyRow | null> =>
  maybe(db, Row, sql`${selected} where id = ${keyId}`);

/** False when it was revoked before. */
export async function revokeKey(tx: Tx, keyId: string): Promise<boolean> {
  const { rowCount } = await execute(tx, sql`update api_key set enabled = false where id = ${keyId} and enabled`);
  return rowCount === 1;
}

export async function revokeKeysOf(tx: Tx, staffId: string): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`update api_key set enabled = false where reference_id = ${staffId} and enabled`,
  );
  return rowCount ?? 0;
}

export async function deleteKey(db: Db, keyId: string): Promise<void> {
  await execute(db, sql`delete from api_key where id = ${keyId}`);
}

export async function countKeys(db: Db): Promise<number> {
  const { rows } = await execute(db, sql`select count(*)::int as count from api_key`);
  return Number(rows[0].count);
}
