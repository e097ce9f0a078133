import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDate, readNumber } from '../../../src/kernel/written-value.rule.ts';
import { testDatabase } from '../../kit/database.ts';

const { pool } = await testDatabase();
const inSql = async (values: string[]) =>
  (
    await pool.query<{ date: string | null; number: string | null }>(
      'select written_date(v)::text as date, written_number(v)::text as number from unnest($1::text[]) with ordinality as t (v, n) order by n',
      [values],
    )
  ).rows;

test.each([
  ['2026-12-01', '2026-12-01', null],
  ['2026/12/1', '2026-12-01', null],
  ['2026.12.1', '2026-12-01', null],
  ['2026-12-1', '2026-12-01', null],
  ['2026年12月1日', '2026-12-01', null],
  ['2026年12月1号', '2026-12-01', null],
  ['２０２６／１２／１', '2026-12-01', null],
  ['2026-12-01 09:30', '2026-12-01', null],
  ['2026/12/1 9:30:00', '2026-12-01', null],
  ['2026-12-01T09:30:00.000Z', '2026-12-01', null],
  ['2026-12-01T09:30:00+08:00', '2026-12-01', null],
  ['2026-02-30', null, null],
  ['2026-13-01', null, null],
  ['2024-02-29', '2024-02-29', null],
  ['12月1日', null, null],
  ['2026-12-01 下午', null, null],
  ['1,000', null, '1000'],
  ['1，000', null, '1000'],
  ['１００', null, '100'],
  ['1000.00元', null, '1000.00'],
  ['¥1,000.50', null, '1000.50'],
  ['￥ 5', null, '5'],
  ['-5', null, '-5'],
  ['+5', null, '5'],
  ['007', null, '7'],
  [' 100\u00A0', null, '100'],
  ['1,00', null, null],
  ['1,000,00', null, null],
  ['1.2.3', null, null],
  ['15%', null, null],
  ['一百', null, null],
  ['', null, null],
])('%j is the day %j and the number %j, in templates and in filters', async (written, date, number) => {
  const [row] = await inSql([written]);
  expect([readDate(written), row?.date]).toEqual([date, date]);
  expect(row?.number ?? null).toBe(number);
  const read = readNumber(written);
  expect(read === null ? null : Number(read)).toBe(number === null ? null : Number(number));
});

test('the database reads whatever is written as the code does', async () => {
  const pieces = fc.constantFrom(
    '2026',
    '12',
    '1',
    '0',
    '29',
    '-',
    '/',
    '.',
    ',',
    '，',
    '年',
    '月',
    '日',
    '号',
    ' ',
    '元',
    '¥',
    '￥',
    '+',
    '９',
    ':',
    'T',
    'Z',
    'x',
    '\u3000',
    '\u00A0',
  );
  const texts = fc.array(pieces, { maxLength: 9 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { minLength: 200, maxLength: 400 }), async (values) => {
      const rows = await inSql(values);
      values.forEach((value, index) => {
        const number = readNumber(value);
        expect([value, rows[index]?.date ?? null]).toEqual([value, readDate(value)]);
        expect([value, rows[index]?.number === null ? null : Number(rows[index]?.number)]).toEqual([
          value,
          number === null ? null : Number(number) + 0,
        ]);
      });
    }),
    { numRuns: 20 },
  );
});
