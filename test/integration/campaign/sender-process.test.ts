import { expect, test } from 'vitest';
import { dutiesTaken } from '../../../src/app/worker-beat.db.ts';
import { openHouse, waitFor } from '../../kit/campaign.ts';
import { startChildWorker } from '../../kit/child-worker.ts';
import { sentOf, untilFinished, untilSent } from '../../kit/look.ts';

const onlySenders = ['--senders-only'];

test('of two sender processes one is killed: the other goes on, nobody is lost and nobody written to twice; without any people still sign', async () => {
  const house = await openHouse({ serves: ['people'], scenario: { receipts: { delayMs: 50 } } });
  const first = await startChildWorker(house, onlySenders);
  const second = await startChildWorker(house, onlySenders);
  const ids: string[] = [];
  // The quick one takes several places, so that both processes have some of it.
  for (const [ratePerSecond, people] of [
    [150, 1_600],
    [30, 300],
    [20, 200],
  ] as const)
    ids.push(await house.signed(await house.addAudience(people, ids.length * 10_000), { ratePerSecond }));
  for (const id of ids) await untilSent(house, id, 20);
  await first.kill();
  for (const [index, people] of [1_600, 300, 200].entries()) {
    const id = ids[index] ?? '';
    const { ledger } = await untilFinished(house, id, 120);
    expect(ledger).toMatchObject({ balanced: true, counts: { delivered: people } });
    expect(await sentOf(house, id)).toEqual({ accepted: people, twice: 0 });
  }

  await second.kill();
  await waitFor(
    async () => ((await dutiesTaken(house.pool, house.taskQueue)).has('senders') ? null : true),
    () => 'a sender still lives',
  );
  expect([...(await dutiesTaken(house.pool, house.taskQueue))]).toEqual(['people']);
  // Frozen and signed twice while nobody sends; the first message leaves when a sender is there again.
  const waiting = await house.signed(await house.addAudience(5, 90_000));
  await house.until(waiting, 'sending');
  expect(await sentOf(house, waiting)).toEqual({ accepted: 0, twice: 0 });
  await startChildWorker(house, onlySenders);
  expect((await untilFinished(house, waiting, 90)).ledger?.counts).toMatchObject({ delivered: 5 });
}, 300_000);

test('a worker that is given a flag it does not know does not start', async () => {
  const house = await openHouse({ worker: false });
  await expect(startChildWorker(house, ['--sender-only'])).rejects.toThrow(/worker\.unknown-option|--senders-only/);
});
