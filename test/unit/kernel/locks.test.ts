import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lockFamilies, locks } from '../../../src/kernel/locks.ts';

const sources = ['src', 'activities', 'workflows'].flatMap((root) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(root, file)),
);
const calls = sources.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/pg_(?:try_)?advisory_(?:xact_)?(?:un)?lock\w*\((.{0,120})/gs)].map(
    ([, argument = '']) => ({ file, argument }),
  ),
);

test('no two locks share a number', () => {
  const numbers = [...Object.values(locks), ...Object.values(lockFamilies)];
  expect(new Set(numbers).size).toBe(numbers.length);
});

test('every advisory lock in the code has its number from the register', () => {
  expect(calls.length).toBeGreaterThan(4);
  expect(
    calls.filter(
      ({ argument }) =>
        !/^\$\{locks(?:\.\w+|\[lock\])\}|^hashtextextended\(.+\$\{lockFamilies(?:\.\w+|\[family\])\}/s.test(argument),
    ),
  ).toEqual([]);
});

test('a lock for a transaction is taken by one function; the signed cost’s is taken inside the claim’s own statement', () => {
  const takers = sources.filter((file) => readFileSync(file, 'utf8').includes('pg_advisory_xact_lock('));
  expect(takers.toSorted()).toEqual(['src/kernel/lock.db.ts', 'src/sms/cost.db.ts']);
});
