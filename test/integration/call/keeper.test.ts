import { expect, test } from 'vitest';
import {
  account,
  agent,
  agentIs,
  agentRow,
  attemptIs,
  attemptRow,
  behaviours,
  engine,
  eventually,
  keep,
  legIs,
  pool,
  readyAgent,
  row,
  taskRow,
  wish,
} from './keeper-kit.ts';

test('an agent’s phone is connected at sign-in, called again when it is gone, and let go at sign-out', async () => {
  keep();
  const { id } = await readyAgent();
  const first = (await legIs(id, 'up'))['leg_id'] as string;
  engine.end(first, 'answered', 'agent');
  expect(await agentIs(id, 'busy')).toMatchObject({ reason: 'phone-gone' });
  const again = await eventually(async () => {
    const seen = await agentRow(id);
    return seen['leg_state'] === 'up' && seen['leg_id'] !== first && (seen['leg_id'] as string);
  });
  await pool.query(`update agent_session set state = 'away', reason = 'signed-out' where staff_id = $1`, [id]);
  await legIs(id, 'down');
  expect(engine.acts).toContain(`hang-up ${again}`);
});

test('nobody is ready whose page is gone', async () => {
  keep();
  const { id } = await readyAgent();
  await pool.query(`update agent_session set seen_at = now() - interval '46 seconds' where staff_id = $1`, [id]);
  expect(await agentIs(id, 'busy')).toMatchObject({ reason: 'browser-gone' });
});

test('a previewed call is dialled once, put through, recorded and left to be written up', async () => {
  keep();
  const { id: agentId } = await agent();
  await legIs(agentId, 'up');
  const call = await wish(agentId, { ringMs: 60 });
  const connected = await attemptIs(call.id, 'connected');
  expect(connected).toMatchObject({ agent_id: agentId });
  expect(await agentIs(agentId, 'talking')).toMatchObject({ attempt_id: call.id });
  await eventually(async () => (await attemptRow(call.id))['bridged_at'] !== null);
  const recording = await eventually(async () => {
    const seen = await row('select * from recording where attempt_id = $1', call.id);
    return seen?.['state'] === 'running' && seen;
  });
  engine.tell({ kind: 'recorded', at: new Date(), name: recording['name'] as string, seconds: 7, failure: null });
  engine.end(call.id, 'answered', 'customer');
  expect(await attemptIs(call.id, 'ended')).toMatchObject({ disposition: 'answered', hung_up_by: 'customer' });
  expect(await agentIs(agentId, 'wrap-up')).toMatchObject({ attempt_id: call.id });
  expect(await taskRow(call.taskId)).toMatchObject({ state: 'wrap-up', agent_id: agentId });
  await eventually(
    async () => (await row('select * from recording where attempt_id = $1', call.id))['state'] === 'stored',
  );
  expect(engine.dialsTo(call.phone)).toHaveLength(1);
});

test.each(['busy', 'no-answer', 'rejected', 'invalid'] as const)(
  'a call that ends %s gives the agent back to the queue and the task to the rule of retries',
  async (fails) => {
    keep();
    const { id: agentId } = await agent();
    await legIs(agentId, 'up');
    const call = await wish(agentId, { ringMs: 40, fails });
    expect(await attemptIs(call.id, 'ended')).toMatchObject({ disposition: fails, is_charged: true });
    await agentIs(agentId, 'ready');
    expect(['waiting', 'given-up']).toContain((await taskRow(call.taskId))['state']);
  },
);

test('the desk’s wish to hang up is carried out, and the agent is who hung up', async () => {
  keep();
  const { id: agentId } = await agent();
  await legIs(agentId, 'up');
  const call = await wish(agentId, {});
  await eventually(async () => (await attemptRow(call.id))['bridged_at'] !== null);
  await pool.query('update call_attempt set hang_up_wanted_at = now() where id = $1', [call.id]);
  expect(await attemptIs(call.id, 'ended')).toMatchObject({ disposition: 'answered', hung_up_by: 'agent' });
});

