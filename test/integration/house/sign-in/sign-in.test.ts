import { describe, expect, test } from 'vitest';
import {
  browseSessions,
  revokeOtherSessions,
  revokeSession,
  signInWithPassword,
  signOut,
} from '../../../../src/house/session.command.ts';
import { disableStaff } from '../../../../src/house/staff.command.ts';
import { changePassword } from '../../../../src/house/way-in.command.ts';
import { codeOf as refusalOf } from '../../../kit/look.ts';
import { browser, openSignIn, password } from './kit.ts';

const house = await openSignIn();
const { arrival, join, me } = house;
const administrator = await house.contextOf(house.people.administrator.id);
const auditOf = async (objectId: string): Promise<string[]> =>
  (
    await house.pool.query<{ action: string }>('select action from audit where object_id = $1 order by seq', [objectId])
  ).rows.map(({ action }) => action);
const enter = (email: string, given = password, at = browser()) =>
  signInWithPassword(arrival, { email, password: given }, at.visitor());

describe('a password', () => {
  test('lets in with a cookie that scripts cannot read and other sites cannot use', async () => {
    const person = await join();
    const at = browser();
    const entry = at.keep(await enter(person.email.toUpperCase(), password, at));
    expect(entry.kind).toBe('in');
    const line = entry.setCookie.find((each) => each.startsWith('waihu.session_token=')) ?? '';
    expect(line).toMatch(/Max-Age=43200/);
    expect(line).toMatch(/HttpOnly/);
    expect(line).toMatch(/SameSite=Lax/i);
    expect(line).not.toMatch(/Secure/);
    expect(await me(at)).toMatchObject({ status: 200 });
    if (entry.kind === 'in') expect(await auditOf(entry.sessionId)).toEqual(['session.created']);
  });

  test.each([
    ['wrong', (email: string) => [email, 'wrong horse battery']],
    ['empty', (email: string) => [email, '']],
    ['too long to be one', (email: string) => [email, 'x'.repeat(10_000)]],
    ['of nobody', () => ['nobody@example.test', password]],
    ['given with no address', () => ['', password]],
  ])('that is %s is refused, and says no more', async (_, given) => {
    const [email = '', secret = ''] = given((await join()).email);
    const entry = await enter(email, secret);
    expect(entry.kind).toBe('refused');
    expect(entry.setCookie.join()).not.toMatch(/session_token=[^;]/);
  });

  test('is refused to the disabled, whose sessions end at once', async () => {
    const person = await join();
    expect(await me(person.at)).toMatchObject({ status: 200 });
    await disableStaff(administrator, { staffId: person.id });
    expect(await me(person.at)).toMatchObject({ status: 401, code: 'auth.required' });
    expect((await enter(person.email)).kind).toBe('refused');
    expect(await auditOf(person.id)).toContain('session.refused');
  });

  test('is refused with a session that came by another way than the command', async () => {
    const person = await join();
    await house.pool.query('update staff set disabled_at = now() where id = $1', [person.id]);
    expect(await me(person.at)).toMatchObject({ status: 401, code: 'auth.staff-disabled' });
  });

  test('can be tried five times a quarter of an hour, by whomever, for people and nobodies alike', async () => {
    const person = await join();
    for (const email of [person.email, 'nobody2@example.test']) {
      for (let n = 0; n < 5; n += 1) expect((await enter(email, 'wrong horse battery')).kind).toBe('refused');
      await expect(enter(email)).rejects.toMatchObject({
        code: 'auth.throttled',
        details: { retryAfterSeconds: expect.any(Number), minutes: 15 },
      });
    }
    house.clock.ahead = 15 * 60_000 + 1000;
    expect((await enter(person.email)).kind).toBe('in');
    house.clock.ahead = 0;
  });

  test('guessed twenty times at once is guessed five times', async () => {
    const person = await join();
    const guesses = Array.from({ length: 20 }, () => refusalOf(enter(person.email, 'wrong horse battery')));
    const answers = await Promise.all(guesses);
    expect(answers.filter((code) => code !== 'auth.throttled')).toHaveLength(5);
  });

  test('guessed for forty people from one address is guessed slowly, and nobody else behind it is locked out', async () => {
    const at = browser();
    const before = house.turns();
    for (let n = 0; n < 40; n += 1) await enter(`somebody${n}@example.test`, 'wrong horse battery', at);
    expect(house.turns() - before).toBe(10);
    const person = await join();
    expect((await enter(person.email, password, at)).kind).toBe('in');
    expect(house.turns() - before).toBe(11);
    expect((await enter(person.email)).kind).toBe('in');
    expect(house.turns() - before).toBe(11);
  });

  test('guessed by strangers locks the account for them, not for the device its owner works with', async () => {
    const person = await join();
    const own = browser();
    own.keep(await enter(person.email, password, own));
    expect(own.has('waihu-device')).toBe(true);
    for (let n = 0; n < 5; n += 1) await enter(person.email, 'wrong horse battery');
    expect(await refusalOf(enter(person.email))).toBe('auth.throttled');
    expect((await enter(person.email, password, own)).kind).toBe('in');
    // The device has a count of its own, and is known for one person only.
    for (let n = 0; n < 5; n += 1) expect((await enter(person.email, 'wrong horse battery', own)).kind).toBe('refused');
    expect(await refusalOf(enter(person.email, password, own))).toBe('auth.throttled');
    const other = await join();
    for (let n = 0; n < 5; n += 1) await enter(other.email, 'wrong horse battery');
    expect(await refusalOf(enter(other.email, password, own))).toBe('auth.throttled');
  });

  test.each([
    ['made up', () => 'waihu-device-aaaaaaaaaaaa=aaaaaaaaaaaaaaaaaaaaaa.bbbb'],
    ['with another seal', (cookie: string) => cookie.replace(/(waihu-device-\w+=[\w-]{22})\.\w+/, '$1.0000')],
    ['of another device', (cookie: string) => cookie.replace(/(waihu-device-\w+=)[\w-]{22}/, `$1${'a'.repeat(22)}`)],
  ])('is not let off the lock by a device cookie that is %s', async (_, forge) => {
    const person = await join();
    const own = browser();
    own.keep(await enter(person.email, password, own));
    for (let n = 0; n < 5; n += 1) await enter(person.email, 'wrong horse battery');
    const visitor = own.visitor();
    const forged = { ...visitor, headers: { cookie: forge(visitor.headers.cookie ?? '') } };
    const entry = signInWithPassword(arrival, { email: person.email, password }, forged);
    expect(await refusalOf(entry)).toBe('auth.throttled');
  });

  test('that was mistyped four times starts afresh after the right one', async () => {
    const person = await join();
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 4; n += 1) await enter(person.email, 'wrong horse battery');
      expect((await enter(person.email)).kind).toBe('in');
    }
  });

  test('leaves no address, machine or password in records', async () => {
    const at = browser('203.0.113.77');
    await enter('secret.person@example.test', 'my secret password', at);
    const { rows } = await house.pool.query<{ text: string }>(
      'select to_jsonb(a)::text as text from audit a union all select to_jsonb(t)::text from sign_in_attempt t',
    );
    for (const { text } of rows) expect(text).not.toMatch(/secret\.person|203\.0\.113\.77|my secret/);
    expect(house.log()).not.toMatch(/secret\.person|my secret/);
  });

  test('is changed by who knows it, and signs out everywhere else', async () => {
    const person = await join();
    const other = browser();
    other.keep(await enter(person.email, password, other));
    const input = { current: password, next: 'another long password', sessionId: person.sessionId };
    const change = (over: object) => changePassword(person.ctx, { ...input, ...over }, person.at.visitor());
    expect(await refusalOf(change({ current: 'wrong horse battery' }))).toBe('password.wrong');
    expect(await refusalOf(change({ next: 'elevenchars' }))).toBe('password.too-short');
    expect(await refusalOf(change({ next: 'x'.repeat(129) }))).toBe('password.too-long');
    await change({});
    expect((await me(person.at)).status).toBe(200);
    expect((await me(other)).status).toBe(401);
    expect((await enter(person.email)).kind).toBe('refused');
    expect((await enter(person.email, 'another long password')).kind).toBe('in');
  });

  test('cannot be guessed from an open session either', async () => {
    const person = await join();
    const guess = () =>
      refusalOf(
        changePassword(
          person.ctx,
          { current: 'wrong horse battery', next: password, sessionId: person.sessionId },
          person.at.visitor(),
        ),
      );
    for (let n = 0; n < 5; n += 1) expect(await guess()).toBe('password.wrong');
    expect(await guess()).toBe('auth.throttled');
  });
});

