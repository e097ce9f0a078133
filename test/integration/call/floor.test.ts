import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';
import { makeCallList, makeCallTask, makeVoiceAccount } from '../../kit/call.ts';
import type { Person } from '../kit/http/kit.ts';

let house: Console;
let accountId: string;
let listId: string;
let scriptId: string;
let [first, second, supervisor]: Person[] = [];

const session = (agent: Person, state: string, over: { attemptId?: string; minutes?: number; reason?: string } = {}) =>
  house.pool.query(
    `insert into agent_session (staff_id, account_id, extension, state, reason, since, leg_state, attempt_id)
     values ($1, $2, $3, $4, $5, now() - make_interval(mins => $6), 'up', $7)
     on conflict (staff_id) do update set state = excluded.state, reason = excluded.reason, since = excluded.since, attempt_id = excluded.attempt_id`,
    [
      agent.id,
      accountId,
      `PJSIP/${agent.id.slice(-6)}`,
      state,
      over.reason ?? null,
      over.minutes ?? 1,
      over.attemptId ?? null,
    ],
  );

async function call(
  agent: Person | null,
  over: { state: string; disposition?: string; answered?: boolean; phone: string; task?: string },
) {
  const { taskId, customerId } = await makeCallTask(house.pool, listId, {
    phone: over.phone,
    over: {
      state: over.task ?? 'calling',
      agent_id: agent?.id ?? null,
      ...(over.task === 'given-up' && { state_reason: 'expired' }),
    },
  });
  const id = randomUUIDv7();
  const at = over.answered ? new Date() : null;
  await house.pool.query(
    `insert into call_attempt (id, task_id, list_id, customer_id, account_id, phone, caller_number, mode, agent_id, script_id, state,
       answered_at, connected_at, ended_at, disposition)
     values ($1, $2, $3, $4, $5, $6, '+862188880000', 'predictive', $7, $8, $9, $10, $11, $12, $13)`,
    [
      id,
      taskId,
      listId,
      customerId,
      accountId,
      over.phone,
      agent?.id ?? null,
      scriptId,
      over.state,
      at,
      agent ? at : null,
      over.state === 'ended' ? new Date() : null,
      over.disposition ?? null,
    ],
  );
  return { attemptId: id, taskId };
}

beforeAll(async () => {
  house = await openConsole();
  accountId = await makeVoiceAccount(house.pool);
  [first, second, supervisor] = [await house.hire(['agent']), await house.hire(['agent']), house.people.supervisor];
  ({ listId, scriptId } = await makeCallList(house.pool, accountId, { mode: 'predictive', createdBy: supervisor.id }));
});
const as = () => ({ as: supervisor as Person });

test('the board shows agents, calls, abandonment against the cap and clocks, masked, in both languages', async () => {
  const live = await call(first as Person, { state: 'connected', answered: true, phone: '+8613900000001' });
  await session(first as Person, 'talking', { attemptId: live.attemptId, minutes: 9 });
  await session(second as Person, 'ready');
  for (let n = 0; n < 3; n += 1)
    await call(second as Person, {
      state: 'ended',
      disposition: 'answered',
      answered: true,
      phone: `+861390000001${n}`,
      task: 'done',
    });
  await call(null, {
    state: 'ended',
    disposition: 'abandoned',
    answered: true,
    phone: '+8613900000020',
    task: 'waiting',
  });
  await makeCallTask(house.pool, listId, {
    phone: '+8613900000030',
    name: '周先生',
    over: { promised_at: new Date(Date.now() - 60_000), promised_by: first?.id },
  });
  const zh = await house.get('/floor', as());
  expect(zh.status).toBe(200);
  expect(zh.html).toContain('139****0030');
  expect(zh.html).toContain('周先生');
  expect(zh.html).toMatch(/超 1:0\d/);
  // Four people answered, one of them met nobody: a quarter, and nothing is left to three per cent.
  expect(zh.html).toContain('25.00% / 3%');
  expect(zh.html).toMatch(/通话 9:0\d · 偏长/);
  const en = await house.get('/floor', { ...as(), language: 'en' });
  expect(en.html).toContain('Talking 9:0');
  for (const { html } of [zh, en]) expect(faultsOfPage(html)).toEqual([]);
  const part = await house.get('/floor', { ...as(), htmx: true });
  expect(part.html).not.toContain('<html');
  expect(part.html).toContain('25.00% / 3%');
});

test('the floor belongs to supervisors of the unit', async () => {
  expect((await house.get('/floor', { as: house.people.agent })).status).toBe(403);
  const elsewhere = await house.hire(['supervisor']);
  await house.pool.query(`update staff_role set unit = '别处' where staff_id = $1`, [elsewhere.id]);
  expect((await house.get('/floor', { as: elsewhere })).html).not.toContain('周先生');
  expect((await house.get(`/floor/agents/${first?.id}`, { as: elsewhere })).status).toBe(403);
  expect((await house.post(`/floor/agents/${first?.id}/sign-out`, {}, { as: elsewhere })).status).toBe(403);
});

