import { expect, test } from 'vitest';
import { renewInvitation } from '../../../../src/house/invitation.command.ts';
import { waysInGiven } from '../../../../src/house/way-in.db.ts';
import {
  createStaff,
  listPeople,
  setOwnLanguage,
  setStaffFacts,
  setStaffPhone,
  setStaffRoles,
} from '../../../../src/house/staff.command.ts';
import { findStaff } from '../../../../src/house/staff.db.ts';
import { testDatabase } from '../../../kit/database.ts';
import { codeOf as refusalOf } from '../../../kit/look.ts';
import { contextWith } from '../../../kit/people.ts';

const { pool } = await testDatabase();
const administrator = await contextWith(pool, ['administrator']);
let people = 0;
const person = (held: object = { roles: ['operator'] }) =>
  createStaff(administrator, { name: '王芳', email: `staff${(people += 1)}@example.test`, unit: '零售部', ...held });

test('roles without a unit hold everywhere, and each pair is kept once', async () => {
  const { id } = await person({
    roles: ['operator', 'operator'],
    grants: [
      { role: 'operator', unit: '零售部' },
      { role: 'liaison', unit: '零售部' },
      { role: 'liaison', unit: '零售部' },
      { role: 'liaison', unit: '信用卡部' },
    ],
  });
  const found = await findStaff(pool, id);
  expect(found?.roles).toEqual(['liaison', 'operator']);
  expect(found?.grants).toHaveLength(3);
  expect(found?.grants).toEqual(
    expect.arrayContaining([
      { role: 'operator', unit: '*' },
      { role: 'liaison', unit: '零售部' },
      { role: 'liaison', unit: '信用卡部' },
    ]),
  );
  await setStaffRoles(administrator, { staffId: id, grants: [{ role: 'auditor', unit: '信用卡部' }] });
  expect((await findStaff(pool, id))?.grants).toEqual([{ role: 'auditor', unit: '信用卡部' }]);
  await setStaffRoles(administrator, { staffId: id, roles: [] });
  expect((await listPeople(administrator)).find((each) => each.id === id)?.roles).toEqual([]);
});

test('a phone is stored in one form, taken away again and never put on record', async () => {
  const { id } = await person();
  const given = '+8613800000077';
  await setStaffPhone(administrator, { staffId: id, phone: given.replace('+86', '') });
  expect((await findStaff(pool, id))?.phone).toBe(given);
  expect(await refusalOf(setStaffPhone(administrator, { staffId: id, phone: '110' }))).toMatch(/^phone\./);
  expect(await refusalOf(setStaffPhone(await contextWith(pool, ['operator']), { staffId: id, phone: null }))).toBe(
    'permission.denied',
  );
  await setStaffPhone(administrator, { staffId: id, phone: null });
  expect((await findStaff(pool, id))?.phone).toBeNull();
  const { rows } = await pool.query<{ text: string }>('select to_jsonb(a)::text as text from audit a');
  for (const { text } of rows) expect(text).not.toContain(given.slice(-8));
});

test('a name and a unit are changed on record, and another address ends what was given for the old one', async () => {
  const { id } = await person();
  const before = await findStaff(pool, id);
  const facts = { name: '王芳芳', email: before?.email ?? '', unit: '新零售部' };
  await setStaffFacts(administrator, { staffId: id, ...facts });
  expect(await findStaff(pool, id)).toMatchObject(facts);
  const other = await person();
  const taken = (await findStaff(pool, other.id))?.email ?? '';
  expect(await refusalOf(setStaffFacts(administrator, { staffId: id, ...facts, email: taken }))).toBe(
    'staff.email-taken',
  );
  await renewInvitation(administrator, { staffId: id });
  await setStaffFacts(administrator, { staffId: id, ...facts, email: 'moved@example.test' });
  const { rows: links } = await pool.query('select 1 from invitation where staff_id = $1 and revoked_at is null', [id]);
  expect(links).toEqual([]);
  const { rows } = await pool.query(`select action, details from audit where object_id = $1 order by seq`, [id]);
  expect(rows.map(({ action, details }) => [action, details.fields])).toEqual([
    ['staff.created', undefined],
    ['staff.facts-set', ['name', 'unit']],
    ['staff.link-issued', undefined],
    ['staff.email-set', ['email']],
  ]);
  // Whoever set it could enter by it: it counts as a way in.
  const given = await waysInGiven(pool, new Date(0));
  expect(given.filter(({ staffId }) => staffId === id).map(({ action }) => action)).toEqual([
    'staff.created',
    'staff.link-issued',
    'staff.email-set',
  ]);
});

test('everybody chooses their own language, Chinese until then', async () => {
  const agent = await contextWith(pool, ['agent']);
  expect((await findStaff(pool, agent.staff.id))?.language).toBe('zh-CN');
  await setOwnLanguage(agent, { language: 'en' });
  expect((await findStaff(pool, agent.staff.id))?.language).toBe('en');
});
