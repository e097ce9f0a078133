import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { archiveFile } from '../../../kit/archive-file.ts';
import { openHouse, waitFor } from '../../../kit/campaign.ts';
import { startChildWorker } from '../../../kit/child-worker.ts';
import { verifyArchive } from '../../../../src/form/archive/verify.rule.ts';

test(
  'a worker killed while it writes an archive leaves one file and one row on record, after another has made it',
  { timeout: 240_000 },
  async () => {
    const house = await openHouse({ worker: false });
    // The first attempt stands still after its first part, as if its disk were slow.
    await house.pool.query(`create table slow_disk (from_no int)`);
    await house.pool.query(`insert into slow_disk values (2)`);
    await house.pool.query(
      `create function wait_for_disk() returns trigger language plpgsql as $$ begin
        if exists (select from slow_disk where from_no = new.no) then perform pg_sleep(120); end if; return new; end $$`,
    );
    await house.pool.query(
      'create trigger slow_disk before insert on archive_part for each row execute function wait_for_disk()',
    );
    const first = await startChildWorker(house);
    // Several parts: one of rows, one behind them, and the head last.
    const id = await house.signed(await house.addAudience(7_000));
    const waiting = `from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
    await waitFor(
      async () => ((await house.pool.query(`select 1 ${waiting}`)).rowCount ? true : null),
      () => 'no part is being written',
      120,
    );
    expect((await house.pool.query('select 1 from archive_part')).rowCount).toBeGreaterThan(0);
    expect((await house.pool.query('select 1 from archive')).rowCount).toBe(0);
    await first.kill();
    await house.pool.query(`select pg_terminate_backend(pid) ${waiting}`);
    await house.pool.query('delete from slow_disk');

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
