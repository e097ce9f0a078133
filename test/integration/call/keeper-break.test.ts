import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openPool } from '../../../src/kernel/sql.db.ts';
import { makeCallTask } from '../../kit/call.ts';
import type { Behaviour } from '../../kit/played-engine.ts';
import {
  agent,
  agentIs,
  agentRow,
  account,
  attemptIs,
  attemptRow,
  engine,
  eventually,
  freshEngine,
  freshPhone,
  keep,
  legIs,
  list,
  pool,
  readyAgent,
  row,
  stops,
  url,
  wish,
  writeUp,
} from './keeper-kit.ts';

/** Whoever holds the line loses the connection that the hold hangs on, as when the process is killed. */
const breakHold = () =>
  pool.query(
    `select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
     where l.locktype = 'advisory' and l.mode = 'ExclusiveLock' and d.datname = current_database() and l.pid <> pg_backend_pid()`,
  );

test('another process takes the line over within seconds, and the calls that live go on in its hands', async () => {
  keep();
  const { id: agentId } = await agent();
  await legIs(agentId, 'up');
  const talks = await wish(agentId, {});
  await eventually(async () => (await attemptRow(talks.id))['bridged_at'] !== null);
  const rings = await wish(null, { ringMs: 60_000 });
  await attemptIs(rings.id, 'dialling');
  const before = await row('select holder from line_keeper where account_id = $1', account);
  const second = openPool(url, 4);
  keep(second);
  await breakHold();
  await eventually(async () => {
    const now = await row('select holder, line from line_keeper where account_id = $1', account);
    return now['holder'] !== before['holder'] && now['line'] === 'up';
  });
  expect((await attemptRow(talks.id))['state']).toBe('connected');
  engine.end(talks.id, 'answered', 'customer');
  engine.end(rings.id, 'no-answer', 'engine');
  expect(await attemptIs(talks.id, 'ended')).toMatchObject({ disposition: 'answered' });
  expect(await attemptIs(rings.id, 'ended')).toMatchObject({ disposition: 'no-answer' });
  expect(engine.dialsTo(talks.phone).length + engine.dialsTo(rings.phone).length).toBe(2);
  for (const stop of stops.splice(0)) await stop();
  await second.end();
});

test('what ended while nobody listened is lost in the books: who talked writes it up, phones are called again', async () => {
  keep();
  const { id: agentId } = await agent();
  const leg = (await legIs(agentId, 'up'))['leg_id'];
  const call = await wish(agentId, {});
  await eventually(async () => (await attemptRow(call.id))['bridged_at'] !== null);
  engine.cut();
  engine.forgetAll();
  const during = await wish(null, {});
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(engine.dialsTo(during.phone)).toHaveLength(0);
  engine.restore();
  expect(await attemptIs(call.id, 'ended')).toMatchObject({ disposition: 'lost', hung_up_by: 'engine' });
  await agentIs(agentId, 'wrap-up');
  await eventually(async () => {
    const seen = await agentRow(agentId);
    return seen['leg_state'] === 'up' && seen['leg_id'] !== leg;
  });
  await eventually(async () => engine.dialsTo(during.phone).length === 1);
});

test('a person who answered while nobody listened is put through, or told who called', async () => {
  keep();
  const { id: agentId } = await agent();
  await legIs(agentId, 'up');
  const call = await wish(agentId, { ringMs: 400 });
  await attemptIs(call.id, 'ringing');
  engine.cut();
  await eventually(async () => engine.legs.get(call.id)?.state === 'up');
  engine.restore();
  expect(await attemptIs(call.id, 'connected')).toMatchObject({ agent_id: agentId });
});

test('a leg that our books know as ended, or not at all, is hung up', async () => {
  const ended = await wish(null, {});
  await pool.query(`update call_attempt set state = 'ended', disposition = 'lost' where id = $1`, [ended.id]);
  const stray = randomUUID();
  for (const leg of [ended.id, stray])
    engine.legs.set(leg, {
      state: 'up',
      dial: { leg, to: { phone: '+8613900000000' }, callerNumber: '', ringSeconds: 30 },
    });
  keep();
  for (let breaks = 0; breaks < 2; breaks += 1) {
    await eventually(
      async () => (await row('select line from line_keeper where account_id = $1', account))?.['line'] === 'up',
    );
    engine.cut();
    await eventually(
      async () => (await row('select line from line_keeper where account_id = $1', account))['line'] === 'down',
    );
    engine.restore();
  }
  await eventually(async () => engine.legs.size === 0);
});

