import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { password, sessionHeaders } from '../../../kit/session.ts';
import { cli } from '../../../unit/kit/cli/kit.ts';
import { openHouse, type Person } from '../http/kit.ts';

const house = await openHouse();
await house.app.listen({ port: 0, host: '127.0.0.1' });
const url = `http://127.0.0.1:${(house.app.server.address() as AddressInfo).port}`;
const folder = mkdtempSync(path.join(tmpdir(), 'waihu-cli-'));
const run = async (as: Person, ...args: string[]) => {
  const answer = await cli([...args, '--json'], { WAIHU_URL: url, WAIHU_API_KEY: as.key }, folder);
  return { ...answer, data: (answer.stdout === '' ? null : JSON.parse(answer.stdout)) as Record<string, unknown> };
};
/** Signed in as themselves, with a password that nobody gave them. */
const runAs = async (as: Person, ...args: string[]) => {
  await sessionHeaders(house.pool, house.signIn, as.id, 'http://127.0.0.1');
  const env = { WAIHU_URL: url, WAIHU_EMAIL: `${as.id}@example.com`, WAIHU_PASSWORD: password };
  const answer = await cli([...args, '--json'], env, folder);
  return { ...answer, data: (answer.stdout === '' ? null : JSON.parse(answer.stdout)) as Record<string, unknown> };
};
const { administrator, applicant, liaison, auditor, operator } = house.people;

test('a person is added, given a key, and uses it', async () => {
  const made = await run(
    administrator,
    'staff',
    'create',
    '--name',
    '李雷',
    '--email',
    'li@example.com',
    '--unit',
    '零售部',
    '--role',
    'auditor',
    '--role',
    'operator',
  );
  expect(made.exit).toBe(0);
  const key = await run(administrator, 'key', 'create', String(made.data['id']), '--name', 'laptop', '--days', '30');
  const person = { id: String(made.data['id']), key: String(key.data['secret']), keyId: String(key.data['id']) };
  expect((await run(person, 'me')).data).toMatchObject({ name: '李雷', roles: ['auditor', 'operator'] });
  expect((await run(person, 'key', 'revoke', person.keyId)).exit).toBe(4);
  expect((await run(administrator, 'key', 'revoke', person.keyId)).exit).toBe(0);
  expect((await run(person, 'me')).exit).toBe(4);
});

test('a signing key goes from its file to approval', async () => {
  expect((await run(liaison, 'keygen', '--out', 'key.pem')).exit).toBe(0);
  const ask = ['credential', 'request', '--key', 'key.pem', '--label', 'laptop'];
  // An API key stands for nobody here, since somebody else may have issued it.
  expect((await run(liaison, ...ask)).exit).toBe(2);
  const requested = await runAs(liaison, ...ask);
  expect(requested.data).toMatchObject({ state: 'requested', staffId: liaison.id });
  expect((await runAs(liaison, 'credential', 'approve', String(requested.data['id']))).exit).toBe(4);
  expect((await runAs(administrator, 'credential', 'approve', String(requested.data['id']))).data).toMatchObject({
    state: 'active',
  });
  expect((await run(liaison, 'credential', 'list')).data).toMatchObject({ items: [{ state: 'active' }] });
});

test('who was let in by an administrator joins by the link, and that administrator approves nothing of theirs', async () => {
  const who = ['--name', '韩梅梅', '--email', 'han@example.com', '--unit', '办公室', '--role', 'liaison'];
  const invited = await run(administrator, 'staff', 'invite', ...who);
  const env = { WAIHU_URL: url, WAIHU_EMAIL: 'han@example.com', WAIHU_PASSWORD: password };
  const link = String(invited.data['link']).replace('http://127.0.0.1', url);
  expect((await cli(['join', link.slice(0, -60)], env, folder)).exit).toBe(2);
  expect((await cli(['join', link], env, folder)).exit).toBe(0);
  expect((await cli(['join', link], env, folder)).exit).toBe(1);
  await cli(['keygen', '--out', 'han.pem'], env, folder);
  const ask = ['credential', 'request', '--key', 'han.pem', '--label', 'laptop', '--json'];
  const wrong = await cli(ask, { ...env, WAIHU_PASSWORD: 'wrong' }, folder);
  expect([wrong.exit, wrong.stderr]).toEqual([4, expect.stringContaining('auth.refused')]);
  const { id } = JSON.parse((await cli(ask, env, folder)).stdout) as { id: string };
  const refused = await runAs(administrator, 'credential', 'approve', id);
  expect([refused.exit, refused.stderr]).toEqual([4, expect.stringContaining('credential.nobody-independent')]);
  // Every command ended the session that it opened.
  const { rows } = await house.pool.query('select 1 from session where staff_id = $1', [invited.data['staffId']]);
  expect(rows).toEqual([]);
});

