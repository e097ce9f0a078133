import { randomUUIDv7 } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { nextCandidates, type Candidate } from '../../../src/call/candidate.db.ts';
import { claimForDial, claimNext, wantOffered } from '../../../src/call/claim.db.ts';
import { waitingOn } from '../../../src/call/desk/work.db.ts';
import { inOrder, isCallable, type Ranked } from '../../../src/call/priority.rule.ts';
import { afterAttempt, finishTask, releaseLost, releaseTask, renewLease } from '../../../src/call/task-move.db.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import { storeCalendar } from '../../../src/kernel/calendar.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { makeCallList, makeCallTask, makeVoiceAccount } from '../../kit/call.ts';
import { testDatabase } from '../../kit/database.ts';
import { makeStaff } from '../../kit/people.ts';
import { silence } from '../../kit/suppression.ts';

const { pool } = await testDatabase();
// A Friday, ten in the morning in China.
const now = new Date('2026-11-27T02:00:00Z');
const minutes = (n: number): Date => new Date(now.getTime() + n * 60_000);
await storeCalendar(pool, calendarCn, 'test');
const [me, other] = [await makeStaff(pool, ['agent']), await makeStaff(pool, ['agent'])];
const accountId = await makeVoiceAccount(pool);
const listOf = async (mode: 'preview' | 'progressive', purpose = 'callback') =>
  (await makeCallList(pool, accountId, { mode, purpose, createdBy: me.id })).listId;
const preview = await listOf('preview');
const second = await listOf('preview');
const dialled = await listOf('progressive');

let numbers = 0;
const phone = (): string => `+86137${String((numbers += 1)).padStart(8, '0')}`;
const add = async (listId: string, over: Record<string, unknown> = {}) => {
  const made = await makeCallTask(pool, listId, { phone: phone(), over: { not_before: minutes(-1), ...over } });
  return { ...made, phone: `+86137${String(numbers).padStart(8, '0')}` };
};
const stateOf = async (taskId: string) =>
  (
    await pool.query<{ state: string; reason: string | null; agent: string | null; notBefore: Date; attempts: number }>(
      `select state, state_reason as reason, agent_id as agent, not_before as "notBefore", attempts from call_task where id = $1`,
      [taskId],
    )
  ).rows[0];
const next = (agentId = me.id, listIds = [preview], at = now) =>
  transaction(pool, (tx) => claimNext(tx, { agentId, listIds, leaseUntil: minutes(2), now: at }));
const dial = (count = 1, readyAgents: string[] = [], at = now) =>
  transaction(pool, (tx) => claimForDial(tx, { listId: dialled, count, readyAgents, now: at }));
const touches = async (of: string) =>
  (await pool.query(`select 1 from contact where phone = $1 and channel = 'call'`, [of])).rowCount;
const end = async (attemptId: string, disposition: string, isConnected = false, isCharged = true, at = now) =>
  transaction(pool, async (tx) => {
    await tx.query(
      `update call_attempt set state = 'ended', disposition = $2, ended_at = $3, dialled_at = wanted_at, is_charged = $4 where id = $1`,
      [attemptId, disposition, at, isCharged],
    );
    return afterAttempt(tx, { attemptId, isConnected }, at);
  });

beforeEach(async () => {
  await pool.query('truncate call_attempt, call_task, contact, suppression cascade');
  await pool.query(`update call_list set state = 'open'`);
  await pool.query(`update script set state = 'signed'`);
  await pool.query(`update form set state = 'signed'`);
  await pool.query(`update voice_account set state = 'active'`);
});

const moments = fc.constantFrom(-2_000, -61, -16, -15, -14, -1, 0, 1, 59, 60, 61, 500);
const anyTask = fc.record({
  inSecond: fc.boolean(),
  promisedIn: fc.option(moments, { nil: null }),
  by: fc.constantFrom('me', 'other'),
  isPersonal: fc.boolean(),
  dueIn: fc.option(moments, { nil: null }),
  weight: fc.integer({ min: 0, max: 4 }),
  notBeforeIn: moments,
});

