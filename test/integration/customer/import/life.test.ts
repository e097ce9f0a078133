import { Readable } from 'node:stream';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Context } from '../../../../src/house/context.ts';
import { failInterruptedImports, readImport } from '../../../../src/customer/import/import.command.ts';
import { acceptImport, discardImport, markAccepted } from '../../../../src/customer/import/acceptance.command.ts';
import { goOnWithAbandoned } from '../../../../src/customer/import/acceptance-steps.command.ts';
import { listImports, loadImport } from '../../../../src/customer/import/view.command.ts';
import { listAudit } from '../../../../src/house/audit/audit.db.ts';
import { testDatabase } from '../../../kit/database.ts';
import { contextWith } from '../../../kit/people.ts';
import { killWhileAccepting } from './killed.ts';
import { fileOf } from './csv-file.ts';

const { pool, url: databaseUrl } = await testDatabase();
let ctx: Context;
let stranger: Context;

beforeAll(async () => {
  ctx = await contextWith(pool, ['applicant', 'operator']);
  stranger = await contextWith(pool, ['liaison']);
});
beforeEach(async () => {
  await pool.query('truncate customer, import, audience cascade');
});

const customers = (stream: Readable) => readImport(ctx, { kind: 'customers', fileName: 'customers.csv', stream });
const audience = (stream: Readable) =>
  readImport(ctx, { kind: 'audience', fileName: 'list.csv', name: '周末活动', stream });
const taken = async (stream: Readable) => {
  const { id } = await customers(stream);
  await acceptImport(ctx, { importId: id });
  return id;
};
const count = async (table: string): Promise<number> =>
  (await pool.query(`select count(*) as n from ${table}`)).rows[0].n;
const peopleIn = (numbers: string[], city: string): Readable =>
  fileOf(`phone,id,营销同意,${city}\n${numbers.map((each) => `${each},${each},是,x`).join('\n')}`);

