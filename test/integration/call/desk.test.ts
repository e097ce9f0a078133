import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { storeIdentity } from '../../../src/call/desk/verification.command.ts';
import { moveAgent } from '../../../src/call/desk/agent-session.db.ts';
import { afterAttempt } from '../../../src/call/task-move.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';
import { makeCallList, makeCallTask, makeVoiceAccount } from '../../kit/call.ts';
import { contextWith } from '../../kit/people.ts';
import type { Person } from '../kit/http/kit.ts';

let house: Console;
let accountId: string;
let listId: string;
let agent: Person;

const content = {
  opening: '您好，这里是云汀金融。',
  reason: '关于您上月的评价。',
  branches: [
    { key: 'A', label: '已解决', text: '谢谢您。', next: null, result: 'resolved' },
    { key: 'C', label: '过后再说', text: '那我改天再打给您。', next: null, result: 'callback' },
  ],
  closing: '再见。',
  verification: ['name', 'id-number', 'bank-card'],
  results: ['resolved', 'callback', 'refused', 'do-not-contact', 'no-contact'],
};

beforeAll(async () => {
  house = await openConsole();
  accountId = await makeVoiceAccount(house.pool);
  // Calls are made around the clock here: the test runs at any hour.
  await house.pool.query(
    `insert into setting (key, value) select 'contact-policy', $1::jsonb on conflict (key) do update set value = excluded.value`,
    [JSON.stringify(await openPolicy())],
  );
  ({ listId } = await makeCallList(house.pool, accountId, { createdBy: house.people.operator.id, content }));
});
async function openPolicy() {
  const { defaultContactPolicy } = await import('../../../src/contact/policy.rule.ts');
  const policy = structuredClone(defaultContactPolicy) as { hours: Record<string, Record<string, unknown>> };
  for (const hours of Object.values(policy.hours))
    hours['call'] = { working: ['00:00', '24:00'], rest: ['10:00', '17:00'] };
  const callback = policy.hours['callback'] as Record<string, unknown>;
  callback['call'] = { working: ['00:00', '24:00'], rest: ['00:00', '24:00'] };
  return policy;
}
let phones = 0;
const person = (over: Parameters<typeof makeCallTask>[2]['over'] = {}, name = '顾女士') =>
  makeCallTask(house.pool, listId, { phone: `+86139${String((phones += 1)).padStart(8, '0')}`, name, over });
beforeEach(async () => {
  await house.pool.query(
    `truncate call_task, call_attempt, agent_session, agent_stretch, call_note, desk_draft, identity_check, supervision, recording cascade`,
  );
  agent = await house.hire(['agent']);
});
const as = () => ({ as: agent });
const phoneUp = () => house.pool.query(`update agent_session set leg_state = 'up' where staff_id = $1`, [agent.id]);
async function works(who = agent) {
  agent = who;
  const signedIn = { accountId, extension: `PJSIP/${who.id.slice(-6)}` };
  expect((await house.post('/desk/sign-in', signedIn, as())).status).toBe(303);
  await phoneUp();
  expect((await house.post('/desk/ready', {}, as())).status).toBe(303);
}
const task = async (taskId: string) =>
  (
    await house.pool.query(
      'select state, state_reason, agent_id, promised_at, promise_is_personal, result from call_task where id = $1',
      [taskId],
    )
  ).rows[0];
const sessionState = async () =>
  (await house.pool.query('select state from agent_session where staff_id = $1', [agent.id])).rows[0]?.state;

