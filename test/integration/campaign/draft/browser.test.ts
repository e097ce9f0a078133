import { randomUUIDv7 } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { createSandbox } from '../../../../sandbox/server.ts';
import { createDraft, loadDraft } from '../../../../src/campaign/draft/draft.command.ts';
import { chinaTimeOf, draftSteps } from '../../../../src/campaign/draft/draft.rule.ts';
import { actingStaff } from '../../../../src/house/context.ts';
import { acceptInvitation, createInvitation } from '../../../../src/house/invitation.command.ts';
import { findStaff } from '../../../../src/house/staff.db.ts';
import { seriousFindings } from '../../../kit/axe.ts';
import { desktop, newPerson, openBrowser, phone, type BrowserPerson } from '../../../kit/browser.ts';
import { contextWith, noProcesses } from '../../../kit/people.ts';
import { waitFor } from '../../../kit/campaign.ts';
import { countingProcesses, filledDraft, furnish } from './kit.ts';
import { browser, password } from '../../house/sign-in/kit.ts';
import { openConsole } from '../../kit/page/kit.ts';

let pool: Pool | null = null;
const house = await openConsole({ processes: countingProcesses(() => pool as Pool) });
pool = house.pool;
const ctx = await contextWith(house.pool, ['applicant'], { processes: countingProcesses(() => house.pool) });
const given = await furnish(house.pool, ctx);
await house.app.listen({ port: 0, host: '127.0.0.1' });
const baseUrl = `http://127.0.0.1:${(house.app.server.address() as AddressInfo).port}`;
const here = openBrowser();

async function arrive(options: { viewport?: typeof desktop; javaScript?: boolean } = {}): Promise<BrowserPerson> {
  const person = await newPerson(here.browser, { baseUrl, ...options });
  await person.context.setExtraHTTPHeaders({ authorization: `Bearer ${house.people.applicant.key}` });
  return person;
}
const purposeOf = async (id: string): Promise<string> => (await loadDraft(ctx, id)).body.purpose;
const untilPurpose = (id: string, purpose: string) =>
  waitFor(
    async () => ((await purposeOf(id)) === purpose ? true : null),
    () => purposeOf(id),
  );

test.each([
  ['a desk', desktop],
  ['a phone', phone],
])('on %s every step is accessible, keeps inside the screen and breaks no policy', async (_, viewport) => {
  const { id } = await filledDraft(ctx, given);
  const person = await arrive({ viewport });
  for (const step of draftSteps) {
    await person.page.goto(`/drafts/${id}/${step}`);
    expect([step, await seriousFindings(person.page)]).toEqual([step, []]);
    const overflow = await person.page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect([step, overflow]).toEqual([step, 0]);
  }
  expect(person.complained()).toEqual([]);
  await person.close();
});

test('what is typed is kept by itself', async () => {
  const { id } = await createDraft(ctx, { name: '自动保存' });
  const person = await arrive();
  await person.page.goto(`/drafts/${id}/audience`);
  await person.page.fill('#purpose', '几秒后自己保存');
  await untilPurpose(id, '几秒后自己保存');
  // The same tab goes on without a conflict with itself.
  await person.page.fill('#purpose', '继续写');
  await person.page.click('button[value="next"]');
  await person.page.waitForURL(`**/drafts/${id}/text`);
  expect(await purposeOf(id)).toBe('继续写');
  expect(person.complained()).toEqual([]);
  await person.close();
});

/** A person who has accepted an invitation, as their browser remembers it. */
async function sessionCookies(name: string) {
  const { pool: db, signIn } = house;
  const administrator = await findStaff(db, house.people.administrator.id);
  if (!administrator) throw new Error('There is no administrator.');
  const staff = actingStaff(administrator, [], new Date());
  const invitation = {
    name,
    email: `${name}@example.test`,
    unit: '客服中心',
    roles: ['applicant' as const],
  };
  const { token } = await createInvitation(
    { pool: db, staff, processes: noProcesses, now: () => new Date() },
    invitation,
  );
  const at = browser();
  const arrival = { pool: db, signIn, now: () => new Date() };
  at.keep(await acceptInvitation(arrival, { token, password }, at.visitor()));
  return String(at.visitor().headers.cookie)
    .split('; ')
    .map((pair) => ({
      name: pair.slice(0, pair.indexOf('=')),
      value: pair.slice(pair.indexOf('=') + 1),
      url: baseUrl,
    }));
}

