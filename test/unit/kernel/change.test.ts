import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { array, assert, nat, property, record, string } from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { changeOf, withChange } from '../../../src/kernel/change.ts';
import { GatewayChange } from '../../../src/sms/gateway-account.command.ts';

const Thing = z.object({
  where: z.string().default('the real one'),
  rate: z.int(),
  hours: z.object({ from: z.string().default('09:00'), to: z.string().default('20:00') }).prefault({}),
  days: z.array(z.int()).default([1, 2, 3]),
  note: z.string().optional(),
});

test.each([
  [{}, {}],
  [{ rate: 5 }, { rate: 5 }],
  [{ hours: {} }, { hours: {} }],
  [{ hours: { to: '19:00' } }, { hours: { to: '19:00' } }],
  [{ days: [] }, { days: [] }],
])('%j is read as it is, without a default', (given, read) => {
  expect(changeOf(Thing).parse(given)).toEqual(read);
});

test.each([{ rates: 5 }, { hours: { until: '19:00' } }, { rate: '5' }, { hours: null }])('%j is refused', (given) => {
  expect(changeOf(Thing).safeParse(given).success).toBe(false);
});

test('whatever a change leaves out stands as it stood', () => {
  const standing = { where: 'sandbox', rate: 7, hours: { from: '10:00', to: '11:00' }, days: [6], note: 'n' };
  const some = record(
    {
      where: string(),
      rate: nat(),
      hours: record({ from: string(), to: string() }, { requiredKeys: [] }),
      days: array(nat()),
    },
    { requiredKeys: [] },
  );
  assert(
    property(some, (change) => {
      const after = withChange(standing, changeOf(Thing).parse(change));
      expect(after).toEqual({ ...standing, ...change, hours: { ...standing.hours, ...change.hours } });
    }),
  );
});

test('a change of an account names what it names', () => {
  expect(GatewayChange.parse({ ratePerSecond: 50 })).toEqual({ ratePerSecond: 50 });
  expect(GatewayChange.parse({ settings: { settle: { proofs: 4 } } })).toEqual({ settings: { settle: { proofs: 4 } } });
});

test('nothing in src makes a change of a schema with `partial()`, which keeps its defaults', () => {
  const src = fileURLToPath(new URL('../../../src/', import.meta.url));
  const offenders = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const text = readFileSync(src + file, 'utf8');
      return text.includes('.partial(') && /\.(?:default|prefault)\(/.test(text) ? [file] : [];
    });
  // A draft's body and a search have no defaults below what is made partial.
  expect(offenders.map((file) => path.basename(file).replace(/^customer-|\..*$/g, '')).toSorted()).toEqual([
    'draft',
    'search',
  ]);
});