test('a supervisor listens by a wish to whoever holds the line, and the next wish replaces it', async () => {
  const path = `/floor/agents/${first?.id}`;
  const page = await house.get(path, as());
  expect(faultsOfPage(page.html)).toEqual([]);
  expect((await house.post(`${path}/supervise`, { how: 'listen', extension: 'PJSIP/1901' }, as())).status).toBe(303);
  expect((await house.post(`${path}/supervise`, { how: 'barge', extension: 'PJSIP/1901' }, as())).status).toBe(303);
  expect((await house.post(`${path}/supervise`, { how: 'shout', extension: 'PJSIP/1901' }, as())).status).toBe(400);
  const wishes = `select how, state, end_wanted_at is not null as over from supervision order by wanted_at, id`;
  expect((await house.pool.query(wishes)).rows).toEqual([
    { how: 'listen', state: 'wanted', over: true },
    { how: 'barge', state: 'wanted', over: false },
  ]);
  expect((await house.get(path, as())).html).toContain('插话：正在接通您的话机');
  await house.post(`${path}/leave`, {}, as());
  expect((await house.pool.query(wishes)).rows.map(({ over }) => over)).toEqual([true, true]);
  // Who is in no call cannot be listened to.
  expect(
    (await house.post(`/floor/agents/${second?.id}/supervise`, { how: 'listen', extension: 'PJSIP/1901' }, as()))
      .status,
  ).toBe(422);
});

test('a call that its agent cannot write up goes to a colleague with what was typed, and the agent leaves it', async () => {
  const ended = await call(first as Person, {
    state: 'ended',
    disposition: 'answered',
    answered: true,
    phone: '+8613900000040',
    task: 'wrap-up',
  });
  await session(first as Person, 'wrap-up', { attemptId: ended.attemptId, minutes: 20 });
  await house.pool.query(
    `insert into desk_draft (task_id, agent_id, content, saved_at) values ($1, $2, '{"note": "问利率"}', now())`,
    [ended.taskId, first?.id],
  );
  const path = `/floor/agents/${first?.id}`;
  expect((await house.get(path, as())).html).toContain('139****0040');
  expect((await house.post(`${path}/hand-over`, { taskId: ended.taskId, toStaffId: randomUUID() }, as())).status).toBe(
    422,
  );
  expect((await house.post(`${path}/hand-over`, { taskId: ended.taskId, toStaffId: second?.id }, as())).status).toBe(
    303,
  );
  const { rows } = await house.pool.query(
    `select t.agent_id = $2 as theirs, d.agent_id = $2 as draft, (select state from agent_session where staff_id = $3) as state
     from call_task t join desk_draft d on d.task_id = t.id where t.id = $1`,
    [ended.taskId, second?.id, first?.id],
  );
  expect(rows).toEqual([{ theirs: true, draft: true, state: 'busy' }]);
});

test('signing out, calling back and the limits of breaks are a supervisor’s acts, on record', async () => {
  const path = `/floor/agents/${first?.id}`;
  expect((await house.post(`${path}/call-back`, {}, as())).status).toBe(303);
  expect((await house.post(`${path}/call-back`, {}, as())).status).toBe(422);
  expect((await house.post(`${path}/sign-out`, {}, as())).status).toBe(303);
  expect((await house.get(path, as())).html).toContain('该坐席已签出');
  const limits = { minutes: '10', places: '3', placesOf: '夜班 1\n早班：2' };
  expect((await house.post('/floor/breaks', { ...limits, minutes: '16' }, as())).status).toBe(422);
  expect((await house.post('/floor/breaks', limits, as())).status).toBe(303);
  expect((await house.get('/floor/breaks', as())).html).toContain('夜班 1\n早班 2');
  expect((await house.post('/floor/breaks', limits, { as: house.people.agent })).status).toBe(403);
  const { rows } = await house.pool.query(`select action from audit where action like 'agent.%' order by seq`);
  expect(rows.map(({ action }) => action)).toEqual(
    expect.arrayContaining([
      'agent.supervised',
      'agent.called-back',
      'agent.signed-out-by-supervisor',
      'agent.breaks-set',
    ]),
  );
});

test('the daily report adds each agent’s stretches up to their time at work, as a page and as a file', async () => {
  await house.pool.query(
    `insert into agent_stretch (staff_id, state, reason, from_at, to_at) values
       ($1, 'busy', 'signed-in', '2026-11-26T09:00+08', '2026-11-26T09:05+08'),
       ($1, 'ready', null, '2026-11-26T09:05+08', '2026-11-26T09:30+08'),
       ($1, 'talking', null, '2026-11-26T09:30+08', '2026-11-26T09:36+08'),
       ($1, 'wrap-up', null, '2026-11-26T09:36+08', '2026-11-26T09:37+08'),
       ($1, 'busy', 'break', '2026-11-26T09:37+08', '2026-11-26T09:57+08'),
       ($1, 'ready', null, '2026-11-26T23:50+08', '2026-11-27T00:10+08')`,
    [first?.id],
  );
  const page = await house.get('/floor/report?day=2026-11-26', as());
  expect(faultsOfPage(page.html)).toEqual([]);
  const { text } = await house.call('GET', '/floor/report.csv?day=2026-11-26', { as: supervisor as Person });
  const [heads = '', row = ''] = text.replace('\u{feff}', '').split('\r\n');
  const day = Object.fromEntries(heads.split(',').map((head, index) => [head, row.split(',')[index]]));
  expect(day).toMatchObject({
    首次签入: '09:00',
    通话时长: '6:00',
    话后时长: '1:00',
    空闲与接入: '35:00',
    示忙时长: '20:00',
    超时示忙: '1',
    断线等: '5:00',
  });
  expect((await house.get('/floor/report?day=2999-01-01', as())).status).toBe(422);
  const { rows } = await house.pool.query(`select details from audit where action = 'agent.report-exported'`);
  expect(rows).toEqual([{ details: { day: '2026-11-26', rows: 1 } }]);
});
