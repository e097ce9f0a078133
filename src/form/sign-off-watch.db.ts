import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';
import type { LiveProcess } from '../house/process-watch.rule.ts';
import { formStates } from './form-state.rule.ts';
import type { SubjectRef } from './subject.ts';

// A form that was made a moment ago is being given its process by whoever handed it in.
const live: Sql = sql`f.created_at < clock_timestamp() - interval '20 seconds'
  and (f.state in ('awaiting-liaison', 'awaiting-leader')
    or f.state = 'signed' and not exists (select from form_archive a where a.form_id = f.id))`;

const Row = z.object({
  kind: z.string(),
  id: z.uuid(),
  state: z.enum(formStates),
  stale: z.literal(false),
  losses: z.number(),
  lostAt: z.date().nullable(),
}) satisfies z.ZodType<LiveProcess>;
export type LiveSignOff = z.infer<typeof Row>;
const columns = sql`f.subject_kind as kind, f.subject_id as id, f.state, false as stale, f.process_losses as losses,
  f.process_lost_at as "lostAt"`;

/** Forms of these kinds that await a signature or their archive. */
export const liveSignOffs = (db: Db, kinds: readonly string[]): Promise<LiveSignOff[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from form f where f.subject_kind = any(${[...kinds]}::text[]) and ${live} order by f.id`,
  );

export const lockLiveSignOff = (tx: Tx, { kind, id }: SubjectRef): Promise<LiveSignOff | null> =>
  maybe(
    tx,
    Row,
    sql`select ${columns} from form f where f.subject_kind = ${kind} and f.subject_id = ${id} and ${live} for update of f`,
  );

export const noteSignOffLoss = (tx: Tx, { kind, id }: SubjectRef, losses: number, now: Date) =>
  execute(
    tx,
    sql`update form set process_lost_at = ${now}, process_losses = ${losses} where subject_kind = ${kind} and subject_id = ${id}`,
  );
