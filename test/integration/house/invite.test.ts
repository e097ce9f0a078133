import { randomUUIDv7 } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Role } from '../../../src/kernel/permission.rule.ts';
import { faultsOfPage, openConsole } from '../kit/page/kit.ts';

const house = await openConsole();
const { administrator, liaison } = house.people;
const signedIn = { as: administrator, signedIn: true };
const chosen = (html: string) => [...html.matchAll(/value="([^"]*)" selected/g)].map(([, value]) => value);
let people = 0;
const address = (): string => `row${(people += 1)}@example.test`;
const invite = (rows: readonly (readonly [string, string, string])[], over = {}) =>
  house.post(
    '/people/invite',
    {
      name: rows.map(([name]) => name),
      email: rows.map(([, email]) => email),
      role: rows.map(([, , role]) => role),
      unit: '外呼组',
      ...over,
    },
    signedIn,
  );
const staffOf = async (email: string) =>
  (
    await house.pool.query(
      `select s.id, s.unit, array_agg(r.role order by r.role) as roles
       from staff s join staff_role r on r.staff_id = s.id where s.email = $1 group by s.id`,
      [email],
    )
  ).rows[0];
const countStaff = async (): Promise<number> =>
  Number((await house.pool.query('select count(*)::int as n from staff')).rows[0].n);

test('several people are invited by one form: each with a link, a role and a record of their own; empty rows are passed over', async () => {
  const [one, two] = [address(), address()];
  const done = await invite([
    ['陈敏', one, 'applicant operator'],
    ['', '', 'liaison'],
    ['赵雷', two, 'liaison'],
  ]);
  expect([done.status, done.location]).toEqual([303, '/people/links']);
  expect((await staffOf(one)).roles).toEqual(['applicant', 'operator']);
  expect(await staffOf(two)).toMatchObject({ roles: ['liaison'], unit: '外呼组' });
  const { rows } = await house.pool.query(
    `select object_id from audit where action = 'staff.invited' and actor = $1 order by seq`,
    [`staff:${administrator.id}`],
  );
  expect(rows.map(({ object_id }) => object_id)).toEqual([(await staffOf(one)).id, (await staffOf(two)).id]);

  for (const language of ['zh-CN', 'en'] as const) {
    const page = await house.get('/people/links', { ...signedIn, language });
    expect(faultsOfPage(page.html)).toEqual([]);
    expect(page.html.match(/\/welcome\/[\w-]{43}/g)).toHaveLength(2);
  }
  // Each link lets in its own person.
  const links = (await house.get('/people/links', signedIn)).html.match(/\/welcome\/[\w-]{43}/g) ?? [];
  expect((await house.get(links[0] ?? '', { as: null })).html).toContain('陈敏');
  expect((await house.get(links[1] ?? '', { as: null })).html).toContain('赵雷');
});

test.each<[string, readonly (readonly [string, string, string])[], string]>([
  ['a name that is missing', [['', 'new@example.test', 'leader']], '姓名不正确'],
  ['no e-mail address', [['王芳', 'wang', 'leader']], '邮箱不正确'],
  ['no role', [['王芳', 'new@example.test', '']], '请至少选择一个角色'],
  ['a role that there is not', [['王芳', 'new@example.test', 'emperor']], '请至少选择一个角色'],
  [
    'one address twice',
    [
      ['王芳', 'new@example.test', 'leader'],
      ['李娜', 'NEW@example.test', 'agent'],
    ],
    '该邮箱已被',
  ],
  ['nobody', [['', '', 'leader']], '请至少填写一人'],
])('a form with %s invites nobody, and keeps what was typed', async (_, bad, sentence) => {
  const before = await countStaff();
  const good = address();
  const refused = await invite(bad.length > 1 || bad[0]?.[1] === '' ? bad : [['好人', good, 'agent'], ...bad]);
  expect(refused.status).toBe(422);
  expect(refused.html).toContain(sentence);
  expect(await countStaff()).toBe(before);
  for (const [name] of bad) expect(refused.html).toContain(`value="${name}"`);
  expect(faultsOfPage(refused.html)).toEqual([]);
});

test('a name of a unit that cannot be one is refused by its rows', async () => {
  const refused = await invite([['王芳', address(), 'agent']], { unitNew: '甲,乙' });
  expect([refused.status, refused.html.includes('单位名称不正确')]).toEqual([422, true]);
});

