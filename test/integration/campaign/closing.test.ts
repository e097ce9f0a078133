import { expect, test } from 'vitest';
import { closeRemaining } from '../../../activities/lifecycle.ts';
import { openHouse } from '../../kit/campaign.ts';

test('the end of those who wait is written in steps: broken off between two it balances, and goes on where it stood', async () => {
  const house = await openHouse({ worker: false });
  await house.startWorker();
  const tomorrow = new Date(Date.now() + 86_400_000);
  const id = await house.signed(await house.addAudience(2_500), {
    window: {
      startsAt: tomorrow.toISOString(),
      endsAt: new Date(tomorrow.getTime() + 3_600_000).toISOString(),
      dailyFrom: '00:00',
      dailyTo: '24:00',
    },
  });
  await house.until(id, 'scheduled');
  const { campaign } = await house.show(id);
  // The worker is away: what follows is its work, step by step.
  await house.stopWorker();
  await house.pool.query(`update campaign set state = 'cancelled' where id = $1`, [id]);
  await house.pool.query(
    `create function disk_is_full() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$`,
  );
  await house.pool.query(
    `create trigger disk_is_full before insert on message for each row when (new.seq = 2001)
     execute function disk_is_full()`,
  );
  const counts = async () => (await house.show(id)).ledger;
  const closed = async () =>
    (
      await house.pool.query<{ closed: number }>(
        `select (details->>'closed')::int as closed from audit
         where object_id = $1 and action = 'campaign.cancel-pending' order by seq`,
        [id],
      )
    ).rows.map((row) => row.closed);

  await expect(closeRemaining(house.pool, id, 'cancelled', 1_000)).rejects.toThrow('disk full');
  expect(await counts()).toMatchObject({ size: 2_500, balanced: true, counts: { cancelled: 2_000, pending: 500 } });
  expect(await closed()).toEqual([1_000, 1_000]);

  await house.pool.query('drop trigger disk_is_full on message');
  await closeRemaining(house.pool, id, 'cancelled', 1_000);
  await closeRemaining(house.pool, id, 'cancelled', 1_000);
  expect(await counts()).toMatchObject({ size: 2_500, balanced: true, counts: { cancelled: 2_500, pending: 0 } });
  expect(await closed()).toEqual([1_000, 1_000, 500]);
  const { rows } = await house.pool.query('select count(*)::int as n from message where campaign_key = $1', [
    campaign.key,
  ]);
  expect(rows).toEqual([{ n: 2_500 }]);
});
