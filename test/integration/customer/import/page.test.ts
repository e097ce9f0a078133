import { randomUUIDv7 } from 'node:crypto';
import { writeXlsx } from 'hucre/xlsx';
import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { goOnWithAbandoned } from '../../../../src/customer/import/acceptance-steps.command.ts';
import { clearStaleImports } from '../../../../src/customer/import/import.command.ts';
import { faultsOfPage } from '../../kit/page/kit.ts';
import { openImports } from './kit.ts';

const house = await openImports();
const { send, sendForm, count } = house;
const applicant = () => ({ as: house.people.applicant });

test('a file is checked, shown with its faults in both languages, and written only when it is accepted', async () => {
  const { status, location } = await send(
    '手机号,姓名,等级,城市\n13800138000,王一,金牌,上海\n1380013800,王二,,\n13900139000,王三,白金,\n',
  );
  expect(status).toBe(204);
  const path = location ?? '';
  const zh = await house.get(path, applicant());
  expect(zh.html).toContain('手机号位数不对');
  expect(zh.html).toContain('未知等级');
  expect(zh.html).toContain('附加资料');
  expect(zh.html).not.toMatch(/13800138000|王一/);
  const en = await house.get(path, { ...applicant(), language: 'en' });
  expect(en.html).toContain('too few or too many digits');
  for (const { html } of [zh, en]) expect(faultsOfPage(html)).toEqual([]);
  const csv = await house.get(`${path}/errors.csv`, { ...applicant(), language: 'en' });
  expect(csv.html).toContain('phone-wrong-length');
  expect(await count('customer')).toBe(0);
  const accepted = await house.post(`${path}/accept`, {}, applicant());
  expect(accepted.location).toBe(path);
  expect(await count('customer')).toBe(1);
  expect((await house.get(path, applicant())).html).toContain('查看客户');
  expect((await house.post(`${path}/discard`, {}, applicant())).status).toBe(409);
});

test('an audience becomes an open audience with its name, and the page leads to it', async () => {
  const { location } = await send('phone,金额\n13800138000,12\n', { kind: 'audience', name: '国庆名单' });
  const page = await house.get(location ?? '', applicant());
  expect(page.html).toContain('短信变量');
  expect(page.html).toContain('国庆名单');
  await house.post(`${location}/accept`, {}, applicant());
  const { rows } = await house.pool.query('select id, name from audience');
  expect(rows).toEqual([{ id: rows[0].id, name: '国庆名单' }]);
  const done = (await house.get(location ?? '', applicant())).html;
  expect(done).toContain(`/audiences/${rows[0].id}`);
  // What comes next stands once: a campaign for these people, by who can begin one.
  expect(done).toContain('用此名单新建活动');
  expect(done).not.toContain('first-run-next');
});

test('a plain form imports too, and says on the page what is wrong with it', async () => {
  const fields = { importId: randomUUIDv7(), kind: 'customers', name: '', encoding: '' };
  const good = await sendForm(fields, { name: '客户.csv', text: 'phone\n13800138000\n' });
  expect([good.status, good.location]).toEqual([303, `/imports/${fields.importId}`]);
  const again = await sendForm(fields, { name: '客户.csv', text: 'phone\n13800138000\n' });
  expect([again.status, again.location]).toEqual([303, `/imports/${fields.importId}`]);
  expect(await count('import')).toBe(1);
  const none = await sendForm({ ...fields, importId: randomUUIDv7() }, null);
  expect(none.status).toBe(422);
  const blank = await sendForm({ ...fields, importId: randomUUIDv7() }, { name: '', text: '' });
  expect(blank.status).toBe(422);
  const large = await sendForm(
    { ...fields, importId: randomUUIDv7() },
    { name: 'large.csv', text: 'x'.repeat(33 * 1024 ** 2) },
  );
  expect(large.status).toBe(422);
  expect(large.html).toContain('role="alert"');
  expect(await count('import')).toBe(1);
});

test('a file that cannot be read has a page that says why and where', async () => {
  const { status, location } = await send('手机号,姓名\n1,"王\n');
  expect(status).toBe(204);
  const { html } = await house.get(location ?? '', applicant());
  expect(html).toContain('文件未能读取');
  expect(html).toContain('第 2 行');
  const header = await send('phone\n1', { importId: 'no-uuid' });
  expect(header.html).toContain('import.no-file');
});

