import { z } from 'zod';
import { execute, many, one, sql, type Db } from '../kernel/sql.db.ts';

/** What worker processes take: signatures, freezes, tests and reminders; and the sending itself. */
export const duties = ['people', 'senders'] as const;
export type Duty = (typeof duties)[number];

/** The database's clock dates it: processes on several machines are compared. */
export const writeBeat = (db: Db, beat: { id: string; taskQueue: string; serves: readonly Duty[] }) =>
  execute(
    db,
    sql`insert into worker_beat (id, task_queue, serves, beat_at) values (${beat.id}, ${beat.taskQueue}, ${beat.serves}, clock_timestamp())
      on conflict (id) do update set beat_at = clock_timestamp()`,
  );

export const endBeat = (db: Db, id: string) =>
  execute(db, sql`delete from worker_beat where id = ${id} or beat_at < clock_timestamp() - interval '1 day'`);

// A worker writes every second: three beats may be late, the fourth says that nobody lives.
const livesSeconds = 4;

/** Which duties somebody living takes. */
export async function dutiesTaken(db: Db, taskQueue: string): Promise<ReadonlySet<Duty>> {
  const rows = await many(
    db,
    z.object({ duty: z.enum(duties) }),
    sql`select distinct unnest(serves) as duty from worker_beat
      where task_queue = ${taskQueue} and beat_at > clock_timestamp() - make_interval(secs => ${livesSeconds})`,
  );
  return new Set(rows.map(({ duty }) => duty));
}

/** Processes that send now; the pace of a large campaign is shared out among them. */
export async function livingSenders(db: Db, taskQueue: string): Promise<number> {
  const { senders } = await one(
    db,
    z.object({ senders: z.number() }),
    sql`select count(*)::int as senders from worker_beat
      where task_queue = ${taskQueue} and 'senders' = any(serves) and beat_at > clock_timestamp() - make_interval(secs => ${livesSeconds})`,
  );
  return senders;
}
