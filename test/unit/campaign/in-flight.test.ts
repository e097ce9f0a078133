import { expect, test } from 'vitest';
import { createInFlight } from '../../../activities/in-flight.ts';

test('each account has its own places: a full one keeps nobody else waiting', async () => {
  const inFlight = createInFlight(2);
  expect(await inFlight.enter('slow')).toBe(true);
  expect(await inFlight.enter('slow')).toBe(true);
  const third = inFlight.enter('slow');
  expect(await inFlight.enter('quick')).toBe(true);
  expect(await Promise.race([third, Promise.resolve('waits')])).toBe('waits');
  inFlight.leave('quick');
  expect(await Promise.race([third, Promise.resolve('waits')])).toBe('waits');
  inFlight.leave('slow');
  expect(await third).toBe(true);
});

test('whoever has waited longest is next, and whoever gave up is passed over', async () => {
  const inFlight = createInFlight(1);
  await inFlight.enter('account');
  const order: string[] = [];
  const wait = async (name: string, endsAt?: number): Promise<void> => {
    const entered = await inFlight.enter('account', endsAt);
    order.push(entered ? name : `${name} gave up`);
  };
  const first = wait('first', performance.now() + 1);
  const second = wait('second');
  const third = wait('third');
  await first;
  inFlight.leave('account');
  await second;
  inFlight.leave('account');
  await third;
  expect(order).toEqual(['first gave up', 'second', 'third']);
});

test('a place that all have left is there again', async () => {
  const inFlight = createInFlight(1);
  for (let round = 0; round < 3; round += 1) {
    expect(await inFlight.enter('account', performance.now())).toBe(true);
    inFlight.leave('account');
  }
});