test('the last sentence before a page is left is kept too', async () => {
  const { id } = await createDraft(ctx, { name: '离开页面' });
  // Signed in by cookie, and not watched by newPerson: a request that outlives its page has no other company.
  const context = await here.browser.newContext({ baseURL: baseUrl });
  await context.addCookies(await sessionCookies('leaving'));
  const page = await context.newPage();
  await page.goto(`/drafts/${id}/audience`, { waitUntil: 'load' });
  await page.fill('#purpose', '离开前的最后一句');
  await page.goto('/drafts/new');
  await untilPurpose(id, '离开前的最后一句');
  await context.close();
});

test('a session that ends in the middle loses nothing: what was typed is there again after signing in', async () => {
  const { id } = await createDraft(ctx, { name: '会话过期' });
  const cookies = await sessionCookies('late');
  const person = await newPerson(here.browser, { baseUrl });
  await person.context.addCookies(cookies);
  await person.page.goto(`/drafts/${id}/audience`);
  await person.page.fill('#purpose', '写到一半');
  await person.context.clearCookies();
  await person.page.click('form[data-draft] button[value="next"]');
  await person.page.waitForURL(/\/sign-in\?next=/);
  expect(new URL(person.page.url()).searchParams.get('next')).toBe(`/drafts/${id}/audience`);
  await person.context.addCookies(cookies);
  await person.page.goto(`/drafts/${id}/audience`);
  await untilPurpose(id, '写到一半');
  expect(await person.page.inputValue('#purpose')).toBe('写到一半');
  await person.close();
});

test('of two tabs the second is shown both versions, and keeps its own by a click', async () => {
  const { id } = await createDraft(ctx, { name: '两个标签页' });
  const [one, two] = [await arrive(), await arrive()];
  for (const { page } of [one, two]) await page.goto(`/drafts/${id}/audience`);
  await one.page.fill('#purpose', '第一个');
  await one.page.click('button[value="stay"]');
  await untilPurpose(id, '第一个');
  await two.page.fill('#purpose', '第二个');
  await two.page.click('form[data-draft] button[value="stay"]');
  await two.page.getByText('保留我填写的').waitFor();
  expect(await two.page.textContent('table')).toContain('第一个');
  expect(await purposeOf(id)).toBe('第一个');
  expect(await seriousFindings(two.page)).toEqual([]);
  await two.page.getByText('保留我填写的').click();
  await untilPurpose(id, '第二个');
  await Promise.all([one.close(), two.close()]);
});

test('another template draws its own variables, without a button and with one', async () => {
  const { id } = await filledDraft(ctx, given, { templateId: null, variableSources: {} });
  for (const javaScript of [true, false]) {
    const person = await arrive({ javaScript });
    await person.page.goto(`/drafts/${id}/text`);
    await person.page.selectOption('#templateId', given.templateId);
    if (!javaScript) await person.page.click('form[data-draft] button[value="stay"]');
    await person.page.waitForSelector('input[name="key.date"]');
    expect(await person.page.inputValue('input[name="key.date"]')).toBe('date');
    await person.close();
  }
});

/** Where a step stands in the row of steps. */
const stepClass = ({ page }: BrowserPerson, place: number) =>
  page.locator(`.draft-steps li:nth-child(${place})`).getAttribute('class');
const reversed = {
  startsAt: chinaTimeOf(new Date(Date.now() + 7 * 86_400_000)),
  endsAt: chinaTimeOf(new Date(Date.now() + 3_600_000)),
};

test('a name changed a moment before another step is opened stands there, and the draft is handed in as it stands', async () => {
  const { id } = await filledDraft(ctx, given);
  const person = await arrive();
  // The save takes a while on its way: whoever does not wait for it reads the old name.
  await person.page.route(`**/drafts/${id}/audience`, async (route) => {
    if (route.request().method() === 'POST') await wait(700);
    await route.continue();
  });
  await person.page.goto(`/drafts/${id}/audience`);
  await person.page.fill('#name', '改过的名称');
  await person.page.click('.draft-steps li:nth-child(5) a');
  await person.page.waitForURL(`**/drafts/${id}/review`);
  expect(await person.page.textContent('.draft-form')).toContain('改过的名称');
  await person.page.check('[name=confirmed]');
  await person.page.click('form[action$="/submit"] button');
  await person.page.waitForURL('**/campaigns/WH-*');
  expect(await person.page.textContent('main')).not.toContain('刚被');
  expect(person.complained()).toEqual([]);
  await person.close();
});

