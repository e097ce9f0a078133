import { z } from 'zod';
import { execute, maybe, sql, type Db } from './sql.ts';

export const findArchive = (db: Db, campaignId: string) =>
  maybe(
    db,
    z.object({ digest: z.string(), bytes: z.number(), createdAt: z.date() }),
    sql`select digest, octet_length(body) as bytes, created_at as "createdAt" from archive where campaign_id = ${campaignId}`,
  );

/** The file itself. */
export const findArchiveBody = (db: Db, campaignId: string) =>
  maybe(db, z.object({ body: z.instanceof(Buffer) }), sql`select body from archive where campaign_id = ${campaignId}`);

export const storeArchive = (tx: Db, campaignId: string, digest: string, body: Uint8Array) =>
  execute(
    tx,
    sql`insert into archive (campaign_id, digest, body) values (${campaignId}, ${digest}, ${Buffer.from(body)}) on conflict (campaign_id) do nothing`,
  );
