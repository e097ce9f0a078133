import { expect, test, vi } from 'vitest';
import type { Page } from 'playwright-core';
import { createCampaign } from '../../../src/campaign/draft/campaign-draft.command.ts';
import { submitCampaign } from '../../../src/campaign/campaign.command.ts';
import { decideCredential } from '../../../src/house/credential.command.ts';
import { chinaTimeOf } from '../../../src/campaign/draft/draft.rule.ts';
import { openBrowser } from '../../kit/browser.ts';
import { openConsoleHouse, password, press, type Visitor } from '../../kit/console-house.ts';
import {
  aboutToPause,
  addSigningKey,
  confirmPause,
  fill,
  go,
  lookOver,
  open,
  pathOf,
  pause,
  resume,
  signAtDesk,
  textOf,
  untilState,
} from './kit.ts';

// Several pages each, on a machine that has other work.
vi.setConfig({ testTimeout: 120_000 });
const chrome = openBrowser();
const house = await openConsoleHouse();
/** Let nobody in: whoever did could not make that person's signing key good. */
const approver = await house.addPerson('approver', ['administrator']);

let liaison: Visitor;
let leader: Visitor;
/** Holds both signing roles, and may apply. */
let both: Visitor;
let operator: Visitor;
let audiences = 0;

test('signers and an operator come in by their invitations', async () => {
  liaison = await signer('liaison-1', ['liaison']);
  leader = await signer('leader-1', ['leader']);
  both = await signer('both-1', ['liaison', 'leader', 'applicant']);
  operator = await house.join(chrome.browser, 'operator-1', ['operator', 'applicant']);
});

async function signer(name: string, roles: Parameters<typeof house.join>[2]): Promise<Visitor> {
  const visitor = await house.join(chrome.browser, name, roles);
  await addSigningKey(visitor, '办公电脑');
  const { rows } = await house.pool.query(
    `select c.id from credential c join staff s on s.id = c.staff_id where s.email = $1`,
    [visitor.email],
  );
  const own = { ...approver.ctx, session: { id: approver.id } };
  await decideCredential(own, { credentialId: rows[0].id, decision: 'approve' });
  return visitor;
}

const nobodyBefore = (size: number): Promise<string> => house.addAudience(size, (audiences += 1) * 10_000);
const numberOf = async (id: string): Promise<string> => (await house.show(id)).campaign.number;

/** A campaign that waits for the liaison. */
async function awaiting(size = 3, change: Parameters<typeof house.submitted>[1] = {}) {
  const id = await house.submitted(await nobodyBefore(size), change);
  return { id, number: await numberOf(id) };
}
const signButtons = (page: Page): Promise<number> => page.locator('[data-sign]').count();

test('the leader cannot sign before the liaison: there is no button, only who is next', async () => {
  const { id, number } = await awaiting();
  const page = await open(leader, `/sign-off/${number}`);
  expect(await signButtons(page)).toBe(0);
  expect(await textOf(page, '.so-desk')).toContain('联络员');
  expect((await house.show(id)).signatures).toHaveLength(0);
});

test('the applicant of a form finds no button on it, though holding both signing roles', async () => {
  const ctx = await house.contextOf(both);
  const { id } = await createCampaign(ctx, { ...campaignInput(await nobodyBefore(3)), unit: '外呼组' });
  await submitCampaign(ctx, { campaignId: id });
  await house.until(id, 'awaiting-liaison');
  const page = await open(both, `/sign-off/${await numberOf(id)}`);
  expect(await signButtons(page)).toBe(0);
  expect(await textOf(page)).toContain('您是申请人，不能为自己的申请签字');
});

test('who has signed as liaison finds no button for the leader’s place', async () => {
  const { id, number } = await awaiting();
  await signAtDesk(both, number);
  await house.until(id, 'awaiting-leader');
  const page = await open(both, `/sign-off/${number}`);
  expect(await signButtons(page)).toBe(0);
  expect(await textOf(page)).toContain('另一道签字须由他人完成');
  expect((await house.show(id)).signatures).toHaveLength(1);
});

