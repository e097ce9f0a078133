import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Context } from '../../../../src/house/context.ts';
import { setConsent } from '../../../../src/customer/consent.command.ts';
import { findCustomer } from '../../../../src/customer/customer.command.ts';
import { readImport } from '../../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../../src/customer/import/acceptance.command.ts';
import { importErrorsCsv, listImports, loadImport } from '../../../../src/customer/import/view.command.ts';
import { applyOptOut } from '../../../../src/contact/suppression.command.ts';
import { createTopic, setSubscription } from '../../../../src/customer/topic.command.ts';
import { listAudit } from '../../../../src/house/audit/audit.db.ts';
import { transaction } from '../../../../src/kernel/sql.db.ts';
import { testDatabase } from '../../../kit/database.ts';
import { contextWith } from '../../../kit/people.ts';
import { csvFile, fileOf } from './csv-file.ts';
import { reachOf } from '../../../../src/kernel/reach.rule.ts';

const { pool } = await testDatabase();
let ctx: Context;

beforeAll(async () => {
  ctx = await contextWith(pool, ['applicant', 'operator']);
  const administrator = await contextWith(pool, ['administrator']);
  await createTopic(administrator, { code: 'news', name: '资讯' });
});
beforeEach(async () => {
  await pool.query('truncate customer, suppression, import, audience cascade');
});

const customers = (stream: Readable, over: { encoding?: 'utf-8' | 'gb18030' } = {}) =>
  readImport(ctx, { kind: 'customers', fileName: 'customers.csv', stream, ...over });
const audience = (stream: Readable) =>
  readImport(ctx, { kind: 'audience', fileName: 'list.csv', name: '周末活动', stream });
const taken = async (stream: Readable) => {
  const { id } = await customers(stream);
  await acceptImport(ctx, { importId: id });
  return id;
};
const count = async (table: string): Promise<number> =>
  (await pool.query(`select count(*) as n from ${table}`)).rows[0].n;
const errorsOf = async (id: string) =>
  (
    await pool.query(
      'select line, column_name as column, masked_value as value, reason from import_error where import_id = $1 order by line',
      [id],
    )
  ).rows;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { code: string; details?: object }) => error,
  );

test.each(['utf-8', 'gb18030'] as const)(
  'a %s file becomes customers, consents and topics only when it is accepted',
  async (encoding) => {
    const file = csvFile(
      [
        ['手机号', '姓名', '客户号', '等级', '营销同意', '主题', '城市'],
        ['138-0013-8000', '张三', 'C1', '金牌', '是', '资讯', '上海'],
        ['+86 139 0013 9000', '李,"四"\n先生', 'C2', '', '否', '', ''],
      ],
      encoding,
    );
    const checked = await customers(file);
    expect(checked).toMatchObject({
      state: 'checked',
      encoding,
      totalRows: 2,
      goodRows: 2,
      badRows: 0,
      newRows: 2,
      changedRows: 0,
      sameRows: 0,
    });
    expect(await count('customer')).toBe(0);

    await acceptImport(ctx, { importId: checked.id });
    expect(await findCustomer(ctx, { phone: '13800138000' })).toMatchObject({
      phone: '138****8000',
      name: '张三',
      externalId: 'C1',
      tier: 'gold',
      attributes: { 城市: '上海' },
      consents: [{ granted: true, source: `import:${checked.id}` }],
      subscriptions: [{ topic: 'news', subscribed: true, source: `import:${checked.id}` }],
    });
    expect(await findCustomer(ctx, { phone: '13900139000' })).toMatchObject({
      name: '李,"四"\n先生',
      tier: null,
      marketingConsent: false,
    });
    expect(await count('import_row')).toBe(0);
  },
);

test('bad rows are named with line, column, masked value and reason, and never stop the good ones', async () => {
  const file = fileOf(
    '手机号,姓名,等级,id\n13800138000,张三,金牌,A\n\n13800138000,"李\n四",银牌,A\n13900139000,王五,铂金,C\n010-12345678,赵六,,D\n13700137000,孙七,,E\n13600136000\n',
  );
  const { id, ...checked } = await customers(file);
  expect(checked).toMatchObject({ totalRows: 6, goodRows: 2, badRows: 4, newRows: 2 });
  expect(await errorsOf(id)).toEqual([
    { line: 4, column: '手机号', value: '138****8000', reason: 'duplicate:2' },
    { line: 6, column: '等级', value: '铂金', reason: 'unknown-tier' },
    { line: 7, column: '手机号', value: '****78', reason: 'phone-not-mobile' },
    { line: 9, column: '姓名', value: '', reason: 'too-few-cells' },
  ]);
  const csv = (await buffer(importErrorsCsv(pool, id))).toString();
  expect(
    csv.startsWith('\uFEFF行,列,值,原因代码,说明,另一行\r\n4,手机号,138****8000,duplicate,手机号与前面的行重复,2\r\n'),
  ).toBe(true);
  expect(csv.trim().split('\r\n')).toHaveLength(5);
  await acceptImport(ctx, { importId: id });
  expect(await count('customer')).toBe(2);
});