test('a window the wrong way round stays at its step, whichever way on is taken, and its number is not green', async () => {
  const { id } = await filledDraft(ctx, given);
  const person = await arrive();
  await person.page.goto(`/drafts/${id}/window`);
  for (const [field, value] of Object.entries(reversed)) await person.page.fill(`#${field}`, value);
  await Promise.all([person.page.waitForEvent('load'), person.page.click('#step button[value=next]')]);
  expect(new URL(person.page.url()).pathname).toBe(`/drafts/${id}/window`);
  expect(await person.page.textContent('#step')).toContain('结束时间须晚于开始时间');
  expect(await seriousFindings(person.page)).toEqual([]);
  // Past it by the row of steps: its number says that something is to be changed, and the review cannot be handed in.
  await person.page.click('.draft-steps li:nth-child(5) a');
  await person.page.waitForURL(`**/drafts/${id}/review`);
  expect([await stepClass(person, 1), await stepClass(person, 3)]).toEqual(['done', 'faulty']);
  expect(await person.page.locator('form[action$="/submit"]').count()).toBe(0);
  await person.close();
});

test('who could not sign is said before anything is handed in, and the checks are passed over only when they have no news', async () => {
  const { id } = await filledDraft(ctx, given);
  const person = await arrive();
  const next = async () => {
    await person.page.goto(`/drafts/${id}/window`);
    await Promise.all([person.page.waitForEvent('load'), person.page.click('#step button[value=next]')]);
    return new URL(person.page.url()).pathname;
  };
  expect(await next()).toBe(`/drafts/${id}/checks`);
  const said = await person.page.locator('.draft-check-warning').allInnerTexts();
  expect(said.join('\n')).toMatch(/签字人[\s\S]*联络员还没有可用的签字凭证[\s\S]*分管领导还没有可用的签字凭证/);
  // Who can mend it is named, and without the right to the page of people no link leads there.
  expect(said.join('\n')).toContain('Person administrator');
  for (const [role, fingerprint] of [
    ['liaison', 'a'],
    ['leader', 'b'],
  ] as const)
    await house.pool.query(
      `insert into credential (id, staff_id, kind, label, public_key, fingerprint, state, requested_at, decided_at, decided_by)
       values ($1, $2, 'ed25519', 'test', '\\x00', $3, 'active', now(), now(), $4)`,
      [randomUUIDv7(), house.people[role].id, fingerprint.repeat(64), house.people.administrator.id],
    );
  expect(await next()).toBe(`/drafts/${id}/review`);
  expect(await person.page.locator('.draft-check-warning').count()).toBe(0);
  await person.close();
});

test('what the provider says is asked again by a button, with the time at which it was asked', async () => {
  const sandbox = createSandbox({ scenario: { latencyMs: 0 } });
  const folder = mkdtempSync(path.join(tmpdir(), 'waihu-draft-'));
  const credentialsFile = path.join(folder, 'key.json');
  writeFileSync(credentialsFile, JSON.stringify({ accessKeyId: 'sandbox-key', accessKeySecret: 'sandbox-secret' }));
  const endpoint = `127.0.0.1:${await sandbox.listen()}`;
  const settings = { endpoint, protocol: 'http', credentialsFile };
  await house.pool.query('update gateway_account set settings = settings || $2 where id = $1', [
    given.accountId,
    settings,
  ]);
  const { id } = await filledDraft(ctx, given);
  await house.pool.query(
    `update draft_estimate set result = jsonb_set(result, '{gatewayAskedAt}', '"2026-11-02T01:02:03Z"') where draft_id = $1`,
    [id],
  );
  const person = await arrive();
  const line = person.page.locator('.draft-checks li', { has: person.page.locator('form.draft-again') });
  await person.page.goto(`/drafts/${id}/checks`);
  // Nine in the morning, Beijing time: what was found out then is not said to hold now.
  expect(await line.innerText()).toContain('09:02:03 向平台查询');
  expect(await line.getAttribute('class')).toBe('draft-check-passed');
  await Promise.all([person.page.waitForEvent('load'), line.getByText('重新检查').click()]);
  expect(await line.getAttribute('class')).toBe('draft-check-fault');
  expect(await line.innerText()).toContain('向平台查询');
  expect(await line.innerText()).not.toContain('09:02:03');
  await person.close();
  await sandbox.close();
  rmSync(folder, { recursive: true });
});
