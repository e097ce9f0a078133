import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { writeBeat } from '../../../../src/app/worker-beat.db.ts';
import { createReadiness } from '../../../../src/app/readiness.ts';
import { openHouse } from '../../../kit/campaign.ts';
import { startChildWorker } from '../../../kit/child-worker.ts';

test('the readiness says within seconds that no worker lives, and tells senders from people’s work', async () => {
  const house = await openHouse({ worker: false });
  const { pool, client, taskQueue } = house;
  const ready = createReadiness({ pool, client, taskQueue, sandboxUrl: house.sandboxUrl });
  const whole = { database: true, temporal: true, people: true, senders: true, pushes: true, sandbox: true };
  expect(await ready()).toEqual({ ...whole, people: false, senders: false });

  const worker = await startChildWorker(house);
  expect(await ready()).toEqual(whole);
  await worker.kill();
  // Nobody has taken its row away: its age alone says that it is dead, by the database's clock.
  expect((await pool.query('select 1 from worker_beat')).rowCount).toBe(1);
  await expect.poll(ready, { timeout: 30_000 }).toEqual({ ...whole, people: false, senders: false });
  const { rows } = await pool.query<{ age: number }>(
    'select extract(epoch from clock_timestamp() - beat_at)::float8 as age from worker_beat',
  );
  expect(rows[0]?.age).toBeGreaterThan(3);

  await writeBeat(pool, { id: randomUUID(), taskQueue, serves: ['people'] });
  expect(await ready()).toEqual({ ...whole, senders: false });
  await writeBeat(pool, { id: randomUUID(), taskQueue: 'somebody-else', serves: ['senders'] });
  expect(await ready()).toEqual({ ...whole, senders: false });
});

test('a worker that ends in order is gone at once', async () => {
  const house = await openHouse();
  const { pool, client, taskQueue } = house;
  const ready = createReadiness({ pool, client, taskQueue, sandboxUrl: undefined });
  expect(await ready()).toMatchObject({ people: true, senders: true });
  await house.stopWorker();
  expect(await ready()).toMatchObject({ people: false, senders: false });
});
