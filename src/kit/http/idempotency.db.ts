import { z } from 'zod';
import { execute, maybe, sql, type Db } from '../../kernel/sql.db.ts';

const Row = z.object({ requestDigest: z.string(), status: z.number().nullable(), body: z.unknown() });
/** `status` is null while the first request with this key is still being answered. */
export type StoredAnswer = z.infer<typeof Row>;

/** Null when the key is new and now belongs to this request; otherwise what is known of the first one. */
export async function claimIdempotencyKey(
  db: Db,
  staffId: string,
  key: string,
  requestDigest: string,
): Promise<StoredAnswer | null> {
  const { rowCount } = await execute(
    db,
    sql`insert into idempotency_key (staff_id, key, request_digest) values (${staffId}, ${key}, ${requestDigest}) on conflict do nothing`,
  );
  if (rowCount === 1) return null;
  const stored = await maybe(
    db,
    Row,
    sql`select request_digest as "requestDigest", status, body from idempotency_key where staff_id = ${staffId} and key = ${key}`,
  );
  // Given up between the two statements: this request may have it now.
  return stored ?? claimIdempotencyKey(db, staffId, key, requestDigest);
}

export async function storeAnswer(db: Db, staffId: string, key: string, status: number, body: unknown): Promise<void> {
  await execute(
    db,
    sql`update idempotency_key set status = ${status}, body = ${JSON.stringify(body ?? null)} where staff_id = ${staffId} and key = ${key}`,
  );
}

export async function releaseIdempotencyKey(db: Db, staffId: string, key: string): Promise<void> {
  await execute(db, sql`delete from idempotency_key where staff_id = ${staffId} and key = ${key} and status is null`);
}

export async function forgetAnswersBefore(db: Db, before: Date): Promise<void> {
  await execute(db, sql`delete from idempotency_key where created_at < ${before}`);
}
