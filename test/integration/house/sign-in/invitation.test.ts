import { expect, test } from 'vitest';
import {
  acceptInvitation,
  createInvitation,
  readInvitation,
  renewInvitation,
} from '../../../../src/house/invitation.command.ts';
import { signInWithPassword } from '../../../../src/house/session.command.ts';
import { disableStaff } from '../../../../src/house/staff.command.ts';
import { beginTotp, confirmTotp } from '../../../../src/house/way-in.command.ts';
import { codeOf as refusalOf } from '../../../kit/look.ts';
import { browser, codeOf, openSignIn, password } from './kit.ts';

const house = await openSignIn();
const { arrival, join, me } = house;
const administrator = await house.contextOf(house.people.administrator.id);
const auditOf = async (objectId: string): Promise<string[]> =>
  (
    await house.pool.query<{ action: string }>('select action from audit where object_id = $1 order by seq', [objectId])
  ).rows.map(({ action }) => action);
const enter = (email: string, given = password, at = browser()) =>
  signInWithPassword(arrival, { email, password: given }, at.visitor());

const invite = (email: string) =>
  createInvitation(administrator, {
    name: '新人',
    email,
    unit: '零售部',
    grants: [{ role: 'operator', unit: '零售部' }],
  });

test('an invitation is used once, by one of two at the same moment', async () => {
  const { token, staffId } = await invite('once@example.test');
  expect(await readInvitation(arrival, token)).toMatchObject({ name: '新人', email: 'once@example.test' });
  const accept = () => acceptInvitation(arrival, { token, password }, browser().visitor());
  expect(await refusalOf(acceptInvitation(arrival, { token, password: 'short' }, browser().visitor()))).toBe(
    'password.too-short',
  );
  const both = await Promise.allSettled([accept(), accept()]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await refusalOf(accept())).toBe('invitation.over');
  expect(await refusalOf(readInvitation(arrival, token))).toBe('invitation.over');
  expect(await auditOf(staffId)).toEqual(['staff.invited', 'staff.link-used']);
});

test('an invitation is over after three days', async () => {
  const { token } = await invite('late@example.test');
  house.clock.ahead = 72 * 3_600_000 + 1000;
  expect(await refusalOf(acceptInvitation(arrival, { token, password }, browser().visitor()))).toBe('invitation.over');
  house.clock.ahead = 0;
});

test('an invitation made up, cut short or of a disabled person is over', async () => {
  const { token, staffId } = await invite('gone@example.test');
  for (const wrong of ['', 'x', token.slice(1), `${token}x`])
    expect(await refusalOf(readInvitation(arrival, wrong))).toBe('invitation.over');
  await disableStaff(administrator, { staffId });
  expect(await refusalOf(acceptInvitation(arrival, { token, password }, browser().visitor()))).toBe('invitation.over');
  expect(await refusalOf(renewInvitation(administrator, { staffId }))).toBe('staff.disabled');
});

test('an invitation renewed replaces the link before, and the password when it is used', async () => {
  const person = await join();
  const first = await renewInvitation(administrator, { staffId: person.id });
  const second = await renewInvitation(administrator, { staffId: person.id });
  expect(await refusalOf(readInvitation(arrival, first.token))).toBe('invitation.over');
  expect((await enter(person.email)).kind).toBe('in');
  const next = 'a password after the reset';
  expect((await acceptInvitation(arrival, { token: second.token, password: next }, browser().visitor())).kind).toBe(
    'in',
  );
  expect((await me(person.at)).status).toBe(401);
  expect((await enter(person.email)).kind).toBe('refused');
  expect((await enter(person.email, next)).kind).toBe('in');
});

test('an invitation leaves the authenticator app in place unless the administrator says otherwise', async () => {
  const person = await join();
  const { uri } = await beginTotp(person.ctx, { password }, person.at.visitor());
  await confirmTotp(person.ctx, { code: codeOf(uri) }, person.at.visitor());
  const kinds = [];
  for (const resetsSecondFactor of [false, true]) {
    const { token } = await renewInvitation(administrator, { staffId: person.id, resetsSecondFactor });
    kinds.push((await acceptInvitation(arrival, { token, password }, browser().visitor())).kind);
  }
  expect(kinds).toEqual(['second-factor', 'in']);
});

test('an invitation is made by administrators, for others, with a role', async () => {
  const { ctx, id } = await join(['operator']);
  expect(await refusalOf(renewInvitation(ctx, { staffId: id }))).toBe('permission.denied');
  expect(await refusalOf(renewInvitation(administrator, { staffId: administrator.staff.id }))).toBe('invitation.own');
  const nothing = { name: '新人', email: 'nothing@example.test', unit: '零售部' };
  expect(await refusalOf(createInvitation(administrator, nothing))).toBe('staff.no-role');
  expect(await refusalOf(invite('ONCE@example.test'))).toBe('staff.email-taken');
});

test('an invitation stands in the database only as a hash', async () => {
  const { token } = await invite('hash@example.test');
  const { rows } = await house.pool.query<{ text: string }>('select to_jsonb(i)::text as text from invitation i');
  for (const { text } of rows) expect(text).not.toContain(token);
});
