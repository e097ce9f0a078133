import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { claimForDial, claimNext, wantOffered } from '../../../src/call/claim.db.ts';
import { addCasesTo, fillList } from '../../../src/call/list/case.command.ts';
import { closeList, openList, pauseList } from '../../../src/call/list/state.command.ts';
import { tendList } from '../../../src/call/list/tend.command.ts';
import { showList } from '../../../src/call/list/view.command.ts';
import { balances, taskMoves, type TaskState } from '../../../src/call/task.rule.ts';
import { afterAttempt, finishTask, releaseTask } from '../../../src/call/task-move.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { openLists, phoneOf } from './list-kit.ts';

const { pool, clock, ctx, agent, made, customer, statesOf, begin } = await openLists();

const steps = [
  'fill',
  'case',
  'tier',
  'offer',
  'release',
  'dial',
  'end',
  'write',
  'promise',
  'pause',
  'open',
  'close',
  'tend',
  'clock',
];

test('whatever people and lines do in whatever order, each task stands in one state, moves by the table, and none is lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...steps), fc.nat(20)), { minLength: 8, maxLength: 40 }),
      fc.constantFrom('preview', 'progressive'),
      async (given, mode) => {
        await begin();
        const list = await made({ mode: mode as 'preview', source: { filter: { tiers: ['gold'] } }, kind: 'callback' });
        const people = [await customer('gold'), await customer('gold'), await customer('silver')];
        await openList(ctx, { list });
        const ever = new Set<string>();
        let before: Record<string, TaskState> = {};
        for (const [step, n] of given) {
          await play(step, n, { list, people }).catch((error: { code?: string }) => {
            if (error.code?.startsWith('call-list.') !== true) throw error;
          });
          const after = await statesOf(list);
          for (const id of Object.keys(after)) ever.add(id);
          for (const [id, state] of Object.entries(before))
            if (after[id] !== state)
              expect([step, state, taskMoves[state]]).toEqual([step, state, reaches(state, after[id])]);
          before = after;
          const { counts, given: total } = await showList(ctx, list);
          expect([balances(counts, ever.size), total]).toEqual([true, ever.size]);
        }
      },
    ),
    { numRuns: 25 },
  );
});

/** The table's own row when it leads there, in two moves at most: a refused claim moves a task twice in one step. */
const reaches = (from: TaskState, to: TaskState | undefined): readonly TaskState[] | string =>
  to !== undefined && (taskMoves[from].includes(to) || taskMoves[from].some((by) => taskMoves[by].includes(to)))
    ? taskMoves[from]
    : `${from} → ${to ?? 'gone'}`;

async function play(step: string, n: number, { list, people }: { list: string; people: string[] }): Promise<void> {
  const one = async (state: string) =>
    (
      await pool.query<{ id: string }>(
        'select id from call_task where list_id = $1 and state = $2 order by id limit 1',
        [list, state],
      )
    ).rows[0]?.id ?? null;
  const agentId = agent.staff.id;
  const { now } = clock;
  const attempt = (await pool.query<{ id: string }>(`select id from call_attempt where state <> 'ended' limit 1`))
    .rows[0]?.id;
  const offered = await one('offered');
  const written = await one('wrap-up');
  if (step === 'fill') await fillList(ctx, { list });
  if (step === 'case') await addCasesTo(ctx, { list, cases: [{ phone: phoneOf(7_000 + n) }] });
  if (step === 'tier')
    await pool.query(`update customer set tier = $2 where id = $1`, [people[n % 3], n % 2 === 0 ? 'gold' : 'silver']);
  if (step === 'offer')
    await transaction(pool, (tx) => claimNext(tx, { agentId, listIds: [list], leaseUntil: now, now }));
  if (step === 'release' && offered)
    await transaction(pool, (tx) => releaseTask(tx, { taskId: offered, agentId }, now));
  if (step === 'dial')
    await transaction(pool, async (tx) => {
      if (offered) await wantOffered(tx, { taskId: offered, agentId, now });
      else await claimForDial(tx, { listId: list, count: 1 + (n % 3), readyAgents: [agentId], now });
    });
  if (step === 'end' && attempt)
    await transaction(pool, async (tx) => {
      const disposition = [
        'busy',
        'no-answer',
        'invalid',
        'rejected',
        'abandoned',
        'congestion',
        'not-dialled',
        'answered',
      ][n % 8];
      await tx.query(
        `update call_attempt set state = 'ended', disposition = $2, agent_id = $3, is_charged = $4 where id = $1`,
        [attempt, disposition, agentId, disposition !== 'congestion' && disposition !== 'not-dialled'],
      );
      await afterAttempt(tx, { attemptId: attempt, isConnected: disposition === 'answered' }, now);
    });
  if (step === 'write' && written)
    await transaction(pool, (tx) =>
      finishTask(
        tx,
        {
          taskId: written,
          result: n % 3 === 0 ? 'no-contact' : n % 3 === 1 ? 'do-not-contact' : 'resolved',
          promise: null,
        },
        now,
      ),
    );
  if (step === 'promise' && written)
    await transaction(pool, (tx) =>
      finishTask(
        tx,
        {
          taskId: written,
          result: 'callback',
          promise: { at: new Date(now.getTime() + n * 60_000), by: agentId, isPersonal: n % 2 === 0 },
        },
        now,
      ),
    );
  if (step === 'pause') await pauseList(ctx, { list, reason: 'x' });
  if (step === 'open') await openList(ctx, { list });
  if (step === 'close' && n > 15) await closeList(ctx, { list, dropPromises: n > 18 });
  if (step === 'tend') await tendList(pool, list, now);
  if (step === 'clock') clock.now = new Date(now.getTime() + n * 15 * 60_000);
}
