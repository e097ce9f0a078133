import { beforeAll, describe, expect, test } from 'vitest';
import { faultsOfPage, openConsole } from '../../kit/page/kit.ts';

let house: Awaited<ReturnType<typeof openConsole>>;
beforeAll(async () => {
  house = await openConsole();
});

const sameOrigin = { 'sec-fetch-site': 'same-origin' };
const password = 'correct horse battery';
/** What a browser would send back of the cookies it was given. */
const jar = (headers: Record<string, unknown>): string =>
  ((headers['set-cookie'] ?? []) as string[]).map((line) => line.split(';')[0]).join('; ');
const visit = (cookie = '') => ({ as: null, headers: { ...sameOrigin, cookie: `waihu-language=zh-CN; ${cookie}` } });

const alertIn = (html: string): string | undefined => /role="alert"[^>]*>(.*?)<\/div>/s.exec(html)?.[1];

async function invite(name: string): Promise<{ link: string; email: string }> {
  const email = `${name}@example.com`;
  const made = await house.post('/people', { name, email, unit: '营销部', 'role-applicant': 'all' });
  expect(made.status, made.html).toBe(303);
  const { html } = await house.get(made.location ?? '');
  const link = /value="[^"]*(\/welcome\/[\w-]+)"/.exec(html)?.[1] ?? '';
  return { link, email };
}
async function arrive(name: string) {
  const { link, email } = await invite(name);
  const { headers, status, location } = await house.post(link, { password, again: password }, visit());
  expect({ status, location }).toEqual({ status: 303, location: '/' });
  return { email, link, cookie: jar(headers) };
}

describe('an invitation', () => {
  test('lets somebody in once, and its address is told to no other site', async () => {
    const { link } = await invite('once');
    const page = await house.get(link, visit());
    expect(page.status).toBe(200);
    expect(page.headers['referrer-policy']).toBe('no-referrer');
    expect(faultsOfPage(page.html)).toEqual([]);
    const used = await house.post(link, { password, again: password }, visit());
    expect(used.status).toBe(303);
    const again = await house.get(link, visit());
    expect(again.status).toBe(404);
    expect(again.html).toContain('链接已失效');
    expect(house.log()).not.toContain(link.slice('/welcome/'.length));
  });

  test.each([
    ['short', 'short', '12'],
    [password, `${password}!`, '两次'],
  ])('with %s and %s says what is wrong and may be used again', async (first, second, said) => {
    const { link } = await invite(`twice-${first.length}`);
    const refused = await house.post(link, { password: first, again: second }, visit());
    expect(refused.status).toBe(422);
    expect(refused.html).toContain(said);
    expect((await house.post(link, { password, again: password }, visit())).status).toBe(303);
  });

  test('goes on in the language that it was read in', async () => {
    const { link, email } = await invite('abroad');
    const headers = { 'accept-language': 'en', cookie: '' };
    const options = { ...visit(), headers: { ...visit().headers, ...headers } };
    expect((await house.get(link, options)).html).toContain('Set password and sign in');
    expect((await house.post(link, { password, again: password }, options)).status).toBe(303);
    const { rows } = await house.pool.query('select language from staff where email = $1', [email]);
    expect(rows).toEqual([{ language: 'en' }]);
  });

  test('from another site is refused', async () => {
    const { link } = await invite('elsewhere');
    const answer = await house.post(
      link,
      { password, again: password },
      { as: null, headers: { 'sec-fetch-site': 'cross-site' } },
    );
    expect(answer.status).toBe(403);
  });
});

