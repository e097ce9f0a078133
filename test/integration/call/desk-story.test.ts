import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { moveAgent } from '../../../src/call/desk/agent-session.db.ts';
import { afterAttempt } from '../../../src/call/task-move.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { seriousFindings } from '../../kit/axe.ts';
import { openBrowser, phone } from '../../kit/browser.ts';
import { callRoundTheClock, makeCallList, makeCallTask, makeVoiceAccount } from '../../kit/call.ts';
import { openConsoleHouse, password, press, type Visitor } from '../../kit/console-house.ts';

const house = await openConsoleHouse();
const { pool } = house;
const chrome = openBrowser();
let accountId: string;
let listId: string;

const content = {
  opening: '您好，这里是云汀金融客户服务中心，我是坐席小赵。',
  reason: '您在上月的评价里提到“改了还款日没有通知到我”，我们核查后已补发变更通知，请问这个问题现在解决了吗？',
  branches: [
    { key: 'A', label: '已解决', text: '谢谢您的反馈，祝您生活愉快。', next: null, result: 'resolved' },
    { key: 'B', label: '未解决', text: '很抱歉，我马上为您登记。', next: null, result: 'unresolved' },
    { key: 'C', label: '过后再确认', text: '好的，我们约个时间再打给您。', next: null, result: 'callback' },
    { key: 'D', label: '不愿再被联系', text: '好的，我们不再联系您。', next: null, result: 'do-not-contact' },
  ],
  closing: '感谢您的接听，再见。',
  verification: ['name', 'id-number', 'birth-date'],
  results: ['resolved', 'unresolved', 'callback', 'refused', 'wrong-person', 'do-not-contact', 'no-contact'],
};

beforeAll(async () => {
  accountId = await makeVoiceAccount(pool);
  await callRoundTheClock(pool);
  ({ listId } = await makeCallList(pool, accountId, { createdBy: house.administrator.id, content }));
  for (const [index, name] of ['顾女士', '周先生', '何女士', '唐先生', '沈先生', '欧阳女士'].entries())
    await makeCallTask(pool, listId, {
      phone: `+8613900${String(139_000 + index)}`,
      name,
      tier: ['diamond', 'gold', 'silver'][index % 3] ?? 'gold',
      over: { weight: index === 0 ? 3 : 0, not_before: new Date(Date.now() - 60_000 + index) },
    });
});

const idOf = async ({ email }: Visitor): Promise<string> =>
  (await pool.query('select id from staff where email = $1', [email])).rows[0].id;

/** As whoever holds the line does: the phone is up, the customer answers, the call is over. */
const phoneUp = (staffId: string) =>
  pool.query(`update agent_session set leg_state = 'up' where staff_id = $1`, [staffId]);
const answer = (staffId: string) =>
  transaction(pool, async (tx) => {
    const { rows } = await tx.query(
      `update call_attempt set state = 'connected', dialled_at = now(), answered_at = now(), connected_at = now()
       where agent_id = $1 and state = 'wanted' returning id`,
      [staffId],
    );
    await moveAgent(tx, { staffId, to: 'talking', attemptId: rows[0].id }, new Date());
  });
const end = (staffId: string) =>
  transaction(pool, async (tx) => {
    const { rows } = await tx.query(
      `update call_attempt set state = 'ended', ended_at = now(), disposition = 'answered'
       where agent_id = $1 and state = 'connected' returning id`,
      [staffId],
    );
    await afterAttempt(tx, { attemptId: rows[0].id, isConnected: true }, new Date());
    await moveAgent(tx, { staffId, to: 'wrap-up' }, new Date());
  });

async function comesToWork(page: Page, staffId: string, extension: string): Promise<void> {
  await page.goto('/desk');
  await page.locator('input[name=extension]').fill(extension);
  await press(page, 'main form button');
  await phoneUp(staffId);
  await page.locator('form[action="/desk/ready"] button').click();
  await page.locator('#desk-call').waitFor();
}
const who = (page: Page) => page.locator('#desk-call h2').textContent();
const shows = (page: Page, state: string) => page.locator(`#desk-bar [data-state=${state}]`).waitFor();