test('the form proposes the roles that nobody holds, and only administrators see it and the links', async () => {
  const empty = await openConsole();
  await empty.pool.query(`update staff set disabled_at = now() where id <> $1`, [empty.people.administrator.id]);
  const page = await empty.get('/people/invite');
  expect(chosen(page.html)).toEqual(expect.arrayContaining(['applicant operator', 'liaison', 'leader']));
  expect(chosen((await house.get('/people/invite')).html)).not.toContain('leader');
  for (const place of ['/people/invite', '/people/links', '/people/keys'])
    expect((await house.get(place, { as: liaison })).status).toBe(403);
});

test('links of others are not shown', async () => {
  const other = await house.hire(['administrator']);
  await invite([['孙静', address(), 'agent']]);
  const page = await house.get('/people/links', { as: other, signedIn: true });
  expect(page.status).toBe(200);
  expect(page.html).toContain('没有可以再次查看的链接');
  expect(page.html).not.toContain('/welcome/');
});

async function signer(role: Role, by: string | null): Promise<{ keyId: string; name: string; fingerprint: string }> {
  const { id } = await house.hire([role]);
  const keyId = randomUUIDv7();
  const fingerprint = keyId.replaceAll('-', '').repeat(2);
  const name = `签字人${fingerprint.slice(-6)}`;
  await house.pool.query('update staff set name = $2 where id = $1', [id, name]);
  await house.pool.query(
    `insert into credential (id, staff_id, kind, label, public_key, fingerprint, requested_at)
     values ($1, $2, 'ed25519', '办公电脑', '\\x00', $3, now())`,
    [keyId, id, fingerprint],
  );
  if (by !== null)
    await house.pool.query(
      `insert into audit (seq, at, actor, action, object_kind, object_id, details, previous_hash, hash)
       select max(seq) + 1, now(), $1, 'staff.invited', 'staff', $2, '{}', 'x', 'y' from audit`,
      [`staff:${by}`, id],
    );
  return { keyId, name, fingerprint };
}
const stateOf = async (id: string) =>
  (await house.pool.query('select state from credential where id = $1', [id])).rows[0].state;
const approvals = async (id: string) =>
  (await house.pool.query(`select details from audit where action = 'credential.approved' and object_id = $1`, [id]))
    .rows;

test('the keys that wait are approved by one press, each named with its whole fingerprint and on record for itself', async () => {
  const both = [await signer('liaison', null), await signer('leader', null)];
  for (const language of ['zh-CN', 'en'] as const) {
    const page = await house.get('/people/keys', { ...signedIn, language });
    expect(faultsOfPage(page.html)).toEqual([]);
    const text = page.html.replaceAll(/<[^>]+>|\s/g, '');
    for (const { name, fingerprint } of both)
      expect([text.includes(fingerprint), text.includes(name)]).toEqual([true, true]);
  }
  const done = await house.post('/people/keys', { id: both.map(({ keyId }) => keyId) }, signedIn);
  expect([done.status, done.location]).toEqual([303, '/people/keys']);
  for (const { keyId, fingerprint } of both) {
    expect(await stateOf(keyId)).toBe('active');
    expect(await approvals(keyId)).toMatchObject([{ details: { fingerprint } }]);
  }
});

test('a key that one may not approve has a box that cannot be ticked, is refused by name when it is asked for all the same, and stops none of the others', async () => {
  const mine = await signer('liaison', administrator.id);
  const free = await signer('leader', null);
  const left = await signer('leader', null);
  const page = await house.get('/people/keys', signedIn);
  expect(page.html).toMatch(new RegExp(`value="${mine.keyId}" disabled`));
  expect(page.html).toMatch(new RegExp(`value="${free.keyId}">`));
  const answer = await house.post('/people/keys', { id: [mine.keyId, free.keyId] }, signedIn);
  expect(answer.status).toBe(422);
  expect(answer.html).toContain(`已批准：${free.name}`);
  expect(answer.html).toMatch(new RegExp(`${mine.name}: 近 30 天内`));
  // What was not ticked waits on.
  expect([await stateOf(mine.keyId), await stateOf(free.keyId), await stateOf(left.keyId)]).toEqual([
    'requested',
    'active',
    'requested',
  ]);
  expect(await approvals(mine.keyId)).toEqual([]);
});

test('nothing ticked approves nothing; an API key approves nothing', async () => {
  const { keyId } = await signer('leader', null);
  const none = await house.post('/people/keys', {}, signedIn);
  expect([none.status, none.html.includes('请至少勾选一个签字凭证')]).toEqual([422, true]);
  const byKey = await house.post('/people/keys', { id: keyId }, { as: administrator });
  expect(byKey.status).toBe(422);
  expect(await stateOf(keyId)).toBe('requested');
});
