import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { createSandbox } from '../../../sandbox/server.ts';
import { callRoundTheClock, makeCallList, makeCallTask, makeVoiceAccount } from '../../kit/call.ts';
import { testDatabase } from '../../kit/database.ts';
import { makeStaff } from '../../kit/people.ts';

const { pool, url: databaseUrl } = await testDatabase();
await callRoundTheClock(pool);
const password = 'of-this-test';
const sandbox = createSandbox({
  scenario: {
    calls: {
      seed: 9,
      progressMs: { minMs: 5, maxMs: 60 },
      ringMs: { minMs: 60, maxMs: 900 },
      refuseMs: { minMs: 30, maxMs: 300 },
      patienceMs: 1_500,
      promptMs: 300,
      talkMs: { minMs: 100, maxMs: 1_200 },
      fates: { answer: 6, busy: 2, reject: 1, 'no-answer': 1, invalid: 1, congestion: 1 },
      phones: { answerMs: 30 },
      timeScale: 20,
    },
  },
  ari: { user: 'waihu', password },
});
const port = await sandbox.listen(0);
const ariUrl = `http://127.0.0.1:${port}`;
const ask = (place: string, body: object) =>
  fetch(`${ariUrl}/sandbox/calls/${place}`, { method: 'POST', body: JSON.stringify(body) });

const children = new Set<ChildProcess>();
function startKeeper(): ChildProcess {
  const child = spawn(process.execPath, ['test/kit/keeper-child.ts'], {
    env: { PATH: process.env['PATH'], TZ: 'UTC', DATABASE_URL: databaseUrl, ARI_URL: ariUrl, ARI_PASSWORD: password },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}
afterAll(async () => {
  await Promise.all(
    [...children].map((child) => new Promise((resolve) => (child.once('exit', resolve), child.kill('SIGKILL')))),
  );
  await sandbox.close();
});

/** What agents do: they write up what ended, and take calls while their phone is connected. */
async function work(account: string): Promise<void> {
  await pool.query(
    `with over as (
       select s.staff_id, s.leg_state, a.task_id from agent_session s join call_attempt a on a.id = s.attempt_id
       where s.account_id = $1 and s.state = 'wrap-up' and a.state = 'ended' for no key update of s skip locked),
     done as (update call_task t set state = 'done', result = 'resolved' from over where t.id = over.task_id and t.state = 'wrap-up')
     update agent_session s set state = 'busy', reason = 'phone-gone', attempt_id = null, since = now() from over
     where over.staff_id = s.staff_id`,
    [account],
  );
  await pool.query(
    `update agent_session set state = 'ready', reason = null, seen_at = now()
     where account_id = $1 and state in ('busy', 'ready') and leg_state = 'up'`,
    [account],
  );
}

const people = 40;
const agents = 4;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test(
  'a day over the wire with kills of the keeper, the PBX, sockets and connections: nobody twice, nobody lost',
  { timeout: 200_000 },
  async () => {
    const account = await makeVoiceAccount(pool);
    const { id: operator } = await makeStaff(pool, ['operator'], { name: '主管', unit: '外呼组' });
    const { listId } = await makeCallList(pool, account, {
      mode: 'progressive',
      purpose: 'service',
      createdBy: operator,
    });
    for (let n = 0; n < agents; n += 1) {
      const { id } = await makeStaff(pool, ['agent'], { name: '坐席', unit: '外呼组' });
      await pool.query(
        `insert into agent_session (staff_id, account_id, extension, state, reason, leg_state) values ($1, $2, $3, 'busy', 'signed-in', 'wanted')`,
        [id, account, `PJSIP/${1001 + n}`],
      );
    }
    for (let n = 0; n < people; n += 1)
      await makeCallTask(pool, listId, { phone: `+86138${String(n).padStart(8, '0')}` });
    let keeper = startKeeper();
    const second = startKeeper();
    const working = setInterval(() => void work(account).catch(() => undefined), 50);
    // A child needs a second or two to begin; the kills come while calls ring, talk and end.
    const breaks: (() => Promise<unknown>)[] = [
      async () => {
        keeper.kill('SIGKILL');
        keeper = startKeeper();
      },
      () => ask('sockets', { action: 'drop' }),
      () => ask('faults', { method: 'POST', path: '/ari/channels', action: 'silence-after', times: 2 }),
      () =>
        pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'waihu' and pid <> pg_backend_pid()`,
        ),
      () => ask('restart', {}),
      async () => second.kill('SIGKILL'),
    ];
    for (const one of breaks) {
      await pause(1_700);
      await one().catch(() => undefined);
    }
    await expect
      .poll(
        async () =>
          (
            await pool.query(
              `select state, count(*)::int as n from call_task where list_id = $1 and (state in ('offered', 'calling', 'wrap-up')
               or (state = 'waiting' and not_before <= now())) group by 1`,
              [listId],
            )
          ).rows,
        { timeout: 150_000, interval: 200 },
      )
      .toEqual([]);
    clearInterval(working);
    const witness = sandbox.calls.summary();
    expect(witness.sameIdAgain).toBe(0);
    expect(witness.sameNumberAtOnce).toBe(0);
    const { rows: attempts } = await pool.query<{ id: string; state: string; disposition: string | null }>(
      'select id, state, disposition from call_attempt where list_id = $1',
      [listId],
    );
    expect(attempts.length).toBeGreaterThanOrEqual(people);
    expect(attempts.every(({ state, disposition }) => state === 'ended' && disposition !== null)).toBe(true);
    const { rows: tasks } = await pool.query(
      'select state, state_reason, result, last_disposition from call_task where list_id = $1',
      [listId],
    );
    expect(tasks).toHaveLength(people);
    for (const task of tasks) expect(task.result ?? task.last_disposition ?? task.state_reason).not.toBeNull();
    // Who spoke with an agent has a recording, and none of them is left open.
    const { rows: unrecorded } = await pool.query(
      `select a.id from call_attempt a where a.list_id = $1 and a.bridged_at is not null
       and not exists (select from recording r where r.attempt_id = a.id)`,
      [listId],
    );
    expect(unrecorded).toEqual([]);
  },
);