describe('a session', () => {
  test('is listed, ended by itself and ended with the others', async () => {
    const person = await join();
    const second = browser();
    const third = browser();
    for (const at of [second, third]) at.keep(await enter(person.email, password, at));
    const listed = await browseSessions(person.ctx);
    expect(listed).toHaveLength(3);
    expect(listed[0]).toMatchObject({ userAgent: 'test' });
    const gone = listed.find(({ id }) => id !== person.sessionId);
    await revokeSession(person.ctx, gone?.id ?? '');
    const statuses = await Promise.all([second, third].map(async (at) => (await me(at)).status));
    expect(new Set(statuses)).toEqual(new Set([200, 401]));
    expect(await revokeOtherSessions(person.ctx, person.sessionId)).toBe(1);
    expect(await browseSessions(person.ctx)).toMatchObject([{ id: person.sessionId }]);
    person.at.keep(await signOut(person.ctx, person.sessionId, person.at.visitor()));
    expect(person.at.has('session_token')).toBe(false);
    expect(await browseSessions(person.ctx)).toEqual([]);
  });

  test('of somebody else is not ended', async () => {
    const [one, other] = [await join(), await join()];
    await revokeSession(one.ctx, other.sessionId);
    expect((await me(other.at)).status).toBe(200);
  });

  test('ends twelve hours after its last use, and is renewed by use', async () => {
    const person = await join();
    const age = (text: string) =>
      house.pool.query(`update session set expires_at = now() + $2::interval where id = $1`, [person.sessionId, text]);
    await age('11 hours');
    const renewed = await me(person.at);
    expect(String(renewed.headers['set-cookie'])).toMatch(/session_token=.*Max-Age=43200/);
    expect((await me(person.at)).headers['set-cookie']).toBeUndefined();
    await age('-1 second');
    expect((await me(person.at)).status).toBe(401);
  });

  test('is not opened by a cookie whose signature or token was changed', async () => {
    const person = await join();
    const cookie =
      String(person.at.visitor().headers.cookie)
        .split('; ')
        .find((each) => each.includes('session_token')) ?? '';
    for (const forged of [cookie.slice(0, -3), cookie.replace(/=\w{5}/, '=aaaaa'), 'waihu.session_token=x']) {
      expect(await me(person.at, { headers: { cookie: forged } })).toMatchObject({
        status: 401,
        code: 'auth.required',
      });
    }
  });

  test.each([
    ['same-origin', { 'sec-fetch-site': 'same-origin' }, false],
    ['same-site', { 'sec-fetch-site': 'same-site' }, true],
    ['cross-site', { 'sec-fetch-site': 'cross-site' }, true],
    ['none', { 'sec-fetch-site': 'none' }, true],
    ['cross-site with our own origin', { 'sec-fetch-site': 'cross-site', origin: 'http://localhost' }, true],
    ['our own origin', { host: 'console.test:8080', origin: 'http://console.test:8080' }, false],
    ['another port', { host: 'console.test:8080', origin: 'http://console.test:9090' }, true],
    ['another origin', { host: 'console.test', origin: 'https://evil.test' }, true],
    ['a null origin', { host: 'console.test', origin: 'null' }, true],
    ['nothing at all', {}, true],
  ])('does not change anything for a page of another site (%s)', async (_, headers, refused) => {
    const { at } = await join(['administrator']);
    const path = `/api/v1/staff/${house.people.agent.id}/enable`;
    const answer = await me(at, { method: 'POST', path, headers });
    expect(answer).toMatchObject(refused ? { status: 403, code: 'auth.cross-site' } : { status: 200 });
    expect((await me(at, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(200);
  });

  test('gives way to an API key', async () => {
    const { at } = await join(['operator']);
    const headers = { authorization: `Bearer ${house.people.administrator.key}` };
    const path = `/api/v1/staff/${house.people.agent.id}/enable`;
    expect((await me(at, { method: 'POST', path, headers })).status).toBe(200);
  });
});