test('three agents work a list while a supervisor watches: nobody twice, nothing lost, three clicks to the next', async () => {
  const names = ['zhao', 'liu', 'sun'];
  const agents = await Promise.all(names.map((name) => house.join(chrome.browser, name, ['agent'])));
  const ids = await Promise.all(agents.map(idOf));
  const [first, second, third] = agents as [Visitor, Visitor, Visitor];
  const [id1, id2, id3] = ids as [string, string, string];
  for (const [index, { page }] of agents.entries()) await comesToWork(page, ids[index] ?? '', `PJSIP/10${index}`);
  const met = await Promise.all(agents.map(({ page }) => who(page)));
  expect(new Set(met).size).toBe(3);
  expect(met[0]).toContain('顾女士');

  // From the answer on: the result, hang up, save. No more.
  await first.page.locator('form[action$="/dial"] button').click();
  await answer(id1);
  await shows(first.page, 'talking');
  expect(await seriousFindings(first.page)).toEqual([]);
  let clicks = 0;
  const click = async (selector: string) => {
    clicks += 1;
    await first.page.locator(selector).click();
  };
  await click('.choices label[data-key="1"]');
  await click('[data-hang-up]');
  await first.page.locator('[data-hang-up]').waitFor({ state: 'detached' });
  const wished = await pool.query('select hang_up_wanted_at from call_attempt where agent_id = $1', [id1]);
  expect(wished.rows[0].hang_up_wanted_at).not.toBeNull();
  await end(id1);
  await click('[data-save]:not(:disabled)');
  await first.page.locator('#desk-call h2', { hasText: '唐先生' }).waitFor();
  expect(clicks).toBeLessThanOrEqual(3);

  // A browser dies in mid-call; the call goes on, ends, and waits for its agent with what was typed.
  await second.page.keyboard.press('d');
  await shows(second.page, 'calling');
  await answer(id2);
  await shows(second.page, 'talking');
  await second.page.locator('#desk-note').fill('客户问 10 月账单');
  await second.page.locator('[data-saved]', { hasText: /\d\d:\d\d:\d\d/ }).waitFor();
  await second.context.close();
  await end(id2);
  const again = await house.visitor(chrome.browser, 'liu');
  await again.page.goto('/sign-in');
  await again.page.locator('input[name=email]').fill(again.email);
  await again.page.locator('input[name=password]').fill(password);
  await press(again.page, 'main form button');
  await again.page.goto('/desk');
  await shows(again.page, 'wrap-up');
  expect(await again.page.locator('#desk-note').inputValue()).toBe('客户问 10 月账单');
  await again.page.locator('.choices label[data-key="5"]').click();
  await again.page.keyboard.press('Control+Enter');
  await shows(again.page, 'ready');

  // A callback: the branch chooses the result, and the first open time is chosen with it.
  await third.page.keyboard.press('d');
  await shows(third.page, 'calling');
  await answer(id3);
  await shows(third.page, 'talking');
  await third.page.keyboard.press('c');
  expect(await third.page.locator('input[name=promisedAt]:checked').count()).toBe(1);
  await third.page.locator('input[name=said]').first().fill('何女士');
  await third.page.locator('.said button').first().click();
  await third.page.locator('.check-match').waitFor();
  await end(id3);
  await third.page.locator('[data-save]:not(:disabled)').waitFor();
  await third.page.keyboard.press('Control+Enter');
  await third.page.locator('#desk-call h2', { hasText: '欧阳女士' }).waitFor();
  const promised = await pool.query(
    `select count(*)::int as n from call_task where promised_by = $1 and state = 'waiting'`,
    [id3],
  );
  expect(promised.rows[0].n).toBe(1);

  const supervisor = await house.join(chrome.browser, 'chief', ['supervisor'], { viewport: phone });
  await supervisor.page.goto('/floor');
  expect(await seriousFindings(supervisor.page)).toEqual([]);
  expect(await supervisor.page.locator('.tile').count()).toBe(3);
  const { rows } = await pool.query(
    `select count(*) filter (where state in ('done', 'given-up', 'removed'))::int as ended, count(*)::int as total from call_task`,
  );
  await supervisor.page.locator('td', { hasText: `${rows[0].ended} / ${rows[0].total}` }).waitFor();
  const twice = await pool.query('select task_id from call_attempt group by task_id having count(*) > 1');
  expect(twice.rows).toEqual([]);
  for (const each of [first, again, third, supervisor]) expect(each.complained()).toEqual([]);
});

test('a second page of the same agent takes over, and the first says so', async () => {
  await makeCallTask(pool, listId, { phone: '+8613900139009', name: '方先生' });
  const agent = await house.join(chrome.browser, 'wu', ['agent']);
  await comesToWork(agent.page, await idOf(agent), 'PJSIP/200');
  const other = await agent.context.newPage();
  await other.goto('/desk');
  await agent.page.locator('[data-desk-gone]:not([hidden])').waitFor();
  await agent.page.locator('[data-desk-here]').click();
  await other.locator('[data-desk-gone]:not([hidden])').waitFor();
});
