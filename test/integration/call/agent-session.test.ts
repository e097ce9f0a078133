import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import * as desk from '../../../src/call/desk/agent-session.command.ts';
import { lockAgentSession, moveAgent, releaseAgent } from '../../../src/call/desk/agent-session.db.ts';
import type { Context } from '../../../src/house/context.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { makeVoiceAccount } from '../../kit/call.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';

const { pool } = await testDatabase();
let accountId: string;
let agents: Context[];
let supervisor: Context;
let now = new Date('2026-11-30T10:00:00+08:00');
const clock = { now: () => now };

beforeAll(async () => {
  accountId = await makeVoiceAccount(pool);
});
beforeEach(async () => {
  await pool.query('truncate agent_session, agent_stretch cascade');
  now = new Date('2026-11-30T10:00:00+08:00');
  agents = await Promise.all([1, 2, 3].map(() => contextWith(pool, ['agent'], clock)));
  supervisor = await contextWith(pool, ['supervisor'], clock);
});
const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1_000);
};
const [first, second, third] = [0, 1, 2].map((index) => () => agents[index] as Context) as [
  () => Context,
  () => Context,
  () => Context,
];

const extensions = new Map<string, string>();
const extensionOf = (ctx: Context) => {
  const known = extensions.get(ctx.staff.id) ?? `PJSIP/${1_001 + extensions.size}`;
  extensions.set(ctx.staff.id, known);
  return known;
};
const comes = (ctx: Context, browserId = randomUUID(), extension = extensionOf(ctx)) =>
  desk.signInToDesk(ctx, { accountId, extension, browserId });
/** As whoever holds the line does once the phone has answered. */
const phoneUp = (ctx: Context) =>
  pool.query(`update agent_session set leg_state = 'up' where staff_id = $1`, [ctx.staff.id]);
async function works(ctx: Context) {
  await comes(ctx);
  await phoneUp(ctx);
  await desk.becomeReady(ctx);
}
const stateOf = async (ctx: Context) => {
  const session = await desk.showOwnSession(ctx);
  return session && [session.state, session.reason];
};
const to = (ctx: Context, state: 'calling' | 'talking' | 'wrap-up') =>
  transaction(pool, (tx) => moveAgent(tx, { staffId: ctx.staff.id, to: state }, now));

test('an agent comes, is ready once the phone is connected, and every stretch is kept', async () => {
  await comes(first());
  expect(await stateOf(first())).toEqual(['busy', 'signed-in']);
  await expect(desk.becomeReady(first())).rejects.toMatchObject({ code: 'agent.phone-down' });
  later(20);
  await phoneUp(first());
  await desk.becomeReady(first());
  later(60);
  await desk.becomeBusy(first(), { reason: 'break' });
  later(300);
  await desk.signOutOfDesk(first());
  expect(await stateOf(first())).toEqual(['away', 'signed-out']);
  const { rows } = await pool.query(
    `select state, reason, extract(epoch from to_at - from_at)::int as seconds from agent_stretch order by from_at, to_at`,
  );
  expect(rows).toEqual([
    { state: 'away', reason: null, seconds: 0 },
    { state: 'busy', reason: 'signed-in', seconds: 20 },
    { state: 'ready', reason: null, seconds: 60 },
    { state: 'busy', reason: 'break', seconds: 300 },
  ]);
  const { rows: told } = await pool.query(`select action from audit where object_id = $1 order by seq`, [
    first().staff.id,
  ]);
  expect(told.map(({ action }) => action)).toEqual([
    'agent.signed-in',
    'agent.ready',
    'agent.busy',
    'agent.signed-out',
  ]);
});

test('a phone belongs to one agent at a time, and is free once its agent has gone', async () => {
  await comes(first(), randomUUID(), 'PJSIP/9000');
  await expect(comes(second(), randomUUID(), 'PJSIP/9000')).rejects.toMatchObject({ code: 'agent.phone-taken' });
  await desk.signOutOfDesk(first());
  await comes(second(), randomUUID(), 'PJSIP/9000');
  expect(await stateOf(second())).toEqual(['busy', 'signed-in']);
});

test('a second page takes the work over in mid-call, and the first is told', async () => {
  const [one, two] = [randomUUID(), randomUUID()];
  await comes(first(), one);
  await phoneUp(first());
  await desk.becomeReady(first());
  await to(first(), 'talking');
  expect((await desk.beat(first(), { browserId: one })).kind).toBe('here');
  await comes(first(), two);
  expect(await stateOf(first())).toEqual(['talking', null]);
  expect((await desk.beat(first(), { browserId: one })).kind).toBe('taken-over');
  expect((await desk.beat(first(), { browserId: two })).kind).toBe('here');
});