test('a file is shown first, and stored only when it is accepted', async () => {
  writeFileSync(path.join(folder, 'people.csv'), '手机号,姓名\n13800138000,李雷\n123,王\n13900139000,韩梅梅\n');
  const dryRun = await run(applicant, 'import', 'people.csv');
  expect(dryRun.data).toMatchObject({
    accepted: null,
    import: { goodRows: 2, badRows: 1 },
    errors: [['3', expect.any(String), expect.any(String), expect.stringContaining('digits')]],
  });
  expect((await run(operator, 'customers', 'count')).data['total']).toBe(0);
  expect((await run(operator, 'customers', 'list', '--tier', 'gold')).data['items']).toEqual([]);
  expect((await run(operator, 'suppression', 'list')).data['items']).toEqual([]);
  const { id } = dryRun.data['import'] as { id: string };
  expect((await run(applicant, 'import', 'errors', id, '--out', 'errors.csv')).exit).toBe(0);
  expect(readFileSync(path.join(folder, 'errors.csv'), 'utf8').split('\r\n')).toHaveLength(3);
  expect((await run(applicant, 'import', 'accept', id)).data).toEqual({ audienceId: null, goodRows: 2 });
  expect((await run(operator, 'customers', 'show', '138-0013-8000')).data).toMatchObject({
    name: '李雷',
    phone: '138****8000',
  });
});

test('an audience file is accepted in one go, and counted', async () => {
  writeFileSync(path.join(folder, 'winners.csv'), 'phone,prize\n13800138000,bike\n13900139000,car\n');
  const accepted = await run(applicant, 'import', 'winners.csv', '--kind', 'audience', '--name', 'Winners', '--accept');
  const { audienceId } = accepted.data['accepted'] as { audienceId: string };
  expect((await run(operator, 'suppression', 'add', '13800138000', '--reason', 'asked')).data).toMatchObject({
    added: true,
  });
  expect((await run(applicant, 'audience', 'count', audienceId, '--kind', 'notice')).data).toMatchObject({
    total: 2,
    eligible: 1,
    excluded: { dnc: 1 },
  });
});

test('a folder is no file to import', async () => {
  const { exit, stderr } = await run(applicant, 'import', '.');
  expect(exit).toBe(2);
  expect(stderr).toContain('is a folder');
});

test('columns are mapped and a sheet is chosen from the command', async () => {
  writeFileSync(path.join(folder, 'odd.csv'), '联系电话;紧急联系人电话;City\n13800138000;x;上海\n');
  const mapped = await run(
    applicant,
    'import',
    'odd.csv',
    '--map',
    '联系电话=phone',
    '紧急联系人电话=ignore',
    'City=attribute:城市',
  );
  expect(mapped.exit).toBe(0);
  expect(mapped.data).toMatchObject({
    import: {
      goodRows: 1,
      columns: [{ field: 'phone' }, { field: 'ignore' }, { field: 'attribute', name: '城市' }],
    },
  });
  const unsaid = await run(applicant, 'import', 'odd.csv');
  expect(unsaid.stderr).toContain('import.phone-column-missing');
});

test('a file that is no CSV is refused with what to do', async () => {
  writeFileSync(path.join(folder, 'sheet.csv'), Buffer.from('PK\u0003\u0004 and so on\n'));
  const { exit, stderr } = await run(applicant, 'import', 'sheet.csv');
  expect(exit).toBe(1);
  expect(stderr).toMatch(/import\.sheet-unreadable: .*CSV UTF-8/);
});

test('the record is verified, and a tampered one makes exit code 1', async () => {
  expect((await run(auditor, 'audit', 'verify')).exit).toBe(0);
  await house.pool.query("update audit set actor = 'system' where seq = 1");
  expect(await run(auditor, 'audit', 'verify')).toMatchObject({ exit: 1, data: { holds: false, brokenAt: 1 } });
});