async function* interruptedBy(interrupt: () => Promise<void>): AsyncGenerator<Buffer> {
  yield Buffer.from('phone\n13800138000\n');
  await interrupt();
  yield Buffer.from('13900139000\n');
}
const loseReader = async (): Promise<void> => {
  const { rowCount } = await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid in (select pid from pg_locks where locktype = 'advisory')`,
  );
  expect(rowCount).toBe(1);
};

test('accepting twice, also at the same moment, does one thing and gives one answer', async () => {
  const { id } = await audience(fileOf('phone,x\n13800138000,1'));
  const answers = await Promise.all([1, 2, 3].map(() => acceptImport(ctx, { importId: id })));
  expect(new Set(answers.map((answer) => answer.audienceId)).size).toBe(1);
  expect(await acceptImport(ctx, { importId: id })).toEqual(answers[0]);
  expect(await count('audience')).toBe(1);
});

test('what is discarded is gone and cannot be accepted, and what is accepted cannot be discarded', async () => {
  const first = await customers(fileOf('phone\n13800138000'));
  await discardImport(ctx, { importId: first.id });
  await discardImport(ctx, { importId: first.id });
  await expect(acceptImport(ctx, { importId: first.id })).rejects.toMatchObject({
    code: 'import.not-checked',
    details: { state: 'discarded' },
  });
  expect(await count('import_row')).toBe(0);
  const second = await taken(fileOf('phone\n13800138000'));
  await expect(discardImport(ctx, { importId: second })).rejects.toMatchObject({ code: 'import.not-checked' });
});

test('accepting and discarding at the same moment does one of the two', async () => {
  const { id } = await customers(fileOf('phone\n13800138000'));
  const ended = await Promise.allSettled([acceptImport(ctx, { importId: id }), discardImport(ctx, { importId: id })]);
  expect(ended.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
  expect(await count('customer')).toBe((await loadImport(ctx, id)).state === 'accepted' ? 1 : 0);
});

test('two imports of the same people at once, in opposite orders, both come through', async () => {
  const numbers = Array.from({ length: 5_000 }, (_, n) => `138${String(n).padStart(8, '0')}`);
  const [one, two] = await Promise.all([
    customers(peopleIn(numbers, 'a')),
    customers(peopleIn(numbers.toReversed(), 'b')),
  ]);
  await Promise.all([one, two].map(({ id }) => acceptImport(ctx, { importId: id })));
  expect(await count('customer')).toBe(5_000);
  expect(await count(`customer where attributes = '{"a":"x","b":"x"}'`)).toBe(5_000);
});

test('an acceptance whose process is killed goes on by itself, and is on record once', async () => {
  const size = 60_000;
  const numbers = Array.from({ length: size }, (_, n) => `138${String(n).padStart(8, '0')}`);
  const { id } = await readImport(ctx, { kind: 'customers', fileName: 'c.csv', stream: peopleIn(numbers, 'a') });
  await killWhileAccepting(ctx, databaseUrl, id);
  const { rows } = await pool.query(
    `select state, (options -> 'acceptance' ->> 'rows')::int as rows, (select count(*) from customer) as customers
     from import where id = $1`,
    [id],
  );
  expect(rows).toMatchObject([{ state: 'accepting', customers: rows[0]?.rows }]);

  const house = { pool, now: () => new Date() };
  await expect.poll(() => goOnWithAbandoned(house)).toBe(1);
  expect(await loadImport(ctx, id)).toMatchObject({ state: 'accepted', goodRows: size });
  for (const table of ['customer', 'consent', 'phone_number where customer_id is not null'])
    expect(await count(table)).toBe(size);
  expect(await count('import_row')).toBe(0);
  const record = await listAudit(pool, { limit: 10, objectKind: 'import', objectId: id });
  const accepted = record.filter(({ action }) => action === 'import.accepted');
  expect(accepted).toMatchObject([{ actor: `staff:${ctx.staff.id}`, details: { written: size, consents: size } }]);
});

test('one acceptance that fails keeps no other from its end, and is told', async () => {
  const [bad, good] = [
    await customers(fileOf('phone,consent\n13800138000,是\n')),
    await customers(fileOf('phone\n13900139000\n')),
  ];
  await pool.query(`update import_row set payload = payload || '{"consent":"perhaps"}' where import_id = $1`, [bad.id]);
  for (const { id } of [bad, good]) await markAccepted(ctx, { importId: id });
  const told: unknown[] = [];
  expect(await goOnWithAbandoned({ pool, now: () => new Date() }, (error) => told.push(error))).toBe(1);
  expect(told).toHaveLength(1);
  expect(await loadImport(ctx, good.id)).toMatchObject({ state: 'accepted', goodRows: 1 });
  expect(await loadImport(ctx, bad.id)).toMatchObject({
    state: 'accepting',
    fault: { code: 'import.accept-failed' },
  });
  await pool.query('delete from import where id = $1', [bad.id]);
});

test('an upload that breaks off fails the import', async () => {
  await expect(
    customers(Readable.from(interruptedBy(() => Promise.reject(new Error('connection reset'))))),
  ).rejects.toThrow('connection reset');
  expect((await listImports(ctx)).rows).toMatchObject([{ state: 'failed', fault: { code: 'import.interrupted' } }]);
});

test('start-up fails the imports whose reader died and leaves a living reader alone', async () => {
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  async function* slow(): AsyncGenerator<Buffer> {
    yield Buffer.from('phone\n13800138000\n');
    begun.resolve();
    await held.promise;
    yield Buffer.from('13900139000\n');
  }
  const living = customers(Readable.from(slow()));
  await begun.promise;
  const died = '01900000-0000-7000-8000-000000000001';
  await pool.query(
    `insert into import (id, kind, file_name, state, created_by) values ($1, 'customers', 'x.csv', 'reading', $2)`,
    [died, ctx.staff.id],
  );
  await pool.query(`insert into import_row values ($1, 2, '+8613800138000', '{}')`, [died]);

  expect(await failInterruptedImports(pool)).toBe(1);
  expect(await failInterruptedImports(pool)).toBe(0);
  expect(await loadImport(ctx, died)).toMatchObject({ state: 'failed', fault: { code: 'import.interrupted' } });
  expect(await count(`import_row where import_id = '${died}'`)).toBe(0);
  held.resolve();
  expect(await living).toMatchObject({ state: 'checked', goodRows: 2 });
});

test('a reader that lost its connection does not come back as checked', async () => {
  await expect(customers(Readable.from(interruptedBy(loseReader)))).rejects.toThrow();
  expect((await listImports(ctx)).rows).toMatchObject([{ state: 'failed' }]);
});

test('nobody imports, accepts or discards without the right', async () => {
  const { id } = await customers(fileOf('phone\n13800138000'));
  const refused = { kind: 'denied', code: 'permission.denied' };
  await expect(
    readImport(stranger, { kind: 'customers', fileName: 'x', stream: fileOf('phone\n1') }),
  ).rejects.toMatchObject(refused);
  await expect(acceptImport(stranger, { importId: id })).rejects.toMatchObject(refused);
  await expect(discardImport(stranger, { importId: id })).rejects.toMatchObject(refused);
  await expect(listImports(stranger)).rejects.toMatchObject(refused);
  await expect(acceptImport(ctx, { importId: '01900000-0000-7000-8000-000000000009' })).rejects.toMatchObject({
    code: 'import.unknown',
  });
});

test('the record tells what happened in numbers, and no phone', async () => {
  const id = await taken(fileOf('phone,name\n13800138000,张三\n1,坏'));
  const rows = await listAudit(pool, { limit: 10, objectKind: 'import', objectId: id });
  expect(rows.map((row) => row.action)).toEqual([
    'import.started',
    'import.checked',
    'import.accept-begun',
    'import.accepted',
  ]);
  expect(rows[1]?.details).toMatchObject({ totalRows: 2, goodRows: 1, badRows: 1 });
  expect(JSON.stringify(rows)).not.toMatch(/13800138000|张三/);
});
