import { z } from 'zod';
import { execute, maybe, one, sql, type Db, type Tx } from '../../kernel/sql.db.ts';

/** `build`: the attempt whose parts are the file. */
export const findArchive = (db: Db, campaignId: string) =>
  maybe(
    db,
    z.object({ digest: z.string(), bytes: z.number(), build: z.uuid(), createdAt: z.date() }),
    sql`select digest, bytes, build, created_at as "createdAt" from archive where campaign_id = ${campaignId}`,
  );

export type Build = { campaignId: string; build: string };

/** What attempts that ended in the middle have left. The campaign's row is held, so that none of them is stored as the file meanwhile. */
export async function clearOtherParts(tx: Tx, { campaignId, build }: Build): Promise<void> {
  await execute(tx, sql`delete from archive_part where campaign_id = ${campaignId} and build <> ${build}`);
}

export const storePart = (db: Db, { campaignId, build }: Build, no: number, body: Uint8Array) =>
  execute(
    db,
    sql`insert into archive_part (campaign_id, build, no, body) values (${campaignId}, ${build}, ${no}, ${Buffer.from(body)})`,
  );

/** The file's parts in order, one at a time. */
export async function* partsOf(db: Db, { campaignId, build }: Build): AsyncGenerator<Buffer> {
  for (let no = 0; ; no += 1) {
    const part = await maybe(
      db,
      z.object({ body: z.instanceof(Buffer) }),
      sql`select body from archive_part where campaign_id = ${campaignId} and build = ${build} and no = ${no}`,
    );
    if (!part) return;
    yield part.body;
  }
}

/** How much of the file is stored without a gap. */
export const storedBytes = async (db: Db, { campaignId, build }: Build): Promise<number> => {
  const { bytes } = await one(
    db,
    z.object({ bytes: z.number() }),
    sql`select coalesce(sum(octet_length(body)), 0)::int8 as bytes from archive_part where campaign_id = ${campaignId} and build = ${build}`,
  );
  return bytes;
};

/** False when there is one already. `lastRow`: the last row of the record that the file cites. */
export const storeArchive = async (
  tx: Tx,
  archive: Build & { digest: string; bytes: number; lastRow: { seq: number; hash: string } },
): Promise<boolean> => {
  const { rowCount } = await execute(
    tx,
    sql`insert into archive (campaign_id, build, digest, bytes, audit_seq, audit_hash)
      values (${archive.campaignId}, ${archive.build}, ${archive.digest}, ${archive.bytes},
        ${archive.lastRow.seq}, ${archive.lastRow.hash})
      on conflict (campaign_id) do nothing`,
  );
  return rowCount === 1;
};