test('what the file does not tell is asked on its page, and the answer is kept for the next file', async () => {
  const file = '本人电话,联系人电话,Consent,City\n13800138000,13900139000,是,上海\n';
  const { location = '' } = await send(file);
  const page = await house.get(location, applicant());
  expect(page.html).toContain('没有手机号列');
  expect(faultsOfPage(page.html)).toEqual([]);
  expect((await house.get(location, { as: house.people.auditor })).html).not.toContain('/read"');
  const header = ['本人电话', '联系人电话', 'Consent', 'City'];
  const meaning = ['phone', 'ignore', 'consent', 'attribute'];
  const said = { header, meaning, attribute: ['', '', '', '城市'] };
  expect((await house.post(`${location}/read`, said, applicant())).status).toBe(303);
  const row = async () =>
    (await house.pool.query('select state, good_rows, columns from import order by id desc limit 1')).rows[0];
  const wanted = [
    { header: '本人电话', field: 'phone' },
    { header: '联系人电话', field: 'ignore' },
    { header: 'Consent', field: 'consent' },
    { header: 'City', field: 'attribute', name: '城市' },
  ];
  expect(await row()).toEqual({ state: 'checked', good_rows: 1, columns: wanted });
  expect((await house.post(`${location}/accept`, {}, applicant())).status).toBe(303);
  const { rows } = await house.pool.query('select attributes, (select granted from consent) as granted from customer');
  expect(rows).toEqual([{ attributes: { 城市: '上海' }, granted: true }]);
  expect(await count('import_file')).toBe(0);
  await send(file);
  expect(await row()).toMatchObject({ state: 'checked', columns: wanted });
});

test('a heading that looks like consent is warned about, and its meaning can be changed', async () => {
  const { location = '' } = await send('手机号,Consent\n13800138000,是\n');
  expect((await house.get(location, applicant())).html).toContain('列名像是“营销同意”');
  const said = { header: ['手机号', 'Consent'], meaning: ['phone', 'consent'], attribute: ['', ''] };
  await house.post(`${location}/read`, said, applicant());
  const { html } = await house.get(location, applicant());
  expect(html).not.toContain('列名像是');
  expect(faultsOfPage(html)).toEqual([]);
});

test('an encoding that cannot be told is asked with both readings, numbers masked', async () => {
  const { location = '' } = await send(iconv.encode('phone,name\n13800138000,鲁\n', 'gb18030'));
  const { html } = await house.get(location, applicant());
  expect(html).toContain('138****,鲁');
  expect(html).toContain('138****,\u00b3');
  expect(html).not.toContain('13800138000');
  expect(faultsOfPage(html)).toEqual([]);
  await house.post(`${location}/read`, { encoding: 'gb18030' }, applicant());
  await house.post(`${location}/accept`, {}, applicant());
  expect((await house.pool.query('select name from customer')).rows).toEqual([{ name: '鲁' }]);
});

test('a workbook is read, another sheet can be chosen, and the sample is one that can be uploaded', async () => {
  const bytes = await writeXlsx({
    sheets: [
      {
        name: '甲',
        rows: [
          ['手机号', '姓名'],
          ['13800138000', '张三'],
          [13900139000, '#N/A'],
        ],
      },
      { name: '乙', rows: [['手机号'], ['13700137000']] },
    ],
  });
  const { location = '' } = await send(Buffer.from(bytes), { fileName: '客户.xlsx' });
  const { html } = await house.get(location, applicant());
  expect(html).toContain('错误值');
  expect(html).toContain('3 · B');
  const asSent = { sheet: '乙', header: ['手机号', '姓名'], meaning: ['phone', 'name'], attribute: ['', ''] };
  await house.post(`${location}/read`, asSent, applicant());
  await house.post(`${location}/accept`, {}, applicant());
  expect((await house.pool.query('select phone from customer')).rows).toEqual([{ phone: '+8613700137000' }]);
  for (const name of ['customers.xlsx', 'customers.csv']) {
    const answer = await house.app.inject({
      url: `/imports/sample/${name}`,
      headers: { authorization: `Bearer ${house.people.applicant.key}` },
    });
    expect(answer.statusCode).toBe(200);
    const { location: sample = '' } = await send(answer.rawPayload, { fileName: name });
    expect((await house.get(sample, applicant())).html).toContain('将为 2 位客户登记 2 个其他号码');
    const { rows } = await house.pool.query('select good_rows, bad_rows from import order by id desc limit 1');
    expect(rows).toEqual([{ good_rows: 2, bad_rows: 0 }]);
  }
});

test('somebody who may only read sees imports and can change none', async () => {
  const { location } = await send('phone\n13800138000\n');
  const auditor = { as: house.people.auditor };
  const list = await house.get('/imports', auditor);
  expect(list.html).toContain('客户.csv');
  expect(list.html).not.toContain('data-upload');
  const page = await house.get(location ?? '', auditor);
  expect(page.html).toContain('没有写入权限');
  expect(page.html).not.toContain('/accept');
  expect((await house.post(`${location}/accept`, {}, auditor)).status).toBe(403);
  expect((await send('phone\n13900139000\n', {}, house.people.auditor)).location).toBeUndefined();
  const audience = await send('phone\n13900139000\n', { kind: 'audience' }, house.people.operator);
  expect(audience.location).toBeUndefined();
  expect(await count('customer')).toBe(0);
});

