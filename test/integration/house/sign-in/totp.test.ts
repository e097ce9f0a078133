import { expect, test } from 'vitest';
import { signInWithCode, signInWithPassword } from '../../../../src/house/session.command.ts';
import { beginTotp, confirmTotp, disableTotp, renewBackupCodes } from '../../../../src/house/way-in.command.ts';
import { codeOf as refusalOf } from '../../../kit/look.ts';
import { browser, codeOf, openSignIn, password } from './kit.ts';

const house = await openSignIn();
const { arrival, join, me } = house;
const auditOf = async (objectId: string): Promise<string[]> =>
  (
    await house.pool.query<{ action: string }>('select action from audit where object_id = $1 order by seq', [objectId])
  ).rows.map(({ action }) => action);
const enter = (email: string, given = password, at = browser()) =>
  signInWithPassword(arrival, { email, password: given }, at.visitor());

async function withApp() {
  const person = await join();
  const { uri, backupCodes } = await beginTotp(person.ctx, { password }, person.at.visitor());
  person.at.keep(await confirmTotp(person.ctx, { code: codeOf(uri) }, person.at.visitor()));
  return { ...person, uri, backupCodes };
}
async function half(email: string) {
  const at = browser();
  expect(at.keep(await enter(email, password, at)).kind).toBe('second-factor');
  expect((await me(at)).status).toBe(401);
  return at;
}

test('an authenticator app is asked for after the password, and takes a right code once it is on', async () => {
  const person = await withApp();
  expect((await me(person.at)).status).toBe(200);
  expect(new URL(person.uri).pathname).toContain('Waihu');
  const at = await half(person.email);
  expect((await signInWithCode(arrival, '000000', at.visitor())).kind).toBe('refused');
  expect(at.keep(await signInWithCode(arrival, codeOf(person.uri), at.visitor())).kind).toBe('in');
  expect((await me(at)).status).toBe(200);
  expect(await auditOf(person.id)).toContain('staff.totp-on');
});

test('an authenticator app is not on before its first code', async () => {
  const person = await join();
  await beginTotp(person.ctx, { password }, person.at.visitor());
  expect(await refusalOf(confirmTotp(person.ctx, { code: '000000' }, person.at.visitor()))).toBe('totp.wrong-code');
  expect((await enter(person.email)).kind).toBe('in');
});

test('an authenticator app is set up and removed only with the password', async () => {
  const fresh = await join();
  const wrong = { password: 'wrong horse battery' };
  expect(await refusalOf(beginTotp(fresh.ctx, wrong, fresh.at.visitor()))).toBe('password.wrong');
  const person = await withApp();
  expect(await refusalOf(beginTotp(person.ctx, { password }, person.at.visitor()))).toBe('totp.set-up-already');
  expect(await refusalOf(disableTotp(person.ctx, wrong, person.at.visitor()))).toBe('password.wrong');
  person.at.keep(await disableTotp(person.ctx, { password }, person.at.visitor()));
  expect((await me(person.at)).status).toBe(200);
  expect((await enter(person.email)).kind).toBe('in');
});

test('an authenticator app lost, a back-up code lets in, once', async () => {
  const person = await withApp();
  const [code = ''] = person.backupCodes;
  expect(person.backupCodes).toHaveLength(10);
  const first = await half(person.email);
  expect((await signInWithCode(arrival, code, first.visitor())).kind).toBe('in');
  const second = await half(person.email);
  expect((await signInWithCode(arrival, code, second.visitor())).kind).toBe('refused');
  const renewed = await renewBackupCodes(person.ctx, { password }, person.at.visitor());
  expect(renewed).not.toContain(person.backupCodes[1]);
  expect((await signInWithCode(arrival, person.backupCodes[1] ?? '', second.visitor())).kind).toBe('refused');
  expect((await signInWithCode(arrival, renewed[0] ?? '', second.visitor())).kind).toBe('in');
});

test('an authenticator app stops taking codes after five wrong ones', async () => {
  const person = await withApp();
  const at = await half(person.email);
  for (let n = 0; n < 5; n += 1) expect((await signInWithCode(arrival, '000000', at.visitor())).kind).toBe('refused');
  const again = await half(person.email);
  expect(await refusalOf(signInWithCode(arrival, codeOf(person.uri), again.visitor()))).toBe('auth.throttled');
});

test('an authenticator app is nothing without the password before it', async () => {
  const person = await withApp();
  expect((await signInWithCode(arrival, codeOf(person.uri), browser().visitor())).kind).toBe('refused');
  // A session is no second factor for another sign-in.
  expect((await signInWithCode(arrival, codeOf(person.uri), person.at.visitor())).kind).toBe('refused');
});