/** As whoever holds the line does when the customer answers and when the call is over. */
async function answered() {
  await transaction(house.pool, async (tx) => {
    const { rows } = await tx.query(
      `update call_attempt set state = 'connected', dialled_at = now(), answered_at = now(), connected_at = now()
       where agent_id = $1 and state = 'wanted' returning id`,
      [agent.id],
    );
    await moveAgent(tx, { staffId: agent.id, to: 'talking', attemptId: rows[0].id }, new Date());
  });
}
async function ended() {
  await transaction(house.pool, async (tx) => {
    const { rows } = await tx.query(
      `update call_attempt set state = 'ended', ended_at = now(), disposition = 'answered' where agent_id = $1 and state = 'connected' returning id`,
      [agent.id],
    );
    await afterAttempt(tx, { attemptId: rows[0].id, isConnected: true }, new Date());
    await moveAgent(tx, { staffId: agent.id, to: 'wrap-up' }, new Date());
  });
}
async function talks(over: Parameters<typeof person>[0] = {}) {
  const made = await person(over);
  await works();
  expect((await house.post(`/desk/tasks/${made.taskId}/dial`, {}, as())).status).toBe(303);
  await answered();
  return made;
}

test('whoever is ready is offered the most urgent task, sees whom, why and what to say, and no number', async () => {
  await person({ weight: 3 }, '甲');
  const promised = await person({ promised_at: new Date(Date.now() - 120_000) }, '乙');
  expect((await house.get('/desk', as())).html).toContain('name="extension"');
  await works();
  expect(await task(promised.taskId)).toMatchObject({ state: 'offered', agent_id: agent.id });
  for (const language of ['zh-CN', 'en'] as const) {
    const { html, status } = await house.get('/desk', { ...as(), language });
    expect(status).toBe(200);
    expect(html).toContain('乙');
    expect(html).toContain('关于您上月的评价。');
    expect(faultsOfPage(html)).toEqual([]);
  }
  expect((await house.get('/desk', as())).html).toContain('同事承诺');
  expect((await house.get('/desk', { as: house.people.supervisor })).status).toBe(403);
});

test('a call is dialled once, written up, and the next one is there with the answer', async () => {
  const { taskId } = await talks();
  const second = await person({}, '丙');
  expect((await house.post(`/desk/tasks/${taskId}/dial`, {}, as())).status).toBe(422);
  expect((await house.pool.query('select count(*) as n from call_attempt')).rows[0].n).toBe(1);
  // Nothing is saved while the customer is on the line.
  expect((await house.post(`/desk/tasks/${taskId}/finish`, { result: 'resolved' }, as())).status).toBe(422);
  await house.post(`/desk/tasks/${taskId}/hang-up`, {}, as());
  expect((await house.pool.query('select hang_up_wanted_at is not null as wanted from call_attempt')).rows).toEqual([
    { wanted: true },
  ]);
  await ended();
  expect((await house.post(`/desk/tasks/${taskId}/finish`, {}, as())).html).toContain('请选择通话结果');
  expect((await house.post(`/desk/tasks/${taskId}/finish`, { result: 'passed-on' }, as())).status).toBe(422);
  const write = { result: 'resolved', branches: 'A', interest: '4', note: '满意' };
  expect((await house.post(`/desk/tasks/${taskId}/finish`, write, as())).status).toBe(303);
  expect(await task(taskId)).toMatchObject({ state: 'done', result: 'resolved' });
  expect(await task(second.taskId)).toMatchObject({ state: 'offered', agent_id: agent.id });
  expect((await house.post(`/desk/tasks/${taskId}/finish`, write, as())).status).toBe(422);
  const { rows } = await house.pool.query('select result, branches, interest, note, identity from call_note');
  expect(rows).toEqual([{ result: 'resolved', branches: 'A', interest: 4, note: '满意', identity: 'not-asked' }]);
});

