import { randomUUIDv7 } from 'node:crypto';
import type { Pool } from 'pg';
import { findArchive, partsOf } from '../../src/form/archive/archive.db.ts';

/** The bytes of a campaign's archive; null before it is made. */
export async function archiveFile(pool: Pool, campaignId: string): Promise<Buffer | null> {
  const archive = await findArchive(pool, campaignId);
  if (!archive) return null;
  const parts: Buffer[] = [];
  for await (const part of partsOf(pool, { campaignId, build: archive.build })) parts.push(part);
  return Buffer.concat(parts);
}

/** Puts a file of the test's own in its place. */
export async function putArchive(pool: Pool, campaignId: string, body: Uint8Array): Promise<void> {
  const build = randomUUIDv7();
  await pool.query('insert into archive_part (campaign_id, build, no, body) values ($1, $2, 0, $3)', [
    campaignId,
    build,
    Buffer.from(body),
  ]);
  await pool.query(
    `insert into archive (campaign_id, build, digest, bytes) values ($1, $2, 'd', $3)
     on conflict (campaign_id) do update set build = excluded.build, bytes = excluded.bytes`,
    [campaignId, build, body.length],
  );
}