test('the order of the database is the order of the rule, over lists and whatever their tasks carry', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyTask, { minLength: 1, maxLength: 25 }), async (given) => {
      await pool.query('truncate call_task cascade');
      const rows = given.map((each) => ({
        id: randomUUIDv7(),
        promisedAt: each.promisedIn === null ? null : minutes(each.promisedIn),
        promisedBy: each.promisedIn === null ? null : each.by === 'me' ? me.id : other.id,
        promiseIsPersonal: each.promisedIn !== null && each.isPersonal,
        dueAt: each.dueIn === null ? null : minutes(each.dueIn),
        weight: each.weight,
        notBefore: minutes(each.notBeforeIn),
        listId: each.inSecond ? second : preview,
      }));
      const { customerId } = await add(preview, { state: 'done' });
      for (const row of rows)
        await pool.query(
          `insert into call_task (id, list_id, customer_id, kind, source_key, promised_at, promised_by, promise_is_personal, due_at, weight, not_before)
           values ($1::uuid, $2, $3, 'callback', $1::text, $4, $5, $6, $7, $8, $9)`,
          [
            row.id,
            row.listId,
            customerId,
            row.promisedAt,
            row.promisedBy,
            row.promiseIsPersonal,
            row.dueAt,
            row.weight,
            row.notBefore,
          ],
        );
      const byRule = rows
        .filter((row: Ranked) => isCallable(row, now, me.id))
        .toSorted((a, b) => inOrder(a, b, now, me.id))
        .map(({ id }) => id);
      const asked = { by: 'agent', agentId: me.id, listIds: [preview, second], now } as const;
      const all = await transaction(pool, (tx) => nextCandidates(tx, { ...asked, limit: 100, skip: [] }));
      expect(all.map(({ id }) => id)).toEqual(byRule);
      // One by one, as agents take them, each passing over what the others hold.
      const few = await transaction(pool, async (tx) => {
        const found: Candidate[] = [];
        for (let turn = 0; turn < 4; turn += 1)
          found.push(...(await nextCandidates(tx, { ...asked, limit: 2, skip: found.map(({ id }) => id) })));
        return found;
      });
      expect(few.map(({ id }) => id)).toEqual(byRule.slice(0, 8));
    }),
    { numRuns: 60 },
  );
});

test('those who wait are shown in one order over the lists: promises, clocks, then tiers', async () => {
  const added = [
    await add(preview, { promised_at: minutes(30) }),
    await add(second, { promised_at: minutes(10) }),
    await add(preview, { due_at: minutes(90) }),
    await add(second, { due_at: minutes(-90) }),
    await add(preview, { weight: 1 }),
    await add(second, { weight: 4 }),
    await add(preview, { weight: 1, not_before: minutes(-2) }),
  ];
  const shown = async (lists: string[], limit: number) =>
    (await waitingOn(pool, lists, limit)).map(({ taskId }) => added.findIndex((each) => each.taskId === taskId));
  expect(await shown([preview, second], 14)).toEqual([1, 0, 3, 2, 5, 6, 4]);
  expect(await shown([preview, second], 3)).toEqual([1, 0, 3]);
  expect(await shown([preview], 14)).toEqual([0, 2, 6, 4]);
});

test('forty agents who ask at one moment get forty people, and nobody waits for another', async () => {
  for (let n = 0; n < 50; n += 1) await add(preview);
  const agents = await Promise.all(Array.from({ length: 40 }, () => makeStaff(pool, ['agent'])));
  const offered = await Promise.all(agents.map(({ id }) => next(id)));
  expect(new Set(offered.map((each) => each?.taskId)).size).toBe(40);
  const { rows } = await pool.query(
    `select count(*)::int as n from call_task where state = 'offered' and lease_until = $1`,
    [minutes(2)],
  );
  expect(rows[0]).toEqual({ n: 40 });
});