test('a text that was changed after a signature is shown in red, and nothing of it can be signed or sent', async () => {
  const { id, number } = await awaiting();
  await signAtDesk(liaison, number);
  await house.until(id, 'awaiting-leader');
  // The leader has read it already when it is changed.
  const page = await open(leader, `/sign-off/${number}`);
  await house.pool.query(`update campaign set rate_per_second = rate_per_second + 1 where id = $1`, [id]);
  await page.locator('#read-all').check();
  await go(leader, 'button[data-sign=desk]');
  expect(await textOf(page)).toMatch(/改动|作废/);
  expect(await signButtons(page)).toBe(0);
  await open(liaison, `/sign-off/${number}`);
  expect((await house.show(id)).signatures.map(({ role }) => role)).not.toContain('leader');
  expect(house.sandbox.witness.counts({ outIdPrefix: `wh-${(await house.show(id)).campaign.key}-` }).accepted).toBe(0);
});

test('a form that was not signed in time says so and takes no signature', async () => {
  const { id, number } = await awaiting(3, { signBy: new Date(Date.now() + 4_000).toISOString() });
  const page = await open(liaison, `/sign-off/${number}`);
  await house.until(id, 'expired');
  if ((await page.locator('#read-all').count()) > 0) {
    await page.locator('#read-all').check();
    await go(liaison, 'button[data-sign=desk]');
  }
  await open(liaison, `/sign-off/${number}`);
  expect(await signButtons(page)).toBe(0);
  expect(await textOf(page)).toContain('失效');
  expect((await house.show(id)).signatures).toHaveLength(0);
});

test('a passkey that was cancelled or did not know the finger signs nothing, and may be tried again', async () => {
  const { id, number } = await awaiting();
  const page = await open(liaison, `/sign-off/${number}`);
  await liaison.authenticator.setUserVerified(false);
  await page.locator('#read-all').check();
  await page.locator('button[data-sign=desk]').click();
  await expect.poll(() => textOf(page, '.so-panel [data-said]'), { timeout: 20_000 }).toContain('没有签字');
  await lookOver(liaison);
  expect((await house.show(id)).signatures).toHaveLength(0);
  await liaison.authenticator.setUserVerified(true);
  await go(liaison, 'button[data-sign=desk]');
  await house.until(id, 'awaiting-leader');
});

test('a double click signs once, and a double click hands in once', async () => {
  const { id, number } = await awaiting();
  const page = await open(liaison, `/sign-off/${number}`);
  await page.locator('#read-all').check();
  await Promise.all([page.waitForEvent('load'), page.locator('button[data-sign=desk]').dblclick()]);
  await lookOver(liaison);
  expect((await house.show(id)).signatures).toHaveLength(1);

  const desk = await reviewed(operator, '双击提交');
  await desk.locator('[name=confirmed]').check();
  await Promise.all([desk.waitForEvent('load'), desk.locator('form[action$="/submit"] button').dblclick()]);
  const { rows } = await house.pool.query(`select id, number from campaign where name = '双击提交'`);
  expect(rows).toHaveLength(1);
  await untilState(desk, 'awaiting-liaison');
  await lookOver(operator);

  // Back to a draft that has become a campaign.
  await desk.goBack();
  await expect.poll(() => pathOf(desk)).toBe(`/campaigns/${rows[0].number}`);
  await lookOver(operator);
});

test('two operators who pause at the same time both see it paused, and it is paused once', async () => {
  const id = await house.signed(await nobodyBefore(800), { ratePerSecond: 5 });
  await house.until(id, 'sending');
  const number = await numberOf(id);
  const second = await house.join(chrome.browser, 'operator-2', ['operator']);
  const desks = [operator, second];
  for (const { page } of desks) {
    await page.goto(`/campaigns/${number}`);
    await untilState(page, 'sending');
    await aboutToPause(page, '客户投诉');
  }
  await Promise.all(desks.map(({ page }) => confirmPause(page)));
  for (const desk of desks) {
    await untilState(desk.page, 'paused');
    await lookOver(desk);
  }
  const { rows } = await house.pool.query(
    `select count(*)::int as n from audit where object_id = $1 and action = 'campaign.pause'`,
    [id],
  );
  expect(rows[0].n).toBe(1);

  // Without scripts, the same buttons work; and the pages of the other two, one refused, do not pause it again.
  const plain = await house.join(chrome.browser, 'operator-3', ['operator'], { javaScript: false });
  await plain.page.goto(`/campaigns/${number}`);
  await resume(plain.page);
  await house.until(id, 'sending');
  await plain.page.goto(`/campaigns/${number}`);
  await pause(plain.page, '核实');
  await house.until(id, 'paused');
  await plain.close();
  await second.close();
});

