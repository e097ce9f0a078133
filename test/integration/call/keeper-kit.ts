import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach } from 'vitest';
import { startLineKeepers } from '../../../src/call/dial/keeper.ts';
import { testDatabase } from '../../kit/database.ts';
import { callRoundTheClock, makeCallList, makeCallTask, makeVoiceAccount } from '../../kit/call.ts';
import { makeStaff } from '../../kit/people.ts';
import { playEngine, type Behaviour } from '../../kit/played-engine.ts';

export const { pool, url } = await testDatabase();
await callRoundTheClock(pool);
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** An engine and an account of their own, beside whatever was there before. */
export async function freshEngine(): Promise<void> {
  engine = playEngine(({ to }) => behaviours.get('phone' in to ? to.phone : to.extension) ?? { ringMs: 30 });
  account = await makeVoiceAccount(pool);
}
export let behaviours: Map<string, Behaviour>;
export let engine: ReturnType<typeof playEngine>;
export let account: string;
export const stops: (() => Promise<void>)[] = [];
let phones = 0;

beforeEach(async () => {
  behaviours = new Map();
  await freshEngine();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await pool.query(`update voice_account set state = 'stopped'`);
  await pool.query(`update call_attempt set state = 'ended', disposition = 'lost' where state <> 'ended'`);
  await pool.query(`update agent_session set leg_id = null, leg_state = 'down'`);
});

export function keep(of = pool): { stop(): Promise<void> } {
  const keeper = startLineKeepers({ pool: of, log: silent, dialerOf: async () => engine.dialer() });
  stops.push(() => keeper.stop());
  return keeper;
}

/** Looks until it is so; the test's own time is the limit. */
export async function eventually<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
export const row = async (query: string, ...values: unknown[]) =>
  (await pool.query(query, values)).rows[0] as Record<string, unknown>;
export const attemptRow = (id: string) => row('select * from call_attempt where id = $1', id);
export const taskRow = (id: string) => row('select * from call_task where id = $1', id);
export const agentRow = (id: string) => row('select * from agent_session where staff_id = $1', id);
export const attemptIs = (id: string, state: string) =>
  eventually(async () => {
    const seen = await attemptRow(id);
    return seen['state'] === state && seen;
  });
export const agentIs = (id: string, state: string) =>
  eventually(async () => {
    const seen = await agentRow(id);
    return seen['state'] === state && seen;
  });
export const legIs = (id: string, state: string) =>
  eventually(async () => {
    const seen = await agentRow(id);
    return seen['leg_state'] === state && seen;
  });

export async function agent(
  state = 'busy',
  change: Record<string, unknown> = {},
): Promise<{ id: string; extension: string }> {
  const { id } = await makeStaff(pool, ['agent'], { name: '坐席', unit: '外呼组' });
  const extension = `PJSIP/${(phones += 1) + 1000}`;
  await pool.query(
    `insert into agent_session (staff_id, account_id, extension, state, reason, leg_state, seen_at)
     values ($1, $2, $3, $4, $5, 'wanted', $6)`,
    [id, account, extension, state, state === 'busy' ? 'signed-in' : null, change['seen_at'] ?? new Date()],
  );
  return { id, extension };
}
export const becomesReady = (id: string) =>
  pool.query(`update agent_session set state = 'ready', reason = null, seen_at = now() where staff_id = $1`, [id]);
export async function readyAgent() {
  const made = await agent();
  await legIs(made.id, 'up');
  await becomesReady(made.id);
  return made;
}
export async function list(mode: 'preview' | 'progressive' | 'predictive') {
  const { id } = await makeStaff(pool, ['operator'], { name: '主管', unit: '外呼组' });
  return makeCallList(pool, account, { mode, purpose: 'service', createdBy: id });
}
export const freshPhone = (behaviour?: Behaviour): string => {
  const phone = `+86139${String((phones += 1)).padStart(8, '0')}`;
  if (behaviour) behaviours.set(phone, behaviour);
  return phone;
};
/** A preview's dial, as the desk wishes it. */
export async function wish(agentId: string | null, behaviour: Behaviour, wantedAt = new Date()) {
  const { listId, scriptId } = await list('preview');
  const phone = freshPhone(behaviour);
  const { taskId, customerId } = await makeCallTask(pool, listId, { phone, over: { state: 'calling' } });
  const id = randomUUID();
  await pool.query(
    `insert into call_attempt (id, task_id, list_id, customer_id, account_id, phone, caller_number, mode, agent_id, script_id, wanted_at)
     values ($1, $2, $3, $4, $5, $6, '+862188880000', 'preview', $7, $8, $9)`,
    [id, taskId, listId, customerId, account, phone, agentId, scriptId, wantedAt],
  );
  await pool.query(`insert into contact (phone, channel, purpose, at) values ($1, 'call', 'service', $2)`, [
    phone,
    wantedAt,
  ]);
  if (agentId) {
    await pool.query(`update agent_session set state = 'calling', reason = null, attempt_id = $2 where staff_id = $1`, [
      agentId,
      id,
    ]);
  }
  await pool.query(`select pg_notify('waihu_calls', $1)`, [account]);
  return { id, taskId, phone };
}

/** What agents do: they write up what ended, and are ready again when their phone is. */
export async function writeUp(): Promise<void> {
  await pool.query(
    `with over as (
       select s.staff_id, a.task_id from agent_session s join call_attempt a on a.id = s.attempt_id
       where s.account_id = $1 and s.state = 'wrap-up' and a.state = 'ended' for no key update of s),
     done as (update call_task t set state = 'done', result = 'resolved' from over where t.id = over.task_id and t.state = 'wrap-up')
     update agent_session s set state = case when leg_state = 'up' then 'ready' else 'busy' end, reason = case when leg_state = 'up' then null else 'phone-gone' end,
       attempt_id = null, since = now(), seen_at = now()
     from over where over.staff_id = s.staff_id`,
    [account],
  );
  await pool.query(
    `update agent_session set state = 'ready', reason = null, seen_at = now()
     where account_id = $1 and state = 'busy' and leg_state = 'up'`,
    [account],
  );
}