test('an identity is checked and never shown: match or no match, twice an item, in a call only, all on record', async () => {
  const { taskId, customerId } = await talks();
  const operator = await contextWith(house.pool, ['operator'], { identityKey: house.key.subkey('identity') });
  const id = '11010519491231002X';
  await storeIdentity(operator, { customerId, items: [{ item: 'id-number', value: id }] });
  const stored = await house.pool.query('select digests from identity_item');
  expect(JSON.stringify(stored.rows)).not.toContain('002X');
  await expect(
    storeIdentity(operator, { customerId, items: [{ item: 'birth-date', value: '昨天' }] }),
  ).rejects.toMatchObject({
    code: 'identity.unusable',
  });
  const check = async (item: string, said: string) =>
    (await house.post('/desk/check', { item, said }, { ...as(), htmx: true })).html;
  expect(await check('id-number', '1234')).toContain('不一致');
  expect(await check('id-number', '００２ｘ')).toContain('一致');
  expect(await check('name', '王女士')).toContain('不一致');
  expect(await check('name', '李女士')).toContain('不一致');
  expect(await check('name', '顾女士')).toContain('已核对两次');
  expect(await check('bank-card', '1234')).toContain('没有留存');
  const page = await house.get('/desk', as());
  expect(page.html).not.toMatch(/002X|11010519491231/i);
  const tries = await house.pool.query('select item, try, matched from identity_check order by item, try');
  expect(tries.rows).toEqual([
    { item: 'id-number', try: 1, matched: false },
    { item: 'id-number', try: 2, matched: true },
    { item: 'name', try: 1, matched: false },
    { item: 'name', try: 2, matched: false },
  ]);
  const told = await house.pool.query(`select details::text from audit where action like 'customer.identity-%'`);
  expect(told.rows.length).toBeGreaterThanOrEqual(6);
  expect(JSON.stringify(told.rows)).not.toMatch(/002X|顾女士|1234/i);
  await ended();
  expect(await check('id-number', '002X')).toContain('没有通话');
  await house.post(`/desk/tasks/${taskId}/finish`, { result: 'resolved' }, as());
  expect((await house.pool.query('select identity from call_note')).rows).toEqual([{ identity: 'failed' }]);
});

test('what was typed comes back after a browser died, to the agent who holds the task alone', async () => {
  const { taskId } = await talks();
  const typed = { result: 'callback', branches: 'C', note: '问利率 <b>', interest: '', promisedAt: '', personal: 'no' };
  expect((await house.post(`/desk/tasks/${taskId}/draft`, typed, as())).status).toBe(200);
  const other = await house.hire(['agent']);
  expect((await house.post(`/desk/tasks/${taskId}/draft`, { ...typed, note: '别人' }, { as: other })).status).toBe(409);
  await ended();
  // Another page: the same call waits to be written up, with what was typed.
  expect((await house.post('/desk/arrive', { browserId: randomUUID() }, as())).status).toBe(200);
  const { html } = await house.get('/desk', as());
  expect(html).toContain('问利率 &lt;b&gt;');
  expect(html).toMatch(/value="callback" required checked/);
  expect((await house.post('/desk/ready', {}, as())).status).toBe(303);
  expect(await sessionState()).toBe('wrap-up');
});

test('a callback is promised only for a time at which the policy lets the person be called, to one agent or to all', async () => {
  const { taskId } = await talks();
  await ended();
  const { html } = await house.get('/desk', as());
  const times = [...html.matchAll(/name="promisedAt" value="([^"]+)"/g)].map((found) => found[1] ?? '');
  expect(times.length).toBeGreaterThan(20);
  const finish = (promisedAt: string) =>
    house.post(`/desk/tasks/${taskId}/finish`, { result: 'callback', promisedAt, personal: 'yes' }, as());
  expect((await finish('')).html).toContain('请选择回呼时间');
  expect((await finish(new Date(Date.now() - 60_000).toISOString())).html).toContain('回呼时间已过');
  await house.pool.query(
    `update setting set value = jsonb_set(value, '{hours,callback,call}', '{"working": ["09:00", "18:00"], "rest": ["09:00", "18:00"]}') where key = 'contact-policy'`,
  );
  const night = `${times.at(-1)?.slice(0, 10)}T19:30:00.000Z`;
  expect((await finish(night)).html).toContain('联系策略不允许');
  const open = [...(await house.get('/desk', as())).html.matchAll(/name="promisedAt" value="([^"]+)"/g)].map(
    (found) => found[1] ?? '',
  );
  expect(open.every((at) => Number(at.slice(11, 13)) >= 1 && Number(at.slice(11, 13)) < 10)).toBe(true);
  expect(open.length).toBeGreaterThan(0);
  expect((await finish(open[0] ?? '')).status).toBe(303);
  expect(await task(taskId)).toMatchObject({
    state: 'waiting',
    promised_at: new Date(open[0] ?? ''),
    promise_is_personal: true,
  });
  await house.pool.query(
    `update setting set value = jsonb_set(value, '{hours,callback,call}', '{"working": ["00:00", "24:00"], "rest": ["00:00", "24:00"]}') where key = 'contact-policy'`,
  );
});

