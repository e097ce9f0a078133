import * as fc from 'fast-check';
import type { QueryResult } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execute, List, openPool, shortTransaction, sql, together, type Pool } from '../../../src/kernel/sql.db.ts';
import { testDatabase } from '../../kit/database.ts';

const countIn = (result: QueryResult<{ n: number }> | undefined): number => result?.rows[0]?.n ?? -1;

const write = (id: number) => sql`insert into note (id) values (${id}) returning id`;

const pools: Record<string, Pool> = {};
beforeAll(async () => {
  const { pool, url } = await testDatabase();
  await pool.query('create table note (id int primary key)');
  pools['pipelined'] = openPool(url, 3, { pipeline: true });
  pools['plain'] = openPool(url, 3);
});
afterAll(async () => {
  for (const pool of Object.values(pools)) await pool.end();
});

describe.each(['pipelined', 'plain'])('on a %s connection', (kind) => {
  const pool = (): Pool => pools[kind] as Pool;
  const notes = async (): Promise<number[]> =>
    (await pool().query('select id from note order by id')).rows.map(({ id }) => id as number);

  test('what follows from the first answers is committed with them', async () => {
    await pool().query('truncate note');
    const done = await shortTransaction(pool(), [write(1), sql`select count(*)::int as n from note`], ([, counted]) => [
      write(countIn(counted) + 1),
    ]);
    expect(done?.map(({ rows }) => rows)).toEqual([[{ id: 2 }]]);
    expect(await notes()).toEqual([1, 2]);
  });

  test('nothing stays when there is nothing to write', async () => {
    await pool().query('truncate note');
    expect(await shortTransaction(pool(), [write(1)], () => null)).toBeNull();
    expect(await notes()).toEqual([]);
  });

  test.each([
    ['the first queries', [write(1), write(1), write(2)], () => [write(3)]],
    ['the last queries, just before the commit', [write(1)], () => [write(2), write(1), write(3)]],
  ])('a fault in %s leaves nothing, is told, and spoils no connection', async (_, first, work) => {
    await pool().query('truncate note');
    await expect(shortTransaction(pool(), first, work)).rejects.toMatchObject({ code: '23505' });
    await Promise.all([1, 2, 3].map((id) => shortTransaction(pool(), [write(id)], () => [])));
    expect(await notes()).toEqual([1, 2, 3]);
  });

  test('a fault of ours between the two trips leaves nothing', async () => {
    await pool().query('truncate note');
    const failing = shortTransaction(pool(), [write(1)], () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await notes()).toEqual([]);
  });

  test('a query sees what waited for the lock before it', async () => {
    await pool().query('truncate note');
    const locked = (id: number) =>
      shortTransaction(
        pool(),
        [sql`select pg_advisory_xact_lock(4711)`, sql`select count(*)::int as n from note`],
        ([, counted]) => {
          expect(countIn(counted)).toBeLessThan(3);
          return [write(id * 10 + countIn(counted))];
        },
      );
    await Promise.all([1, 2, 3].map(locked));
    expect((await notes()).map((id) => id % 10).toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
  });

  test('queries sent together answer in their order', async () => {
    const client = await pool().connect();
    const answers = await together(client, ['select 1 as n', sql`select ${2}::int as n`, sql`select ${3}::int as n`]);
    client.release();
    expect(answers.map(({ rows }) => rows)).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
  });

  test('a list that is named several times, in nested parts too, travels once and arrives as it is', async () => {
    const texts = fc.oneof(
      fc.string(),
      fc.constantFrom('null', 'NULL', '', '{}', 'a,b', '"', '\\', ' '),
      fc.constant(null),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(texts.map((text) => text?.replaceAll('\0', '') ?? null)),
        fc.array(fc.integer()),
        async (words, numbers) => {
          const [list, ids] = [new List(words), new List(numbers)];
          const inner = sql`select ${ids}::float8[] as ids, ${list}::text[] as inside, ${1}::int as one`;
          const query = sql`select ${list}::text[] as words, ${2}::int as two, inside, one, ids, ${ids}::float8[] as again from (${inner}) i`;
          expect(query.values).toHaveLength(4);
          const { rows } = await execute(pool(), query);
          expect(rows).toEqual([{ words, two: 2, inside: words, one: 1, ids: numbers, again: numbers }]);
        },
      ),
      { numRuns: 50 },
    );
  });
});
