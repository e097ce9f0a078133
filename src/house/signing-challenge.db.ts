import { execute, sql, type Db } from '../kernel/sql.db.ts';

/** Keeps a challenge for one person; their old ones go, and of those still good only the newest few stay. */
export async function storeChallenge(
  db: Db,
  given: { challenge: string; staffId: string; expiresAt: Date },
  now: Date,
): Promise<void> {
  await execute(
    db,
    sql`delete from signing_challenge where staff_id = ${given.staffId} and (expires_at <= ${now} or challenge not in (
      select challenge from signing_challenge where staff_id = ${given.staffId} order by expires_at desc limit 9))`,
  );
  await execute(
    db,
    sql`insert into signing_challenge (challenge, staff_id, expires_at) values (${given.challenge}, ${given.staffId}, ${given.expiresAt})`,
  );
}

/** Uses a challenge up; false when it is unknown, somebody else's, too old or was used before. */
export async function takeChallenge(db: Db, challenge: string, staffId: string, now: Date): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`delete from signing_challenge where challenge = ${challenge} and staff_id = ${staffId} and expires_at > ${now}`,
  );
  return rowCount === 1;
}
