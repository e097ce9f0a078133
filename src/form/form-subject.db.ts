import { z } from 'zod';
import { many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';
import { formStates } from './form-state.rule.ts';
import type { SubjectStand } from './subject.ts';

const Row = z.object({
  id: z.uuid(),
  number: z.string(),
  unit: z.string(),
  applicantId: z.uuid(),
  state: z.enum(formStates),
  reason: z.record(z.string(), z.unknown()).nullable(),
  submittedAt: z.date(),
  revises: z.null(),
}) satisfies z.ZodType<SubjectStand>;
const columns = sql`subject_id as id, number, unit, applicant_id as "applicantId", state, state_reason as reason,
  created_at as "submittedAt", null as revises`;

/** A subject of which nothing is known but its form. */
export const findSubjectForm = (db: Db, kind: string, idOrNumber: string): Promise<SubjectStand | null> =>
  maybe(
    db,
    Row,
    sql`select ${columns} from form
      where subject_kind = ${kind} and (number = ${idOrNumber} or subject_id::text = ${idOrNumber})
      order by created_at desc limit 1`,
  );

export const lockSubjectForm = (tx: Tx, kind: string, id: string): Promise<SubjectStand | null> =>
  maybe(tx, Row, sql`select ${columns} from form where subject_kind = ${kind} and subject_id = ${id} for update`);

export const subjectFormStates = (db: Db, kind: string, ids: readonly string[]) =>
  many(
    db,
    z.object({ id: z.uuid(), state: z.enum(formStates) }),
    sql`select subject_id as id, state from form where subject_kind = ${kind} and subject_id = any(${[...ids]}::uuid[])`,
  );
