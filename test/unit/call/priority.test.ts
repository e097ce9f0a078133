import { expect, test } from 'vitest';
import { inOrder, isCallable, whyNow, type Ranked } from '../../../src/call/priority.rule.ts';

const now = new Date('2026-11-27T02:00:00Z');
const minutes = (n: number): Date => new Date(now.getTime() + n * 60_000);
const task = (changed: Partial<Ranked> = {}): Ranked => ({
  id: '1',
  promisedAt: null,
  promisedBy: null,
  promiseIsPersonal: false,
  dueAt: null,
  weight: 0,
  notBefore: minutes(-10),
  ...changed,
});

test.each([
  ['nothing presses', {}, { code: 'in-turn', weight: 0, since: minutes(-10) }],
  [
    'a clock that runs long still',
    { dueAt: minutes(61), weight: 4 },
    { code: 'in-turn', weight: 4, since: minutes(-10) },
  ],
  ['a clock about to break', { dueAt: minutes(60) }, { code: 'clock-soon', dueAt: minutes(60), leftMinutes: 60 }],
  ['a broken clock', { dueAt: minutes(-5) }, { code: 'clock-broken', dueAt: minutes(-5), lateMinutes: 5 }],
  ['a retry that waits', { notBefore: minutes(1) }, { code: 'not-yet', until: minutes(1) }],
  ['a promise for later', { promisedAt: minutes(5) }, { code: 'not-yet', until: minutes(5) }],
  [
    'a promise that waits for a retry',
    { promisedAt: minutes(-5), notBefore: minutes(3) },
    { code: 'not-yet', until: minutes(3) },
  ],
  [
    'a due promise of anybody',
    { promisedAt: minutes(-2), promisedBy: 'other' },
    { code: 'promised', promisedAt: minutes(-2), lateMinutes: 2, isOwnPromise: false },
  ],
  [
    'the own promise',
    { promisedAt: minutes(0), promisedBy: 'me', promiseIsPersonal: true },
    { code: 'promised', promisedAt: minutes(0), lateMinutes: 0, isOwnPromise: true },
  ],
  [
    'another’s promise, fourteen minutes late',
    { promisedAt: minutes(-14), promisedBy: 'other', promiseIsPersonal: true },
    { code: 'promised-by-another', by: 'other', until: minutes(1) },
  ],
  [
    'another’s promise, a quarter of an hour late',
    { promisedAt: minutes(-15), promisedBy: 'other', promiseIsPersonal: true },
    { code: 'promised', promisedAt: minutes(-15), lateMinutes: 15, isOwnPromise: false },
  ],
])('%s', (_, changed, why) => {
  expect(whyNow(task(changed), now, 'me')).toEqual(why);
});

test('promises come first, then clocks, then the tier, then who waits longest', () => {
  const tasks = [
    task({ id: 'young', weight: 4, notBefore: minutes(-1) }),
    task({ id: 'bronze', weight: 1, notBefore: minutes(-9_999) }),
    task({ id: 'clock', dueAt: minutes(30) }),
    task({ id: 'late clock', dueAt: minutes(-30) }),
    task({ id: 'old', weight: 4, notBefore: minutes(-2) }),
    task({ id: 'promise', promisedAt: minutes(-1) }),
    task({ id: 'early promise', promisedAt: minutes(-3) }),
    task({ id: 'later', weight: 4, notBefore: minutes(1) }),
  ];
  const order = tasks.filter((each) => isCallable(each, now, 'me')).toSorted((a, b) => inOrder(a, b, now, 'me'));
  expect(order.map(({ id }) => id)).toEqual([
    'early promise',
    'promise',
    'late clock',
    'clock',
    'old',
    'young',
    'bronze',
  ]);
});