test('while a file is read its rows so far are told, and at its end the page is asked for again', async () => {
  const { location } = await send('phone\n13800138000\n13900139000\n');
  const id = location?.split('/').at(-1);
  await house.pool.query(`update import set state = 'reading', total_rows = 8000, bad_rows = 3 where id = $1`, [id]);
  const running = await house.get(`${location}/progress`, { ...applicant(), htmx: true });
  expect(running.html).toContain('已读 8,000 行，其中 3 行有误');
  expect(running.headers['hx-refresh']).toBeUndefined();
  expect((await house.get(location ?? '', applicant())).html).toContain('hx-trigger="every 1s"');
  await house.pool.query(`update import set state = 'checked' where id = $1`, [id]);
  const over = await house.get(`${location}/progress`, { ...applicant(), htmx: true });
  expect(over.headers['hx-refresh']).toBe('true');
});

test('what was checked and not accepted for a week is cleared, on record, by the next upload or start', async () => {
  const old = await send('phone\n13800138000\n');
  const young = await send('phone\n13900139000\n');
  const age = (location: string | undefined, days: number) =>
    house.pool.query(`update import set created_at = now() - make_interval(days => $2::int) where id = $1`, [
      location?.split('/').at(-1),
      days,
    ]);
  await age(old.location, 8);
  await age(young.location, 6);
  await send('phone\n13700137000\n');
  expect((await house.get(old.location ?? '', applicant())).html).toContain('已放弃');
  expect((await house.get(young.location ?? '', applicant())).html).toContain('待确认');
  await age(young.location, 8);
  expect(await clearStaleImports(house.pool)).toBe(1);
  expect(await clearStaleImports(house.pool)).toBe(0);
  const { rows } = await house.pool.query(`select actor from audit where action = 'import.expired'`);
  expect(rows).toEqual([{ actor: 'system' }, { actor: 'system' }]);
  expect(await count('import_row')).toBe(1);
});

test('rows that take long to write are written beside the request, and the page says so until they are', async () => {
  const { location } = await send('phone\n13800138000\n');
  const path = location ?? '';
  const blocker = await house.pool.connect();
  await blocker.query('begin; lock table customer in share mode');
  try {
    const [first, second] = await Promise.all([1, 2].map(() => house.post(`${path}/accept`, {}, applicant())));
    expect([first?.location, second?.location]).toEqual([path, path]);
    const { html } = await house.get(path, applicant());
    expect(html).toContain('正在写入：已处理 0 行，共 1 行');
    expect(html).not.toContain('/accept"');
    expect((await house.get(`${path}/progress`, { ...applicant(), htmx: true })).headers['hx-refresh']).toBeUndefined();
    expect((await house.post(`${path}/accept`, {}, applicant())).location).toBe(path);
  } finally {
    await blocker.query('rollback');
    blocker.release();
  }
  await expect.poll(async () => (await house.get(path, applicant())).html).toContain('查看客户');
  expect(await count('customer')).toBe(1);
});

test('what fails while rows are written is said on the page, and goes on by itself', async () => {
  const { location } = await send('phone,id\n13800138000,C-1\n');
  const path = location ?? '';
  await house.pool.query(`create function fail() returns trigger language plpgsql as $$ begin raise 'no room'; end $$;
    create trigger fail before insert on customer execute function fail()`);
  try {
    expect((await house.post(`${path}/accept`, {}, applicant())).location).toBe(path);
    await expect.poll(async () => (await house.get(path, applicant())).html).toContain('写入暂时中断');
    expect(await count('customer')).toBe(0);
  } finally {
    await house.pool.query('drop function fail cascade');
  }
  expect(await goOnWithAbandoned({ pool: house.pool, now: () => new Date() })).toBe(1);
  const { html } = await house.get(path, applicant());
  expect(html).not.toContain('写入暂时中断');
  expect(html).toContain('查看客户');
  expect(await count('customer')).toBe(1);
});

test('a row whose customer id somebody else gets at that very moment is left out, and the page says so', async () => {
  const { location } = await send('phone,id\n13800138000,C-1\n13800138001,C-2\n');
  const path = location ?? '';
  const other = await house.pool.connect();
  await other.query('begin');
  await other.query(
    `insert into customer (id, external_id, phone) values (gen_random_uuid(), 'C-1', '+8613900139000')`,
  );
  expect((await house.post(`${path}/accept`, {}, applicant())).location).toBe(path);
  await other.query('commit');
  other.release();
  await expect
    .poll(async () => (await house.get(path, applicant())).html)
    .toContain('有 1 行的手机号或客户号已属于另一位客户');
  expect(await count('customer')).toBe(2);
});