test('an agent whose phone goes in the middle of a call has hung up: the customer is let go, the write-up stays', async () => {
  keep();
  const { id: agentId } = await agent();
  const leg = (await legIs(agentId, 'up'))['leg_id'] as string;
  const call = await wish(agentId, {});
  await eventually(async () => (await attemptRow(call.id))['bridged_at'] !== null);
  engine.end(leg, 'answered', 'agent');
  expect(await attemptIs(call.id, 'ended')).toMatchObject({ hung_up_by: 'agent' });
  await agentIs(agentId, 'wrap-up');
  await legIs(agentId, 'up');
});

test('whoever answers and meets nobody hears who called, and is hung up; the call counts as abandoned', async () => {
  keep();
  const { id: agentId } = await agent();
  await legIs(agentId, 'up');
  const call = await wish(agentId, { ringMs: 300 });
  await attemptIs(call.id, 'ringing');
  engine.end((await agentRow(agentId))['leg_id'] as string, 'answered', 'agent');
  behaviours.set((await agentRow(agentId))['extension'] as string, { fails: 'unavailable' });
  expect(await attemptIs(call.id, 'ended')).toMatchObject({ disposition: 'abandoned', connected_at: null });
  await eventually(async () => engine.acts.some((act) => act.startsWith(`hang-up ${call.id}`)));
  expect(engine.acts.some((act) => act.startsWith(`play ${call.id}`))).toBe(true);
  expect((await taskRow(call.taskId))['state']).toBe('waiting');
});

test('a dial in doubt is looked for and never repeated: it goes on where it lives', async () => {
  keep();
  const { id: agentId } = await agent();
  await legIs(agentId, 'up');
  engine.doubtNext(true);
  const call = await wish(agentId, { ringMs: 100 });
  await attemptIs(call.id, 'connected');
  expect(engine.dialsTo(call.phone)).toHaveLength(1);
});

test('a wish that is old, or taken back, is not dialled, costs nothing, and is forgotten as a contact', async () => {
  const old = await wish(null, {}, new Date(Date.now() - 31_000));
  const back = await wish(null, {});
  await pool.query('update call_attempt set hang_up_wanted_at = now() where id = $1', [back.id]);
  keep();
  expect(await attemptIs(old.id, 'ended')).toMatchObject({ is_charged: false });
  expect(await attemptIs(back.id, 'ended')).toMatchObject({ disposition: 'cancelled', is_charged: false });
  expect(engine.dialsTo(old.phone).length + engine.dialsTo(back.phone).length).toBe(0);
  const { rows } = await pool.query('select 1 from contact where phone = any($1)', [[old.phone, back.phone]]);
  expect(rows).toHaveLength(0);
});

test('a list that is paused, or whose script is withdrawn, dials nobody any more', async () => {
  const paused = await wish(null, {});
  await pool.query(
    `update call_list set state = 'paused' where id = (select list_id from call_attempt where id = $1)`,
    [paused.id],
  );
  const unsigned = await wish(null, {});
  await pool.query(`update script set state = 'voided' where id = (select script_id from call_attempt where id = $1)`, [
    unsigned.id,
  ]);
  keep();
  for (const { id, phone } of [paused, unsigned]) {
    expect(await attemptIs(id, 'ended')).toMatchObject({ disposition: 'cancelled', is_charged: false });
    expect(engine.dialsTo(phone)).toHaveLength(0);
  }
});

test('a trunk that refuses our name stops the account, and costs the customer nothing', async () => {
  keep();
  const { id: agentId } = await agent();
  await legIs(agentId, 'up');
  const call = await wish(agentId, { ringMs: 40, fails: 'trunk-auth' });
  expect(await attemptIs(call.id, 'ended')).toMatchObject({ disposition: 'trunk-auth', is_charged: false });
  expect(await row('select * from voice_account where id = $1', account)).toMatchObject({
    state: 'stopped',
    stop_code: 'trunk-auth',
  });
  await agentIs(agentId, 'ready');
});
