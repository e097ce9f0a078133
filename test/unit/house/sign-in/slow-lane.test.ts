import { expect, test } from 'vitest';
import { createSlowLane } from '../../../../src/house/sign-in/slow-lane.ts';

test('attempts of one address come one after another, in the order they came', async () => {
  const lane = createSlowLane({ gapMs: 5, longest: 10 });
  const order: number[] = [];
  await Promise.all([1, 2, 3].map(async (n) => lane.turn('a').then(() => order.push(n))));
  expect(order).toEqual([1, 2, 3]);
});

test('a full lane refuses with the time to wait, and takes more when it has emptied; other addresses are free', async () => {
  const lane = createSlowLane({ gapMs: 5, longest: 2 });
  const waiting = [lane.turn('a'), lane.turn('a')];
  await expect(lane.turn('a')).rejects.toMatchObject({ code: 'auth.throttled', details: { retryAfterSeconds: 1 } });
  await lane.turn('b');
  await Promise.all(waiting);
  await lane.turn('a');
});
