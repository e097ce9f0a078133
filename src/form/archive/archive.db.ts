import { z } from 'zod';
import { execute, maybe, sql, type Db } from '../../kernel/sql.db.ts';

export const findArchive = (db: Db, campaignId: string) =>
  maybe(
    db,
    z.object({ digest: z.string(), bytes: z.number(), createdAt: z.date() }),
    sql`select digest, octet_length(body) as bytes, created_at as "createdAt" from archive where campaign_id = ${campaignId}`,
  );

/** The file itself. */
export const findArchiveBody = (db: Db, campaignId: string) =>
  maybe(db, z.object({ body: z.instanceof(Buffer) }), sql`select body from archive where campaign_id = ${campaignId}`);

/** False when there is one already. `lastRow`: the last row of the record that the file cites. */
export const storeArchive = async (
  tx: Db,
  archive: { campaignId: string; digest: string; body: Uint8Array; lastRow: { seq: number; hash: string } },
): Promise<boolean> => {
  const { rowCount } = await execute(
    tx,
    sql`insert into archive (campaign_id, digest, body, audit_seq, audit_hash)
      values (${archive.campaignId}, ${archive.digest}, ${Buffer.from(archive.body)}, ${archive.lastRow.seq}, ${archive.lastRow.hash})
      on conflict (campaign_id) do nothing`,
  );
  return rowCount === 1;
};
