import { beforeEach, expect, test } from 'vitest';
import { claimNext } from '../../../src/call/claim.db.ts';
import { addCasesTo, fillList } from '../../../src/call/list/case.command.ts';
import { changeList, cloneList } from '../../../src/call/list/list.command.ts';
import { closeList, openList, pauseList } from '../../../src/call/list/state.command.ts';
import { tendList } from '../../../src/call/list/tend.command.ts';
import { browseLists, browseTasks, showList } from '../../../src/call/list/view.command.ts';
import { releaseTask } from '../../../src/call/task-move.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { makeSignedScript } from '../../kit/call.ts';
import { contextWith, noProcesses } from '../../kit/people.ts';
import { morning, openLists, phoneOf } from './list-kit.ts';

const { pool, clock, started, ctx, agent, usual, made, customer, statesOf, begin } = await openLists();

beforeEach(begin);

test('a list is filled by a filter; who leaves it is removed, who comes back waits again, and who was spoken to stays', async () => {
  const list = await made({ source: { filter: { tiers: ['gold', 'diamond'] } } });
  const [gold, diamond, late] = [await customer('gold'), await customer('diamond'), await customer('silver')];
  expect(await fillList(ctx, { list })).toEqual({ people: 2, added: 2, returned: 0, left: 0, strangers: 0 });
  expect(await fillList(ctx, { list })).toMatchObject({ added: 0, returned: 0, left: 0 });
  const { rows } = await pool.query('select customer_id, weight, due_at from call_task order by weight');
  expect(rows).toEqual([
    { customer_id: gold, weight: 3, due_at: new Date('2026-11-27T04:00:00Z') },
    { customer_id: diamond, weight: 4, due_at: new Date('2026-11-27T04:00:00Z') },
  ]);
  await pool.query(`update customer set tier = 'bronze' where id = $1`, [gold]);
  await pool.query(`update customer set tier = 'gold' where id = $1`, [late]);
  await pool.query(`update call_task set state = 'done' where customer_id = $1`, [diamond]);
  await pool.query(`update customer set tier = null where id = $1`, [diamond]);
  expect(await fillList(ctx, { list })).toMatchObject({ people: 1, added: 1, left: 1 });
  const { rows: stands } = await pool.query('select customer_id as id, state, state_reason as reason from call_task');
  expect(stands).toEqual(
    expect.arrayContaining([
      { id: gold, state: 'removed', reason: 'left-filter' },
      { id: diamond, state: 'done', reason: null },
      { id: late, state: 'waiting', reason: null },
    ]),
  );
  await pool.query(`update customer set tier = 'gold' where id = $1`, [gold]);
  expect(await fillList(ctx, { list })).toMatchObject({ people: 2, added: 0, returned: 1, left: 0 });
});

test('cases come once, by customer id or by number; a number of nobody becomes a customer, and a bad one stops no other', async () => {
  const list = await made();
  const known = await customer('gold', 'C1');
  const cases = [
    { externalId: 'C1', sourceKey: 'A-1', reason: '退款进度', kind: 'callback' },
    {
      phone: phoneOf(900),
      sourceKey: 'A-2',
      promisedAt: '2026-11-27T06:00:00Z',
      agent: `${agent.staff.id}@example.test`,
    },
    { externalId: 'C9' },
    { phone: '12345' },
    {},
    { phone: phoneOf(901), agent: 'nobody@example.test' },
    { phone: phoneOf(901), kind: 'party' },
    { phone: phoneOf(901) },
    { phone: phoneOf(901) },
  ];
  const answers = await addCasesTo(ctx, { list, cases });
  expect(answers.map((each) => ('fault' in each ? each.fault : each.added))).toEqual([
    true,
    true,
    'case.unknown-customer',
    'case.phone-unfit',
    'case.nobody',
    'case.unknown-agent',
    'case.unreadable',
    true,
    false,
  ]);
  const again = await addCasesTo(ctx, { list, cases });
  expect(again.filter((each) => 'added' in each && each.added)).toEqual([]);
  expect(again.map((each) => ('taskId' in each ? each.taskId : null))).toEqual(
    answers.map((each) => ('taskId' in each ? each.taskId : null)),
  );
  const { rows } = await pool.query(
    `select t.source_key as key, t.kind, c.phone, t.promised_by as by, t.promise_is_personal as personal, c.id = $1 as known
     from call_task t join customer c on c.id = t.customer_id order by t.created_at, t.id`,
    [known],
  );
  expect(rows).toMatchObject([
    { key: 'A-1', kind: 'callback', known: true, personal: false },
    { key: 'A-2', kind: 'complaint', phone: `+86${phoneOf(900)}`, by: agent.staff.id, personal: true },
    { kind: 'complaint', phone: `+86${phoneOf(901)}` },
  ]);
  // A key that is made of a number does not show it.
  expect(rows[2].key).not.toContain(phoneOf(901));
});

