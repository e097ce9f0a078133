import { z } from 'zod';
import { execute, maybe, sql, type Db, type Tx } from '../../kernel/sql.db.ts';

const Row = z.object({ digest: z.string(), body: z.instanceof(Buffer), createdAt: z.date() });

export const findFormArchive = (db: Db, formId: string): Promise<z.infer<typeof Row> | null> =>
  maybe(db, Row, sql`select digest, body, created_at as "createdAt" from form_archive where form_id = ${formId}`);

/** False when there is one already. `lastRow`: the last row of the record that the file cites. */
export async function storeFormArchive(
  tx: Tx,
  archive: { formId: string; digest: string; body: Uint8Array; lastRow: { seq: number; hash: string } },
  now: Date,
): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`insert into form_archive (form_id, digest, body, audit_seq, audit_hash, created_at)
      values (${archive.formId}, ${archive.digest}, ${Buffer.from(archive.body)}, ${archive.lastRow.seq}, ${archive.lastRow.hash},
        ${now})
      on conflict (form_id) do nothing`,
  );
  return rowCount === 1;
}