test('a progressive list keeps one call for each agent who waits, and each task comes to a state with a reason', async () => {
  keep();
  const agents = [await readyAgent(), await readyAgent()];
  const { listId } = await list('progressive');
  let most = 0;
  const fates: Behaviour[] = [
    { ringMs: 80, talkMs: 120 },
    { ringMs: 60, fails: 'busy' },
    { ringMs: 90, fails: 'no-answer' },
  ];
  for (let n = 0; n < 9; n += 1) await makeCallTask(pool, listId, { phone: freshPhone(fates[n % 3]) });
  const ended = await eventually(async () => {
    most = Math.max(most, [...engine.legs.values()].filter(({ dial }) => 'phone' in dial.to).length);
    await writeUp();
    const { rows } = await pool.query(`select disposition from call_attempt where list_id = $1 and state = 'ended'`, [
      listId,
    ]);
    return rows.length >= 9 && rows.map(({ disposition }) => disposition as string);
  });
  expect(most).toBeLessThanOrEqual(agents.length);
  expect(ended.toSorted()).toEqual(['answered', 'busy', 'no-answer'].flatMap((each) => [each, each, each]));
});

test(
  'whatever breaks at whichever moment, nobody is dialled twice for a call and nobody is lost',
  { timeout: 120_000 },
  async () => {
    const breaks = ['hold', 'line', 'engine', 'connections'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...breaks), fc.integer({ min: 20, max: 900 })), {
          minLength: 3,
          maxLength: 5,
        }),
        fc.array(
          fc.constantFrom<Behaviour>(
            { ringMs: 90, talkMs: 250 },
            { ringMs: 300, talkMs: 60 },
            { ringMs: 150, fails: 'busy' },
            { ringMs: 20, fails: 'invalid' },
          ),
          { minLength: 12, maxLength: 12 },
        ),
        async (disturbances, fates) => {
          await pool.query(
            `update agent_session set state = 'away', leg_id = null, leg_state = 'down' where state <> 'away'`,
          );
          await pool.query(`update voice_account set state = 'stopped'`);
          await freshEngine();
          const pools = [openPool(url, 5), openPool(url, 5)];
          for (const each of pools) keep(each);
          for (let n = 0; n < 3; n += 1) await agent();
          const { listId } = await list('progressive');
          for (const fate of fates) await makeCallTask(pool, listId, { phone: freshPhone(fate) });
          const working = setInterval(() => void writeUp().catch(() => undefined), 50);
          for (const [what, afterMs] of disturbances) {
            await new Promise((resolve) => setTimeout(resolve, afterMs));
            if (what === 'hold') await breakHold();
            if (what === 'connections')
              await pool.query(
                `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'waihu' and pid <> pg_backend_pid()`,
              );
            if (what === 'engine') engine.forgetAll();
            if (what !== 'line' && what !== 'engine') continue;
            engine.cut();
            await new Promise((resolve) => setTimeout(resolve, 100));
            engine.restore();
          }
          await eventually(async () => {
            const { rows } = await pool.query(
              `select 1 from call_task where list_id = $1 and (state not in ('done', 'given-up', 'waiting') or (state = 'waiting' and not_before <= now()))`,
              [listId],
            );
            return rows.length === 0;
          });
          clearInterval(working);
          for (const stop of stops.splice(0)) await stop();
          for (const each of pools) await each.end();
          const legs = engine.dials.filter(({ to }) => 'phone' in to).map(({ leg }) => leg);
          expect(new Set(legs).size).toBe(legs.length);
          const { rows: attempts } = await pool.query(
            'select id, task_id, state, dialled_at from call_attempt where list_id = $1',
            [listId],
          );
          expect(new Set(attempts.map(({ id }) => id as string))).toEqual(
            new Set([...attempts.map(({ id }) => id as string), ...legs]),
          );
          expect(attempts.every(({ state }) => state === 'ended')).toBe(true);
          const { rows: tasks } = await pool.query(
            'select state, last_disposition, result, state_reason from call_task where list_id = $1',
            [listId],
          );
          for (const task of tasks) expect(task.result ?? task.last_disposition ?? task.state_reason).not.toBeNull();
          return true;
        },
      ),
      { numRuns: 3, endOnFailure: true },
    );
  },
);