test('a session that ends in the middle of the wizard leads through the sign-in back to the step, with the draft whole', async () => {
  const page = await begun(operator, '会话中断');
  await fill(page, { purpose: '中断之前写下的用途' });
  await expect.poll(() => textOf(page, '#saved'), { timeout: 20_000 }).toContain('已自动保存');
  await house.pool.query(`delete from session where staff_id = (select id from staff where email = $1)`, [
    operator.email,
  ]);
  const step = pathOf(page);
  await go(operator, 'button[value=next]');
  expect(pathOf(page)).toBe('/sign-in');
  await fill(page, { email: operator.email, password });
  await go(operator, 'main form button.btn-primary');
  expect(pathOf(page)).toBe(step);
  expect(await page.locator('[name=purpose]').inputValue()).toBe('中断之前写下的用途');
});

test('who has no right to a page is told so on a page, with a way back', async () => {
  const page = await open(liaison, '/people');
  expect(await page.locator('h1').innerText()).not.toBe('');
  expect(await page.locator('main a[href="/"]').count()).toBeGreaterThan(0);
  expect(await textOf(page)).not.toContain('administrator');
  const answer = await liaison.page.request.get('/people');
  expect(answer.status()).toBe(403);
});

test('without scripts one signs in and walks through the wizard', async () => {
  const visitor = await house.visitor(chrome.browser, operator.name, { javaScript: false });
  const { page } = visitor;
  await page.goto('/drafts/new');
  expect(pathOf(page)).toBe('/sign-in');
  await fill(page, { email: operator.email, password });
  await press(page, 'main form button.btn-primary');
  expect(pathOf(page)).toBe('/drafts/new');
  await fill(page, { name: '没有脚本', purpose: '没有脚本的浏览器' });
  await press(page, 'main form button.btn-primary');
  await page.locator('#audienceId').selectOption({ index: 1 });
  await press(page, '#step button[value=next]');
  expect(pathOf(page)).toMatch(/\/text$/);
  const { rows } = await house.pool.query(
    `select body->>'audienceId' as audience from campaign_draft where name = '没有脚本'`,
  );
  expect(rows).toEqual([{ audience: expect.stringMatching(/./) }]);
  await visitor.close();
});

/** A draft of that name at its first step. */
async function begun(visitor: Visitor, name: string): Promise<Page> {
  const page = await open(visitor, '/drafts/new');
  await fill(page, { name, purpose: '说明' });
  return go(visitor, 'main form button.btn-primary');
}

/** A draft filled in up to the review. */
async function reviewed(visitor: Visitor, name: string): Promise<Page> {
  const audienceId = await nobodyBefore(5);
  const page = await begun(visitor, name);
  await page.locator('#audienceId').selectOption(audienceId);
  await press(page, '#step button[value=next]');
  await Promise.all([page.waitForEvent('load'), page.locator('#templateId').selectOption(house.template.id)]);
  for (const variable of ['name', 'date']) {
    await page.locator(`[name="from.${variable}"]`).selectOption('row');
    await page.locator(`[name="key.${variable}"]`).fill(variable);
  }
  await press(page, '#step button[value=next]');
  const { window } = campaignInput(audienceId);
  await fill(page, {
    startsAt: chinaTimeOf(new Date(window.startsAt)),
    endsAt: chinaTimeOf(new Date(window.endsAt)),
    dailyFrom: '00:00',
    dailyTo: '24:00',
    ratePerSecond: '10',
    costCeiling: '100',
  });
  await press(page, '#step button[value=next]');
  await expect.poll(() => textOf(page, '#estimate'), { timeout: 30_000 }).toContain('5');
  await press(page, '.draft-steps a[href$="/review"]');
  return page;
}

function campaignInput(audienceId: string) {
  return {
    name: '国庆权益',
    purpose: '国庆出行权益到账告知',
    templateId: house.template.id,
    audienceId,
    variableSources: { name: { from: 'row', key: 'name' }, date: { from: 'row', key: 'date' } } as const,
    window: {
      startsAt: new Date(Date.now() - 60_000).toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      dailyFrom: '00:00',
      dailyTo: '24:00',
    },
    ratePerSecond: 10,
    costCeilingFen: 10_000,
  };
}
