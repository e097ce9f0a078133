import { z } from 'zod';
import { hold } from '../kernel/lock.db.ts';
import { execute, maybe, one, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const Row = z.object({
  id: z.uuid(),
  mark: z.number(),
  markedAt: z.date().nullable(),
  restoredAt: z.date().nullable(),
});
/**
 * Which installation the database is, how far it has come (milliseconds, ever growing), and when it was last in use.
 * `restoredAt`: it was filled from a backup, and nobody has acted on that yet.
 */
export type Installation = z.infer<typeof Row>;

export const loadInstallation = (db: Db): Promise<Installation> =>
  one(db, Row, sql`select id, mark, marked_at as "markedAt", restored_at as "restoredAt" from installation`);

/** The same, held until the transaction ends: two processes that find an older database must not both say so. */
export async function lockInstallation(tx: Tx): Promise<Installation> {
  await hold(tx, 'installation');
  return loadInstallation(tx);
}

/** Moves the mark on, by the clock, and always forwards; null when the database has come less far than `known`, or was restored. */
export const advanceMark = (db: Db, known: number): Promise<Installation | null> =>
  maybe(
    db,
    Row,
    sql`update installation set marked_at = clock_timestamp(),
        mark = greatest(mark + 1, floor(extract(epoch from clock_timestamp()) * 1000)::bigint)
      where mark >= ${known} and restored_at is null
      returning id, mark, marked_at as "markedAt", restored_at as "restoredAt"`,
  );

/** Beyond whatever anybody has noted of the time that is lost. */
export const leapMark = (tx: Tx, beyond: number): Promise<Installation> =>
  one(
    tx,
    Row,
    sql`update installation set marked_at = clock_timestamp(), restored_at = null,
        mark = greatest(mark, ${beyond}) + greatest(1000, floor(extract(epoch from clock_timestamp()) * 1000)::bigint - greatest(mark, ${beyond}))
      returning id, mark, marked_at as "markedAt", restored_at as "restoredAt"`,
  );

/** Of the key that the installation's processes share; null before its first start. */
export async function findKeyFingerprint(db: Db): Promise<string | null> {
  const row = await maybe(
    db,
    z.object({ fingerprint: z.string() }),
    sql`select fingerprint from installation_key where replaced_at is null`,
  );
  return row?.fingerprint ?? null;
}

export const storeKeyFingerprint = (tx: Tx, fingerprint: string) =>
  execute(tx, sql`insert into installation_key (fingerprint) values (${fingerprint})`);

/** A key that stood before may stand again: it was found. */
export async function replaceKeyFingerprint(tx: Tx, fingerprint: string): Promise<void> {
  await execute(tx, sql`update installation_key set replaced_at = now() where replaced_at is null`);
  await execute(
    tx,
    sql`insert into installation_key (fingerprint) values (${fingerprint})
      on conflict (fingerprint) do update set since = now(), replaced_at = null`,
  );
}