test('a no at the desk silences every number of the person with the result, and ends the task', async () => {
  const { taskId, customerId } = await talks();
  await ended();
  expect((await house.post(`/desk/tasks/${taskId}/finish`, { result: 'do-not-contact' }, as())).status).toBe(303);
  expect(await task(taskId)).toMatchObject({ state: 'given-up', state_reason: 'opted-out' });
  const { rows } = await house.pool.query(
    `select s.channels, s.purposes from suppression s join customer c on c.phone = s.phone where c.id = $1`,
    [customerId],
  );
  expect(rows).toEqual([{ channels: ['sms', 'call', 'web'], purposes: ['marketing', 'survey', 'callback', 'care'] }]);
  // Whoever is on another list is not called either.
  await house.pool.query(
    `insert into call_task (id, list_id, customer_id, kind, source_key) values ($1, $2, $3, 'callback', 'again')`,
    [randomUUID(), listId, customerId],
  );
  await house.post('/desk/beat', { browserId: randomUUID() }, as());
  expect((await house.pool.query(`select state from call_task where source_key = 'again'`)).rows).not.toEqual([
    { state: 'offered' },
  ]);
});

test('a page that was taken over says so and holds nothing up; a break gives an offer back', async () => {
  const { taskId } = await person();
  await works();
  const [one, two] = [randomUUID(), randomUUID()];
  const beat = async (browserId: string) => JSON.parse((await house.post('/desk/beat', { browserId }, as())).html);
  await house.post('/desk/arrive', { browserId: one }, as());
  expect(await beat(one)).toMatchObject({ kind: 'here', key: `${taskId} offered` });
  await house.post('/desk/arrive', { browserId: two }, as());
  expect(await beat(one)).toEqual({ kind: 'taken-over' });
  expect(await beat(two)).toMatchObject({ kind: 'here' });
  expect((await house.post('/desk/busy', { reason: 'break' }, as())).status).toBe(303);
  expect(await task(taskId)).toMatchObject({ state: 'waiting', agent_id: null });
  await house.post('/desk/sign-out', {}, as());
  expect(await beat(two)).toEqual({ kind: 'absent' });
});

test('two agents are never offered one person, and without a phone nobody is dialled', async () => {
  const { taskId } = await person();
  await works();
  const first = agent;
  await works(await house.hire(['agent']));
  expect(await task(taskId)).toMatchObject({ agent_id: first.id });
  agent = first;
  await house.pool.query(`update agent_session set leg_state = 'down' where staff_id = $1`, [agent.id]);
  expect((await house.post(`/desk/tasks/${taskId}/dial`, {}, as())).html).toContain('话机尚未接通');
  expect(await task(taskId)).toMatchObject({ state: 'offered' });
  expect((await house.pool.query('select count(*) as n from call_attempt')).rows[0].n).toBe(0);
  expect(
    (
      await house.pool.query(
        `select count(*) as n from contact where channel = 'call' and at > now() - interval '1 minute' and phone in (select c.phone from customer c join call_task t on t.customer_id = c.id)`,
      )
    ).rows[0].n,
  ).toBe(0);
  await house.post(`/desk/tasks/${taskId}/give-back`, {}, as());
  expect(await task(taskId)).toMatchObject({ state: 'waiting' });
});
