import { z } from 'zod';
import { many, sql, type Db } from '../kernel/sql.db.ts';

const Row = z.object({
  subjectKind: z.string(),
  subjectId: z.uuid(),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  formState: z.enum(['awaiting-leader', 'signed']),
  signedAt: z.date(),
});
/** A form that stands with a signature of that key. */
export type FormSignedWith = z.infer<typeof Row>;

export const formsSignedWith = (db: Db, credentialId: string): Promise<FormSignedWith[]> =>
  many(
    db,
    Row,
    sql`select f.subject_kind as "subjectKind", f.subject_id as "subjectId", f.number, f.name, f.unit, f.state as "formState",
        s.signed_at as "signedAt"
      from signature s join form f on f.id = s.form_id
      where s.credential_id = ${credentialId} and f.state in ('awaiting-leader', 'signed')
      order by s.signed_at, f.number`,
  );