test('a list that is paused, unsigned, out of its time or on a stopped account offers nobody, whoever asks', async () => {
  await add(preview);
  await add(dialled);
  for (const [stop, go] of [
    [`update call_list set state = 'paused'`, `update call_list set state = 'open'`],
    [`update form set state = 'voided'`, `update form set state = 'signed'`],
    [`update script set state = 'withdrawn'`, `update script set state = 'signed'`],
    [`update voice_account set state = 'stopped'`, `update voice_account set state = 'active'`],
    [`update call_list set closes_at = '2026-11-27T02:00:00Z'`, `update call_list set closes_at = null`],
    [`update call_list set opens_at = '2026-11-27T02:00:01Z'`, `update call_list set opens_at = null`],
  ] as const) {
    await pool.query(stop);
    expect([await next(), await dial()]).toEqual([null, []]);
    await pool.query(go);
  }
  expect(await next()).not.toBeNull();
  expect(await dial()).toHaveLength(1);
});

test('whoever may not be called is moved to where they belong, with the reason, and the next one is offered', async () => {
  const [silent, listed, gone, free] = [await add(preview), await add(preview), await add(preview), await add(preview)];
  await silence(pool, { phone: silent.phone, kind: 'opt-out' });
  await silence(pool, { phone: listed.phone, kind: 'dnc' });
  await silence(pool, { phone: gone.phone, kind: 'dead-number' });
  expect(await next()).toMatchObject({ taskId: free.taskId, phone: free.phone });
  expect([await stateOf(silent.taskId), await stateOf(listed.taskId), await stateOf(gone.taskId)]).toMatchObject([
    { state: 'given-up', reason: 'opted-out' },
    { state: 'given-up', reason: 'dnc' },
    { state: 'given-up', reason: 'no-number' },
  ]);
  expect(await touches(free.phone)).toBe(0);
});

test('outside the hours everybody waits until they open, and a cap until it lets one more through', async () => {
  const { taskId } = await add(preview);
  const evening = new Date('2026-11-27T11:00:00Z');
  expect(await next(me.id, [preview], evening)).toBeNull();
  expect(await stateOf(taskId)).toMatchObject({ state: 'waiting', notBefore: new Date('2026-11-28T02:00:00Z') });

  const capped = await add(dialled);
  for (const hour of [1, 2, 3])
    await pool.query(`insert into contact (phone, channel, purpose, at) values ($1, 'call', 'callback', $2)`, [
      capped.phone,
      minutes(-60 * hour),
    ]);
  expect(await dial()).toEqual([]);
  expect(await stateOf(capped.taskId)).toMatchObject({ state: 'waiting', notBefore: minutes(24 * 60 - 180) });
});

test('what an agent dials is reserved and written down at once; given back or lost it waits again', async () => {
  const { taskId, phone: number, customerId } = await add(preview);
  expect(await next()).toMatchObject({ taskId, customerId, why: { code: 'in-turn' } });
  const theirs = { taskId, agentId: me.id };
  const renewed = (agentId: string) =>
    transaction(pool, (tx) => renewLease(tx, { taskId, agentId, leaseUntil: minutes(4) }));
  expect([await renewed(me.id), await renewed(other.id)]).toEqual([true, false]);
  expect(await transaction(pool, (tx) => releaseTask(tx, { taskId, agentId: other.id }, now))).toBe(false);
  expect(await transaction(pool, (tx) => releaseTask(tx, theirs, now))).toBe(true);
  expect(await stateOf(taskId)).toMatchObject({ state: 'waiting', agent: null });
  await next();
  expect(await transaction(pool, (tx) => releaseLost(tx, minutes(1)))).toBe(0);
  expect(await transaction(pool, (tx) => releaseLost(tx, minutes(3)))).toBe(1);
  expect(await transaction(pool, (tx) => wantOffered(tx, { ...theirs, now }))).toEqual({ kind: 'gone' });
  await next();
  const wanted = await transaction(pool, (tx) => wantOffered(tx, { ...theirs, now }));
  expect(wanted).toMatchObject({ kind: 'wanted', taskId, phone: number, agentId: me.id, accountId });
  expect(await stateOf(taskId)).toMatchObject({ state: 'calling', agent: me.id });
  expect(await touches(number)).toBe(1);
  expect(await transaction(pool, (tx) => wantOffered(tx, { ...theirs, now }))).toEqual({ kind: 'gone' });
});