test('thousands of bad rows come down page after page, each once, and no cell is a formula', async () => {
  const rows = Array.from({ length: 2_500 }, () => ['=HYPERLINK("x")', '13800138000x', '?']);
  const { id } = await customers(csvFile([['=cmd', 'phone', 'tier'], ...rows]));
  const lines = (await text(importErrorsCsv(pool, id, 'en'))).trim().split('\r\n').slice(1);
  expect(lines).toHaveLength(5_000);
  expect(new Set(lines).size).toBe(5_000);
  expect(lines.filter((line) => /(^|,)"?[=+\-@]/.test(line))).toEqual([]);
});

test('a formula in a bad value is shown inert', async () => {
  const { id } = await customers(
    csvFile([
      ['phone', 'tier'],
      ['13800138000', '=1+1'],
      ['13900139000', '@x'],
    ]),
  );
  const csv = await text(importErrorsCsv(pool, id, 'en'));
  expect(csv).toContain(",'=*+*,");
  expect(csv).toContain(",'@x,");
});

test.each([
  ['', 'import.empty', {}],
  ['\n\n', 'import.empty', {}],
  ['phone\n', 'import.no-rows', {}],
  ['name\n张三\n', 'import.phone-column-missing', { line: 1 }],
  ['phone,手机\n1,2\n', 'import.column-duplicate', { line: 1, column: '手机' }],
  ['phone,name\n13800138000,"张三\n', 'import.quote-unclosed', { line: 2 }],
])('a file like %j is refused as a whole, listed as failed, and cannot be accepted', async (content, code, place) => {
  const error = await codeOf(customers(fileOf(content)));
  expect(error).toMatchObject({ code, details: place });
  const { rows } = await listImports(ctx);
  expect(rows).toMatchObject([{ state: 'failed', fault: { code, ...place } }]);
  await expect(acceptImport(ctx, { importId: rows[0]!.id })).rejects.toMatchObject({ code: 'import.not-checked' });
  expect(await count('import_row')).toBe(0);
});

test('a fault late in a large file leaves nothing staged', async () => {
  const rows = Array.from({ length: 9_000 }, (_, n) => `138${String(n).padStart(8, '0')}\n`).join('');
  await expect(customers(fileOf(`phone\n${rows}"x\n`))).rejects.toMatchObject({
    code: 'import.quote-unclosed',
    details: { line: 9_002 },
  });
  expect(await count('import_row')).toBe(0);
});

test('duplicates are found across the batches that rows are written in', async () => {
  const numbers = Array.from({ length: 9_000 }, (_, n) => `138${String(n % 4_500).padStart(8, '0')}`);
  const { id, ...checked } = await customers(fileOf(`phone\n${numbers.join('\n')}`));
  expect(checked).toMatchObject({ totalRows: 9_000, goodRows: 4_500, badRows: 4_500, newRows: 4_500 });
  const faults = await errorsOf(id);
  expect(faults.every((fault) => fault.reason === `duplicate:${fault.line - 4_500}`)).toBe(true);
});

test('the dry run tells new, changed and same, and accepting does just that', async () => {
  await taken(
    fileOf(
      '手机,姓名,等级,营销同意,主题,城市\n13800138000,张三,金牌,是,news,上海\n13900139000,李四,,,,\n13700137000,王五,,,,北京',
    ),
  );
  const before = await findCustomer(ctx, { phone: '13800138000' });
  const { id, ...checked } = await customers(
    fileOf(
      '手机,姓名,等级,营销同意,主题,城市\n13800138000,,金牌,是,news,上海\n13900139000,,,是,,\n13700137000,,,,,广州\n13600136000,,,,,',
    ),
  );
  expect(checked).toMatchObject({ newRows: 1, changedRows: 2, sameRows: 1 });
  await acceptImport(ctx, { importId: id });
  expect(await findCustomer(ctx, { phone: '13800138000' })).toEqual(before);
  expect(await findCustomer(ctx, { phone: '13700137000' })).toMatchObject({
    name: '王五',
    attributes: { 城市: '广州' },
  });
});

test('a customer id that belongs to another number is refused, at the check or at the acceptance', async () => {
  await taken(fileOf('phone,id\n13800138000,C1'));
  const late = await customers(fileOf('phone,id\n13900139000,C2\n13600136000,C3'));
  const { id } = await customers(fileOf('phone,id\n13900139000,C1\n13800138000,C9'));
  expect(await errorsOf(id)).toEqual([
    { line: 2, column: 'id', value: 'C**', reason: 'external-id-taken' },
    { line: 3, column: 'id', value: 'C**', reason: 'person-changed' },
  ]);
  await taken(fileOf('phone,id\n13700137000,C2'));
  expect(await acceptImport(ctx, { importId: late.id })).toMatchObject({ goodRows: 1 });
  expect(await errorsOf(late.id)).toEqual([{ line: 2, column: 'id', value: 'C**', reason: 'external-id-taken' }]);
  expect(await loadImport(ctx, late.id)).toMatchObject({ state: 'accepted', badRows: 1, goodRows: 1 });
  expect(await findCustomer(ctx, { phone: '13600136000' })).toMatchObject({ externalId: 'C3' });
});

test('a no that the person said is never turned into a yes by a file, and the file says so', async () => {
  await taken(
    fileOf('phone,营销同意,主题\n13800138000,是,news\n13900139000,是,news\n13700137000,否,\n13600136000,否,'),
  );
  await transaction(pool, (tx) =>
    applyOptOut(tx, { phone: '+8613800138000', source: 'reply:a', reach: reachOf.marketing, now: new Date() }),
  );
  const spoken = await findCustomer(ctx, { phone: '13900139000' });
  const again = await findCustomer(ctx, { phone: '13600136000' });
  await setConsent(ctx, { customerId: spoken!.id, purpose: 'marketing', granted: false, source: 'phone-call' });
  await setConsent(ctx, { customerId: again!.id, purpose: 'marketing', granted: false, source: 'phone-call' });
  await setSubscription(ctx, { customerId: spoken!.id, topic: 'news', subscribed: false, source: 'phone-call' });

  const checked = await customers(
    fileOf('phone,营销同意,主题\n13800138000,是,news\n13900139000,是,news\n13700137000,是,\n13600136000,是,'),
  );
  expect(checked).toMatchObject({ changedRows: 1, sameRows: 3, options: { heldConsents: 3 } });
  await acceptImport(ctx, { importId: checked.id });
  expect(await findCustomer(ctx, { phone: '13800138000' })).toMatchObject({
    consents: [{ granted: false, source: 'reply' }],
  });
  expect(await findCustomer(ctx, { phone: '13900139000' })).toMatchObject({
    consents: [{ granted: false, source: 'phone-call' }],
    subscriptions: [{ subscribed: false }],
  });
  expect(await findCustomer(ctx, { phone: '13700137000' })).toMatchObject({ consents: [{ granted: true }] });
  expect(await findCustomer(ctx, { phone: '13600136000' })).toMatchObject({
    consents: [{ granted: false, source: 'phone-call' }],
  });
  const audit = await listAudit(pool, { limit: 10, objectKind: 'import', objectId: checked.id });
  expect(audit.at(-1)).toMatchObject({ action: 'import.accepted', details: { heldConsents: 3 } });
});

test('a no in a file always counts', async () => {
  await taken(fileOf('phone,营销同意\n13800138000,'));
  const customer = await findCustomer(ctx, { phone: '13800138000' });
  await setConsent(ctx, { customerId: customer!.id, purpose: 'marketing', granted: true, source: 'paper-form' });
  await taken(fileOf('phone,营销同意\n13800138000,否'));
  expect(await findCustomer(ctx, { id: customer!.id })).toMatchObject({ marketingConsent: false });
});

test('a file of an audience becomes members in its order, tied to the customers there are', async () => {
  await taken(fileOf('phone\n13900139000'));
  const known = await findCustomer(ctx, { phone: '13900139000' });
  const checked = await audience(fileOf('姓名,手机,__proto__\n张三,13800138000,\n坏,1,\n李四,13900139000,x\n'));
  expect(checked).toMatchObject({ goodRows: 2, badRows: 1, newRows: 1, sameRows: 1 });
  expect(await count('audience')).toBe(0);
  const { audienceId } = await acceptImport(ctx, { importId: checked.id });
  const { rows } = await pool.query(
    'select seq, customer_id, phone, variables::text from audience_member where audience_id = $1 order by seq',
    [audienceId],
  );
  expect(rows).toEqual([
    { seq: 1, customer_id: null, phone: '+8613800138000', variables: '{"姓名": "张三", "__proto__": ""}' },
    { seq: 2, customer_id: known!.id, phone: '+8613900139000', variables: '{"姓名": "李四", "__proto__": "x"}' },
  ]);
});
