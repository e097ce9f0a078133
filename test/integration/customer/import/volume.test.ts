import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Context } from '../../../../src/house/context.ts';
import { readImport } from '../../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../../src/customer/import/acceptance.command.ts';
import { cleanName } from '../../../../src/kernel/clean-text.rule.ts';
import { readCell } from '../../../../src/kernel/spreadsheet-cell.rule.ts';
import { testDatabase } from '../../../kit/database.ts';
import { contextWith } from '../../../kit/people.ts';
import { csvFile } from './csv-file.ts';

const { pool } = await testDatabase();
let ctx: Context;
beforeAll(async () => {
  ctx = await contextWith(pool, ['applicant']);
});
beforeEach(async () => {
  await pool.query('truncate customer, import cascade');
});

test('a hundred thousand rows are read, checked and accepted in bounded memory', async () => {
  const size = 100_000;
  // Wide rows: 40 MB of file, of which only a few batches may be held at once.
  const note = '客户备注'.repeat(35);
  async function* file(): AsyncGenerator<string> {
    yield '手机号,姓名,客户号,备注\n';
    for (let n = 0; n < size; n += 1) yield `138${String(n).padStart(8, '0')},客户${n},C${n},${note}\n`;
  }
  // What is held, not what waits to be collected: how lazy the collector is depends on the machine.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  let peak = 0;
  const start = held();
  const watch = setInterval(() => {
    peak = Math.max(peak, held() - start);
  }, 100);
  const stream = Readable.from(
    (async function* () {
      for await (const line of file()) yield Buffer.from(line);
    })(),
  );
  const { id, ...checked } = await readImport(ctx, { kind: 'customers', fileName: 'large.csv', stream });
  expect(checked).toMatchObject({ totalRows: size, goodRows: size, newRows: size });
  await acceptImport(ctx, { importId: id });
  clearInterval(watch);
  expect((await pool.query('select count(*) as n from customer')).rows[0].n).toBe(size);
  expect(peak).toBeGreaterThan(0);
  expect(peak / 2 ** 20).toBeLessThan(40);
});

const character = fc.constantFrom(
  '张',
  '三',
  '欧',
  '阳',
  'a',
  'Z',
  '"',
  ',',
  '\n',
  '\r',
  '\\',
  '{',
  '}',
  "'",
  '%',
  '$',
  '1',
  '=',
  '𠮷',
  '·',
  '\t',
);
// A value is what the spreadsheet shows: an apostrophe in front, tabs and the like are no part of it.
const shown = (text: string): string => {
  const read = readCell(text);
  return read.ok ? read.value : '';
};
const words = (maxLength: number) => fc.string({ unit: character, maxLength }).map((each) => shown(shown(each)));
const person = fc.record({
  phone: fc.integer({ min: 0, max: 99_999_999 }).map((n) => `138${String(n).padStart(8, '0')}`),
  name: words(20),
  tier: fc.constantFrom('钻石', '金牌', '银牌', '铜牌', ''),
  externalId: words(10).map(cleanName),
  note: words(30),
});

test.each(['utf-8', 'gb18030'] as const)(
  'any customers written as %s read back as the same customers',
  async (encoding) => {
    const people = fc.uniqueArray(person, {
      minLength: 1,
      maxLength: 12,
      comparator: (one, other) =>
        one.phone === other.phone || (one.externalId !== '' && one.externalId === other.externalId),
    });
    const tiers: Record<string, string | null> = {
      钻石: 'diamond',
      金牌: 'gold',
      银牌: 'silver',
      铜牌: 'bronze',
      '': null,
    };
    await fc.assert(
      fc.asyncProperty(people, async (list) => {
        await pool.query('truncate customer, import cascade');
        const rows = list.map((each) => [each.phone, each.name, each.tier, each.externalId, each.note]);
        const stream = csvFile([['手机号', '姓名', '等级', '客户号', '备注'], ...rows], encoding);
        const { id, goodRows } = await readImport(ctx, { kind: 'customers', fileName: 'any.csv', stream });
        expect(goodRows).toBe(list.length);
        await acceptImport(ctx, { importId: id });
        const stored = await pool.query(
          'select phone, name, tier, external_id, attributes from customer order by phone',
        );
        const expected = list
          .toSorted((one, other) => (one.phone < other.phone ? -1 : 1))
          .map((each) => ({
            phone: `+86${each.phone}`,
            name: each.name || null,
            tier: tiers[each.tier],
            external_id: each.externalId || null,
            attributes: each.note === '' ? {} : { 备注: each.note },
          }));
        expect(stored.rows).toEqual(expected);
      }),
      // On a busy machine fewer examples: a test that runs out of time goes on beside the next one, and truncates its tables.
      { numRuns: 40, interruptAfterTimeLimit: 40_000 },
    );
  },
);
