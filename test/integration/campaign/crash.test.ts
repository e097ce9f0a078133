import { expect, test } from 'vitest';
import { openHouse, waitFor } from '../../kit/campaign.ts';
import { startChildWorker } from '../../kit/child-worker.ts';
import { rowsOf, sentOf, untilFinished, untilSent, watchLedger } from '../../kit/look.ts';
import { openWire } from '../../kit/wire.ts';

test(
  'a worker killed at the four worst instants loses nobody and sends to nobody twice',
  { timeout: 240_000 },
  async () => {
    const house = await openHouse({ worker: false, scenario: { receipts: { delayMs: 50 } } });
    const wire = await openWire(Number(new URL(house.sandboxUrl).port));
    await house.pool.query(
      `update gateway_account set settings = settings || jsonb_build_object('endpoint', $1::text, 'timeoutMs', 20000)`,
      [`127.0.0.1:${wire.port}`],
    );
    // No receipts for now: what became of the messages has to be asked.
    await house.put('push', { reportUrl: null });
    const first = await startChildWorker(house);

    const few = 15;
    const prepared = async (people: number, from: number, ratePerSecond = 5_000) => {
      const id = await house.submitted(await house.addAudience(people, from), { ratePerSecond });
      await house.signAs(house.people.liaison, 'liaison', id);
      const { campaign } = await house.show(id);
      return { id, key: campaign.key, people };
    };
    const claimed = await prepared(few, 0);
    const calling = await prepared(few, 1_000);
    const answered = await prepared(few, 2_000);
    const flowing = await prepared(1_200, 10_000, 150);
    const all = [claimed, calling, answered, flowing];
    wire.set(claimed.key, 'swallow');
    wire.set(calling.key, 'hold');
    wire.set(answered.key, 'hold');
    const watches = all.map(({ id }) => watchLedger(house, id));
    for (const { id } of all) await house.signAs(house.people.leader, 'leader', id);

    const arrived = (key: number) =>
      waitFor(
        async () => (wire.seen(key) >= few ? true : null),
        () => `${wire.seen(key)} calls seen`,
      );
    for (const { key } of [claimed, calling, answered]) await arrived(key);
    await untilSent(house, flowing.id, 100);
    // The answers arrive, but their rows are locked: the results are known to the worker alone.
    const lock = await house.pool.connect();
    await lock.query('begin');
    await lock.query('select 1 from message where campaign_key = $1 for update', [answered.key]);
    wire.letGo(answered.key);
    const writing = `from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%update message m set called_at%'`;
    await waitFor(
      async () => ((await house.pool.query(`select 1 ${writing}`)).rowCount ? true : null),
      () => 'nobody waits to write results',
    );
    await first.kill();
    // A statement that is waiting outlives its client; the power went before it was carried out.
    await house.pool.query(`select pg_terminate_backend(pid) ${writing}`);
    await lock.query('rollback');
    lock.release();

    for (const { id } of [claimed, calling, answered]) {
      expect((await rowsOf(house, id)).map(({ state }) => state)).toEqual(Array.from({ length: few }, () => 'claimed'));
    }
    expect(await sentOf(house, claimed.id)).toEqual({ accepted: 0, twice: 0 });
    expect(await sentOf(house, calling.id)).toEqual({ accepted: few, twice: 0 });
    expect(await sentOf(house, answered.id)).toEqual({ accepted: few, twice: 0 });
    const sentBefore = (await sentOf(house, flowing.id)).accepted;
    expect(sentBefore).toBeLessThan(flowing.people);

    for (const { key } of all) wire.letGo(key);
    await startChildWorker(house);
    for (const { id, people } of all) {
      const { ledger } = await untilFinished(house, id, 150);
      expect(ledger).toMatchObject({ balanced: true, counts: { delivered: people } });
      expect(await sentOf(house, id)).toEqual({ accepted: people, twice: 0 });
    }
    for (const watch of watches) {
      const { looks, wrong } = await watch.stop();
      expect(looks).toBeGreaterThan(10);
      expect(wrong).toEqual([]);
    }
  },
);
