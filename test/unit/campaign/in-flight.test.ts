import { describe, expect, test } from 'vitest';
import { createInFlight, type Ahead } from '../../../activities/in-flight.ts';

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

const soon = (): number => performance.now() + 60_000;
const state = (asked: Promise<Ahead | null>): Promise<unknown> => Promise.race([asked, Promise.resolve('waits')]);

describe('claims ahead of their calls', () => {
  test('are let through while few calls are ahead, then in order, one after another', async () => {
    const inFlight = createInFlight(50);
    const first = await inFlight.claimAhead('account', 250, soon());
    const second = inFlight.claimAhead('account', 250, soon());
    const third = inFlight.claimAhead('account', 250, soon());
    expect(await state(second)).toBe('waits');
    expect(await state(inFlight.claimAhead('another', 250, soon()))).toMatchObject({});
    first?.keep(100);
    expect(await state(second)).toBe('waits');
    first?.keep(99);
    await second;
    expect(await state(third)).toBe('waits');
    first?.keep(0);
    (await second)?.keep(99);
    expect(await third).toMatchObject({});
  });

  test('whoever waits too long gets none and is passed over, and what is given back twice counts once', async () => {
    const inFlight = createInFlight(50);
    const first = await inFlight.claimAhead('account', 100, soon());
    expect(await inFlight.claimAhead('account', 1, performance.now() + 1)).toBeNull();
    const next = inFlight.claimAhead('account', 100, soon());
    first?.keep(0);
    first?.keep(0);
    first?.keep(50);
    expect(await next).toMatchObject({});
    expect(await state(inFlight.claimAhead('account', 1, soon()))).toBe('waits');
  });
});