describe('the sign-in page', () => {
  test('leads back to the page that was wanted, and nowhere else', async () => {
    const { email } = await arrive('back');
    for (const [next, location] of [
      ['/audit?action=campaign', '/audit?action=campaign'],
      ['//elsewhere.example', '/'],
      ['https://elsewhere.example', '/'],
      ['/\\elsewhere.example', '/'],
    ]) {
      const answer = await house.post('/sign-in', { email, password, next }, visit());
      expect({ status: answer.status, location: answer.location }).toEqual({ status: 303, location });
    }
  });

  test('says the same to a wrong password as to an unknown address, and keeps what was typed but the password', async () => {
    const { email } = await arrive('wrong');
    const wrong = await house.post('/sign-in', { email, password: 'not the password' }, visit());
    const unknown = await house.post(
      '/sign-in',
      { email: 'nobody@example.com', password: 'not the password' },
      visit(),
    );
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(alertIn(wrong.html)).toBe(alertIn(unknown.html));
    expect(wrong.html).toContain(email);
    expect(wrong.html).not.toContain('not the password');
  });

  test('makes people wait after too many wrong passwords, the right one included', async () => {
    const { email } = await arrive('throttled');
    for (let n = 0; n < 5; n++) await house.post('/sign-in', { email, password: `wrong ${n} password` }, visit());
    const answer = await house.post('/sign-in', { email, password }, visit());
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(800);
    expect(answer.html).toContain('请约 15 分钟后再试');
    expect(faultsOfPage(answer.html)).toEqual([]);
  });
});

describe('a session', () => {
  test('opens pages, is listed, and ends at once when it is signed out', async () => {
    const { cookie } = await arrive('session');
    const account = await house.get('/account', visit(cookie));
    expect(account.status).toBe(200);
    expect(account.html).toContain('当前设备');
    expect(faultsOfPage(account.html)).toEqual([]);
    expect((await house.post('/sign-out', {}, visit(cookie))).location).toBe('/sign-in');
    expect((await house.get('/account', visit(cookie))).location).toContain('/sign-in?next=');
  });

  test('does nothing for a form of another site', async () => {
    const { cookie } = await arrive('forged');
    const forged = { as: null, headers: { 'sec-fetch-site': 'cross-site', cookie } };
    expect((await house.post('/sign-out', {}, forged)).status).toBe(403);
    expect((await house.get('/account', visit(cookie))).status).toBe(200);
  });

  test('keeps the language that was chosen', async () => {
    const { cookie } = await arrive('speaker');
    const headers = { ...sameOrigin, cookie };
    const answer = await house.post('/language', { language: 'en', back: '/account' }, { as: null, headers });
    expect(answer.location).toBe('/account');
    const page = await house.get('/account', { as: null, headers: { cookie } });
    expect(page.html).toContain('<html lang="en">');
  });

  test('ends when an administrator disables the person', async () => {
    const { cookie, email } = await arrive('leaver');
    const { rows } = await house.pool.query('select id from staff where email = $1', [email]);
    await house.post(`/people/${rows[0].id}/disable`, {});
    expect((await house.get('/account', visit(cookie))).status).toBe(303);
    expect((await house.post('/sign-in', { email, password }, visit())).status).toBe(401);
  });
});

describe('the page of a person', () => {
  test.each(['zh-CN', 'en'] as const)('reads in %s', async (language) => {
    for (const path of ['/people', `/people/${house.people.leader.id}`, `/people/${house.people.administrator.id}`]) {
      const { html, status } = await house.get(path, { language });
      expect(status).toBe(200);
      expect(faultsOfPage(html)).toEqual([]);
    }
  });

  test('gives roles for all units or for some', async () => {
    const person = await house.hire(['agent']);
    await house.post(`/people/${person.id}/roles`, { 'role-operator': 'all', 'units-liaison': '营销部，客服部' });
    const { rows } = await house.pool.query(
      'select role, unit from staff_role where staff_id = $1 order by role, unit',
      [person.id],
    );
    expect(rows).toEqual([
      { role: 'liaison', unit: '客服部' },
      { role: 'liaison', unit: '营销部' },
      { role: 'operator', unit: '*' },
    ]);
  });

  test('lets nobody change their own roles', async () => {
    const { status, html } = await house.post(`/people/${house.people.administrator.id}/roles`, {
      'role-leader': 'all',
    });
    expect(status).toBe(422);
    expect(html).toContain('不能');
  });

  test('wants a role before it makes a link, and keeps what was typed', async () => {
    const { status, html } = await house.post('/people', { name: '无角色', email: 'none@example.com', unit: '营销部' });
    expect(status).toBe(422);
    expect(html).toContain('none@example.com');
  });
});
