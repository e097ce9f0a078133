import { execute, sql, type Db, type Tx } from '../../kernel/sql.db.ts';

type Place = { attemptId: string; accountId: string };

/** A path of ids and dates: no number and no name of anybody. */
export const recordingName = (attemptId: string, at: Date): string =>
  `${at.toISOString().slice(0, 10).replaceAll('-', '/')}/${attemptId}`;

export const wantRecording = (tx: Tx, { attemptId, accountId }: Place, at: Date) =>
  execute(
    tx,
    sql`insert into recording (id, attempt_id, account_id, name, state)
      values (gen_random_uuid(), ${attemptId}, ${accountId}, ${recordingName(attemptId, at)}, 'wanted') on conflict (name) do nothing`,
  );

export const noteRunning = (db: Db, name: string, at: Date) =>
  execute(
    db,
    sql`update recording set state = 'running', started_at = ${at} where name = ${name} and state = 'wanted'`,
  );

/** It is stored, or why not. An engine's word about it may come before the answer to the request that began it. */
export const noteRecorded = (
  db: Db,
  { name, seconds, failure }: { name: string; seconds: number | null; failure: string | null },
  at: Date,
) =>
  execute(
    db,
    sql`update recording set state = ${failure === null ? 'stored' : 'failed'}, started_at = coalesce(started_at, ${at}), stopped_at = ${at},
        seconds = ${seconds}, failure = ${failure}
      where name = ${name} and state in ('wanted', 'running')`,
  );

/** Nobody told how these ended: their calls are over for a while. Whether the sound is there is seen when it is fetched. */
export const closeSilentRecordings = (db: Db, accountId: string, before: Date, now: Date) =>
  execute(
    db,
    sql`update recording r set state = 'failed', stopped_at = coalesce(r.stopped_at, ${now}), failure = 'engine-silent'
      from call_attempt a where a.id = r.attempt_id and r.account_id = ${accountId} and r.state in ('wanted', 'running')
        and a.state = 'ended' and a.ended_at < ${before}`,
  );