test('a list opens only with a script that two have signed, to the letter, and a working account', async () => {
  const unsigned = await makeSignedScript(pool, { createdBy: ctx.staff.id });
  const list = await made({ script: unsigned });
  await pool.query(`update script set content = jsonb_set(content, '{closing}', '"再见。"') where id = $1`, [unsigned]);
  await expect(openList(ctx, { list })).rejects.toMatchObject({ code: 'call-list.script-unsigned' });
  await changeList(ctx, { ...usual, list });
  await pool.query(`update voice_account set state = 'stopped'`);
  await expect(openList(ctx, { list })).rejects.toMatchObject({ code: 'call-list.account-stopped' });
  await pool.query(`update voice_account set state = 'active'`);
  await openList(ctx, { list });
  expect(started.at(-1)).toBe(list);
  await expect(openList(ctx, { list })).rejects.toMatchObject({ code: 'call-list.wrong-state' });
  await expect(changeList(ctx, { ...usual, list })).rejects.toMatchObject({
    code: 'call-list.wrong-state',
  });
  await expect(made({ callerNumber: '+862199990000' })).rejects.toMatchObject({ code: 'call-list.foreign-caller' });
  const twin = await cloneList(ctx, { list });
  expect(await showList(ctx, twin.number)).toMatchObject({ state: 'draft', clonedFrom: list, given: 0 });
  expect((await browseLists(ctx, { state: 'open' })).rows.map(({ id }) => id)).toEqual([list]);
});

test('closing drops no promise unsaid and no call that goes on', async () => {
  const list = await made();
  await addCasesTo(ctx, {
    list,
    cases: [{ phone: phoneOf(1) }, { phone: phoneOf(2), promisedAt: '2026-11-28T06:00:00Z' }],
  });
  await openList(ctx, { list });
  const offered = await transaction(pool, (tx) =>
    claimNext(tx, { agentId: agent.staff.id, listIds: [list], leaseUntil: morning, now: morning }),
  );
  await expect(closeList(ctx, { list })).rejects.toMatchObject({ code: 'call-list.promises-open' });
  await expect(closeList(ctx, { list, dropPromises: true })).rejects.toMatchObject({ code: 'call-list.calls-live' });
  expect(Object.values(await statesOf(list)).toSorted()).toEqual(['offered', 'waiting']);
  const taskId = offered?.taskId ?? '';
  await transaction(pool, (tx) => releaseTask(tx, { taskId, agentId: agent.staff.id }, morning));
  expect(await pauseList(ctx, { list, reason: '下班' })).toEqual({ live: 0 });
  expect(await closeList(ctx, { list, dropPromises: true })).toEqual({ removed: 2 });
  await expect(openList(ctx, { list })).rejects.toMatchObject({ code: 'call-list.wrong-state' });
  await expect(addCasesTo(ctx, { list, cases: [{ phone: phoneOf(3) }] })).rejects.toMatchObject({
    code: 'call-list.wrong-state',
  });
});

test('its process closes a list when its time is over, unless somebody was promised a call, and ends what has no sense any more', async () => {
  const list = await made({ kind: 'survey', closesAt: '2026-11-27T09:00:00Z' });
  await addCasesTo(ctx, { list, cases: [{ phone: phoneOf(1) }, { phone: phoneOf(2), kind: 'complaint' }] });
  await openList(ctx, { list });
  expect(await tendList(pool, list, clock.now)).toEqual({ kind: 'wait', untilMs: 300_000 });
  expect(await tendList(pool, list, new Date('2026-11-27T08:59:00Z'))).toEqual({ kind: 'wait', untilMs: 60_001 });
  await pool.query(`update call_task set due_at = '2026-11-01T10:00:00Z'`);
  await tendList(pool, list, clock.now);
  const { rows } = await pool.query('select kind, state, state_reason as reason from call_task order by kind');
  expect(rows).toEqual([
    { kind: 'complaint', state: 'waiting', reason: null },
    { kind: 'survey', state: 'given-up', reason: 'expired' },
  ]);
  await pool.query(`update call_task set promised_at = '2026-11-28T06:00:00Z' where state = 'waiting'`);
  clock.now = new Date('2026-11-27T09:00:00Z');
  expect(await tendList(pool, list, clock.now)).toEqual({ kind: 'end' });
  expect(await showList(ctx, list)).toMatchObject({
    state: 'paused',
    stateReason: { code: 'call-list.promises-left' },
  });
  await expect(openList(ctx, { list })).rejects.toMatchObject({ code: 'call-list.over' });
  await pool.query(`update call_task set promised_at = null; update call_list set state = 'open'`);
  expect(await tendList(pool, list, clock.now)).toEqual({ kind: 'end' });
  expect(await showList(ctx, list)).toMatchObject({ state: 'closed', counts: { removed: 1, 'given-up': 1 }, given: 2 });
  expect(await tendList(pool, list, clock.now)).toEqual({ kind: 'end' });
});

test('a list of another unit is not there', async () => {
  const list = await made({ unit: '外呼二组' });
  const stranger = await contextWith(pool, ['supervisor'], { processes: noProcesses });
  const elsewhere = {
    ...stranger,
    staff: { ...stranger.staff, grants: [{ role: 'supervisor', unit: '外呼一组' }] },
  } as const;
  for (const act of [showList, (who: typeof elsewhere, id: string) => openList(who, { list: id })])
    await expect(act(elsewhere, list)).rejects.toMatchObject({ code: 'call-list.missing' });
  expect((await browseLists(elsewhere)).rows).toEqual([]);
  await expect(openList({ ...agent }, { list })).rejects.toMatchObject({ code: 'permission.denied' });
  await addCasesTo(ctx, { list, cases: [{ phone: phoneOf(1) }] });
  const { rows } = await browseTasks(ctx, { list });
  expect(rows).toMatchObject([{ phone: '137****0001', why: { code: 'in-turn' } }]);
});
