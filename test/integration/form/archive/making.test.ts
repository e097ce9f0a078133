import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { archiveFile } from '../../../kit/archive-file.ts';
import { openHouse } from '../../../kit/campaign.ts';
import { startChildWorker } from '../../../kit/child-worker.ts';
import { slowDisk } from '../../../kit/slow-disk.ts';
import { verifyArchive } from '../../../../src/form/archive/verify.rule.ts';

test(
  'a worker killed while it writes an archive leaves one file and one row on record, after another has made it',
  { timeout: 240_000 },
  async () => {
    const house = await openHouse({ worker: false });
    const disk = await slowDisk(house, { archive_part: 'no' });
    await disk.standStillAt('archive_part', 2);
    const first = await startChildWorker(house);
    // Several parts: one of rows, one behind them, and the head last.
    const id = await house.signed(await house.addAudience(7_000));
    await disk.standing();
    expect((await house.pool.query('select 1 from archive_part')).rowCount).toBeGreaterThan(0);
    expect((await house.pool.query('select 1 from archive')).rowCount).toBe(0);
    await first.kill();
    await disk.goOn();

    await startChildWorker(house);
    await house.until(id, 'archived');
    const file = (await archiveFile(house.pool, id)) ?? Buffer.alloc(0);
    const { ok, checks } = await verifyArchive(file);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
    expect(ok).toBe(true);
    const { rows } = await house.pool.query<{ details: unknown }>(
      `select details from audit where action = 'campaign.archive' and object_id = $1`,
      [id],
    );
    expect(rows).toEqual([
      { details: { fileDigest: createHash('sha256').update(file).digest('hex'), bytes: file.length } },
    ]);
    const builds = await house.pool.query('select distinct build from archive_part');
    expect(builds.rowCount).toBe(1);
  },
);