test('two places for breaks are two, however many ask at once, and the refusal names who may free one', async () => {
  for (const ctx of agents) await works(ctx);
  const asked = await Promise.allSettled(agents.map((ctx) => desk.becomeBusy(ctx, { reason: 'break' })));
  const refused = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  expect(refused).toHaveLength(1);
  expect(refused[0]).toMatchObject({ code: 'agent.no-place' });
  expect(refused[0].details.who).toHaveLength(2);
  expect(refused[0].details.who[0]).toMatchObject({ minutesLeft: 15 });
  // Who takes a break already may change its reason.
  const onBreak = agents.find((_, index) => asked[index]?.status === 'fulfilled') as Context;
  await desk.becomeBusy(onBreak, { reason: 'meeting' });
  await desk.callAgentBack(supervisor, { staffId: onBreak.staff.id });
  const waiting = agents.find((_, index) => asked[index]?.status === 'rejected') as Context;
  await desk.becomeBusy(waiting, { reason: 'break' });
  expect(await stateOf(waiting)).toEqual(['busy', 'break']);
});

test('a break or the end asked for during a call waits for its write-up, takes a place, and can be taken back', async () => {
  for (const ctx of agents) await works(ctx);
  await to(first(), 'talking');
  expect(await desk.becomeBusy(first(), { reason: 'break' })).toMatchObject({ when: 'after-call' });
  await desk.becomeBusy(second(), { reason: 'paperwork' });
  await expect(desk.becomeBusy(third(), { reason: 'break' })).rejects.toMatchObject({ code: 'agent.no-place' });
  expect(await stateOf(first())).toEqual(['talking', null]);
  await to(first(), 'wrap-up');
  await transaction(pool, (tx) => releaseAgent(tx, first().staff.id, now));
  expect(await stateOf(first())).toEqual(['busy', 'break']);
  await desk.becomeReady(first());
  await to(first(), 'talking');
  expect(await desk.signAgentOut(supervisor, { staffId: first().staff.id })).toEqual({ when: 'after-call' });
  await desk.becomeReady(first());
  await to(first(), 'wrap-up');
  await transaction(pool, (tx) => releaseAgent(tx, first().staff.id, now));
  expect(await stateOf(first())).toEqual(['ready', null]);
});

test('what is heard twice moves once; what is not legal moves nothing', async () => {
  await works(first());
  await to(first(), 'talking');
  later(30);
  await to(first(), 'talking');
  const session = await transaction(pool, (tx) => lockAgentSession(tx, first().staff.id));
  expect(session?.since).toEqual(new Date('2026-11-30T10:00:00+08:00'));
  await expect(to(first(), 'calling')).rejects.toMatchObject({ code: 'agent.illegal-move' });
  await expect(desk.callAgentBack(supervisor, { staffId: first().staff.id })).rejects.toMatchObject({
    code: 'agent.no-break',
  });
});

test('a phone that is gone when the call is over leaves nobody ready', async () => {
  await works(first());
  await to(first(), 'talking');
  await pool.query(`update agent_session set leg_state = 'down'`);
  await to(first(), 'wrap-up');
  await transaction(pool, (tx) => releaseAgent(tx, first().staff.id, now));
  expect(await stateOf(first())).toEqual(['busy', 'phone-gone']);
});

test('the desk is for agents, the floor for supervisors of the unit', async () => {
  await expect(comes(supervisor)).rejects.toMatchObject({ code: 'permission.denied' });
  await works(first());
  await expect(desk.signAgentOut(second(), { staffId: first().staff.id })).rejects.toMatchObject({
    code: 'permission.denied',
  });
  const elsewhere = {
    ...supervisor,
    staff: { ...supervisor.staff, grants: [{ role: 'supervisor' as const, unit: '别处' }] },
  };
  await expect(desk.signAgentOut(elsewhere, { staffId: first().staff.id })).rejects.toMatchObject({
    code: 'permission.denied-in-unit',
  });
});

test('a unit may have other places than the house, by a supervisor’s word, and none at all', async () => {
  const limits = { minutes: 10, places: 2, placesOf: { [first().staff.unit]: 0 } };
  await expect(desk.setBreakLimits(first(), limits)).rejects.toMatchObject({ code: 'permission.denied' });
  await desk.setBreakLimits(supervisor, limits);
  expect(await desk.showBreakLimits(first())).toEqual(limits);
  await works(first());
  await expect(desk.becomeBusy(first(), { reason: 'break' })).rejects.toMatchObject({
    code: 'agent.no-place',
    details: { places: 0, who: [] },
  });
  await pool.query(`delete from setting where key = 'desk-breaks'`);
});
