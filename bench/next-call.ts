import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { nextCandidates } from '../src/call/candidate.db.ts';
import { findAgentSession } from '../src/call/desk/agent-session.db.ts';
import { viewQueue } from '../src/call/desk/view.command.ts';
import { takeNext } from '../src/call/desk/work.command.ts';
import { releaseTask } from '../src/call/task-move.db.ts';
import { openPool, transaction, workPatience, type Sql, type Tx } from '../src/kernel/sql.db.ts';
import { noProcesses } from '../test/kit/people.ts';
import { openBenchDatabase } from './database.ts';
import { morning, seedTasks, type Floor } from './next-call-seed.ts';
import { formatTable, keepResult, quantile } from './report.ts';
import { cpuSeconds } from './usage.ts';

const usage = `Usage: npm run bench -- next-call [--tasks 1000000] [--agents 500] [--seconds 30] [--keep]
How long agents wait for their next task among so many waiting ones: one call a minute each, then all asking all the time.`;
/** As many as the API has. */
const connections = 20;
/** A call with its write-up: each agent asks once in this time. */
const callMs = 60_000;
/** One in ten gives the task back unseen; the others are done with it. */
const givenBackOf = 10;
const looks = 200;

export async function benchNextCall(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      tasks: { type: 'string', default: '1000000' },
      agents: { type: 'string', default: '500' },
      seconds: { type: 'string', default: '30' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const [tasks, agents, seconds] = [Number(values.tasks), Number(values.agents), Number(values.seconds)];
  const database = await openBenchDatabase({});
  // All at once they stand in the queue of the pool for longer than a page would: here nobody gives up.
  const pool = openPool(database.url, connections, { patience: workPatience });
  try {
    const began = performance.now();
    const floor = await seedTasks(pool, { tasks, agents });
    const seedSeconds = (performance.now() - began) / 1_000;
    console.log(`  ${tasks.toLocaleString('en-US')} tasks made in ${seedSeconds.toFixed(0)} s`);
    const desk = openDesk(pool, floor);
    await Promise.all(Array.from({ length: connections }, (_, agent) => desk.ask(agent)));
    const cpu = (): Cpu => ({ database: cpuSeconds(database.postmaster(), true), own: cpuSeconds(process.pid) });
    const phases = [
      await measure('one call a minute each', cpu, () => atHumanPace(desk, agents, seconds)),
      await measure('all asking all the time', cpu, () => allAtOnce(desk, agents, seconds)),
      await measure('who waits, as the desk shows it', cpu, () => lookOften(desk)),
    ];
    const plans = await explainProbes(pool, floor, desk.now());
    for (const plan of plans) console.log(`\n${plan}`);
    const rows = phases.map((each) => [
      each.name,
      each.count,
      each.perSecond,
      each.p50,
      each.p95,
      each.p99,
      each.worst,
      each.databaseMs,
      each.ownMs,
      each.load.toFixed(1),
    ]);
    const head = ['', 'times', 'a second', 'p50 ms', 'p95', 'p99', 'worst', 'PostgreSQL CPU ms', 'Node CPU ms', 'load'];
    console.log(`\n${formatTable(head, rows)}`);
    keepResult('next-call', { tasks, agents, seconds, connections, seedSeconds, phases, plans });
  } finally {
    await pool.end();
    await database.close(values.keep);
  }
}

type Desk = ReturnType<typeof openDesk>;
type Cpu = { database: number; own: number };

/** The agents of the floor as the desk of each asks; what they were offered is taken off again at once. */
function openDesk(pool: Pool, { agents }: Floor) {
  const began = Date.now();
  const now = (): Date => new Date(morning.getTime() + Date.now() - began);
  const taken = new Set<string>();
  let offered = 0;
  const contextOf = (agent: number) => {
    const id = agents[agent % agents.length] ?? '';
    const grants = [{ role: 'agent', unit: '*' }] as const;
    const staff = { id, name: '坐席', unit: '外呼组', roles: ['agent'], grants } as const;
    return { pool, staff, processes: noProcesses, now };
  };
  /** Gives the milliseconds from `from` to the answer, which is a task that nobody else has. */
  async function ask(agent: number, from = performance.now()): Promise<number> {
    const ctx = contextOf(agent);
    const task = await takeNext(ctx);
    const tookMs = performance.now() - from;
    if (!task) throw new Error('An agent was offered nobody.');
    const { taskId } = task;
    if (taken.has(taskId)) throw new Error('A task was offered to two agents.');
    taken.add(taskId);
    offered += 1;
    const isGivenBack = offered % givenBackOf === 0;
    // Before the commit: from then on it may be offered again.
    if (isGivenBack) taken.delete(taskId);
    await transaction(pool, async (tx) => {
      if (isGivenBack) await releaseTask(tx, { taskId, agentId: ctx.staff.id }, now());
      else await finish(tx, taskId);
    });
    return tookMs;
  }
  async function look(agent: number): Promise<number> {
    const ctx = contextOf(agent);
    const session = await findAgentSession(pool, ctx.staff.id);
    if (!session) throw new Error('The agent is not at work.');
    const from = performance.now();
    const { waiting } = await viewQueue(ctx, session);
    if (waiting.length === 0) throw new Error('Nobody waits.');
    return performance.now() - from;
  }
  return { ask, look, now };
}

const finish = (tx: Tx, taskId: string) =>
  tx.query(
    `update call_task set state = 'done', result = 'resolved', state_at = now(), lease_until = null where id = $1`,
    [taskId],
  );

/** Agents come as their calls end, by chance: who has to wait counts from the moment at which they came. */
async function atHumanPace({ ask }: Desk, agents: number, seconds: number): Promise<number[]> {
  const began = performance.now();
  const asked: Promise<number>[] = [];
  for (let at = 0, agent = 0; at < seconds * 1_000; agent += 1) {
    await sleep(Math.max(0, began + at - performance.now()));
    const answer = ask(agent, began + at);
    // A fault is told at the end, with the others.
    answer.catch(() => undefined);
    asked.push(answer);
    at += (-Math.log(1 - Math.random()) * callMs) / agents;
  }
  return Promise.all(asked);
}

async function allAtOnce({ ask }: Desk, agents: number, seconds: number): Promise<number[]> {
  const until = performance.now() + seconds * 1_000;
  const times: number[] = [];
  const each = async (agent: number): Promise<void> => {
    while (performance.now() < until) times.push(await ask(agent));
  };
  await Promise.all(Array.from({ length: agents }, (_, agent) => each(agent)));
  return times;
}

async function lookOften({ look }: Desk): Promise<number[]> {
  const times: number[] = [];
  for (let agent = 0; agent < looks; agent += 1) times.push(await look(agent));
  return times;
}

async function measure(name: string, cpu: () => Cpu, work: () => Promise<number[]>) {
  const [before, began] = [cpu(), performance.now()];
  const times = await work();
  const seconds = (performance.now() - began) / 1_000;
  const after = cpu();
  const count = times.length;
  return {
    name,
    count,
    perSecond: count / seconds,
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    p99: quantile(times, 0.99),
    worst: quantile(times, 1),
    databaseMs: ((after.database - before.database) * 1_000) / count,
    ownMs: ((after.own - before.own) * 1_000) / count,
    load: os.loadavg()[0] ?? 0,
  };
}

/** Plans of all probes, the later ones too: each is told that the one before it has found nobody. */
async function explainProbes(pool: Pool, { agents, listIds }: Floor, now: Date): Promise<string[]> {
  const plans: string[] = [];
  await transaction(pool, async (tx) => {
    const explained = {
      async query({ text, values }: Sql) {
        const explain = `explain (analyze, buffers) ${text}`;
        const { rows } = await tx.query<{ 'QUERY PLAN': string }>(explain, values);
        plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
        return { rows: [] };
      },
    } as unknown as Tx;
    const agentId = agents[0] ?? '';
    await nextCandidates(explained, { by: 'agent', agentId, listIds, now, limit: 1, skip: [] });
  });
  return plans;
}