test('a list that was stopped between the offer and the dial reserves nobody', async () => {
  const { taskId, phone: number } = await add(preview);
  await next();
  await pool.query(`update form set state = 'voided'`);
  const refused = await transaction(pool, (tx) => wantOffered(tx, { taskId, agentId: me.id, now }));
  expect(refused).toEqual({ kind: 'refused', why: 'list' });
  expect([(await stateOf(taskId))?.state, await touches(number)]).toEqual(['waiting', 0]);
});

test('one person is in one call at a time, whichever list asks, also at one moment', async () => {
  const { customerId } = await add(dialled);
  const twin = randomUUIDv7();
  await pool.query(
    `insert into call_task (id, list_id, customer_id, kind, source_key, not_before) values ($1, $2, $3, 'callback', 'twin', $4)`,
    [twin, dialled, customerId, minutes(-1)],
  );
  const rounds = await Promise.all([dial(2), dial(2), dial(2)]);
  expect(rounds.flat()).toHaveLength(1);
  const { rows } = await pool.query('select count(*)::int as n from call_attempt');
  expect(rows[0]).toEqual({ n: 1 });
  expect(await dial(2, [], minutes(1))).toEqual([]);
});

test('a personal promise is dialled for its promiser alone, and a quarter of an hour later for anybody', async () => {
  const promise = { promised_at: minutes(-1), promised_by: me.id, promise_is_personal: true };
  await add(dialled, promise);
  expect(await dial()).toEqual([]);
  expect(await dial(1, [other.id])).toEqual([]);
  expect(await dial(1, [other.id, me.id])).toMatchObject([{ agentId: me.id }]);
  await add(dialled, { ...promise, promised_at: minutes(-15) });
  expect(await dial(1, [])).toMatchObject([{ agentId: null }]);
});

test('the numbers of a person are tried in their order, and one that does not exist is not tried again', async () => {
  const { taskId, customerId, phone: firstNumber } = await add(dialled);
  const further = phone();
  await pool.query(`insert into phone_number (phone, customer_id, place, source) values ($1, $2, 2, 'test')`, [
    further,
    customerId,
  ]);
  const [first] = await dial();
  expect(first?.phone).toBe(firstNumber);
  expect(await end(first?.attemptId ?? '', 'invalid')).toMatchObject({ kind: 'wait', code: 'next-number' });
  const [again] = await dial(1, [], minutes(1));
  expect(again).toMatchObject({ taskId, phone: further });
  await end(again?.attemptId ?? '', 'invalid', false, true, minutes(1));
  expect(await dial(1, [], minutes(2))).toEqual([]);
  expect(await stateOf(taskId)).toMatchObject({ state: 'given-up', reason: 'no-number', attempts: 2 });
});

test('a try that reached nobody waits by the retry rule; who spoke writes up, and what they write ends it or promises', async () => {
  const { taskId } = await add(dialled);
  const [first] = await dial();
  expect(await end(first?.attemptId ?? '', 'no-answer')).toMatchObject({ code: 'other-daypart' });
  expect(await stateOf(taskId)).toMatchObject({ state: 'waiting', notBefore: minutes(180), attempts: 1 });
  const [uncharged] = await dial(1, [], minutes(180));
  await end(uncharged?.attemptId ?? '', 'congestion', false, false, minutes(180));
  expect(await stateOf(taskId)).toMatchObject({ notBefore: minutes(182), attempts: 1 });
  const [talk] = await dial(1, [me.id], minutes(182));
  await pool.query(`update call_attempt set agent_id = $2 where id = $1`, [talk?.attemptId, me.id]);
  expect(await end(talk?.attemptId ?? '', 'answered', true, true, minutes(183))).toEqual({ kind: 'wrap-up' });
  expect(await stateOf(taskId)).toMatchObject({ state: 'wrap-up', agent: me.id, attempts: 2 });
  const promise = { at: minutes(300), by: me.id, isPersonal: true };
  const finish = (result: 'callback' | 'resolved' | 'do-not-contact', promised: typeof promise | null) =>
    transaction(pool, (tx) => finishTask(tx, { taskId, result, promise: promised }, minutes(184)));
  expect(await finish('callback', promise)).toBe('waiting');
  expect(await stateOf(taskId)).toMatchObject({ state: 'waiting', notBefore: minutes(300), agent: null });
  expect(await finish('resolved', null)).toBeNull();
});
