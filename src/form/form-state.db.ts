import { execute, type Db, sql } from '../kernel/sql.db.ts';
import { formMoves, type FormState } from './form-state.rule.ts';
import type { SubjectRef } from './subject.ts';

/** Moves the subject's form where it has one and the move is legal, and says whether it moved. */
export async function moveForm(
  tx: Db,
  subject: SubjectRef,
  to: FormState,
  reason: Record<string, unknown> | null,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update form set state = ${to}, state_at = ${now}, state_reason = ${reason === null ? null : JSON.stringify(reason)}
      where subject_kind = ${subject.kind} and subject_id = ${subject.id} and state = any(${[...formMoves[to]]})`,
  );
  return rowCount === 1;
}
