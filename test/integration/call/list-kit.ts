import { randomUUIDv7 } from 'node:crypto';
import { createList, type NewListInput } from '../../../src/call/list/list.command.ts';
import type { TaskState } from '../../../src/call/task.rule.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import { storeCalendar } from '../../../src/kernel/calendar.db.ts';
import { makeSignedScript, makeVoiceAccount } from '../../kit/call.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith, noProcesses } from '../../kit/people.ts';

export const callerNumber = '+862188880000';
export const phoneOf = (n: number): string => `137${String(n).padStart(8, '0')}`;
/** A Friday, ten in the morning in China. */
export const morning = new Date('2026-11-27T02:00:00Z');

/** A database with an account and a signed script, a supervisor and an agent, and a clock that stands. */
export async function openLists() {
  const { pool } = await testDatabase();
  await storeCalendar(pool, calendarCn, 'test');
  const clock = { now: morning };
  const started: string[] = [];
  const processes = { ...noProcesses, startCallList: async (id: string) => void started.push(id) };
  const ctx = await contextWith(pool, ['supervisor'], { processes, now: () => clock.now });
  const agent = await contextWith(pool, ['agent'], { processes });
  const accountId = await makeVoiceAccount(pool);
  const scriptId = await makeSignedScript(pool, { createdBy: ctx.staff.id });
  const usual = { name: '投诉回访', kind: 'complaint', script: scriptId, accountId, callerNumber } as const;
  let numbers = 0;
  return {
    pool,
    clock,
    started,
    ctx,
    agent,
    usual,
    scriptId,
    made: async (over: Partial<NewListInput> = {}) => (await createList(ctx, { ...usual, ...over })).id,
    customer: async (tier: string | null, externalId: string | null = null): Promise<string> => {
      const id = randomUUIDv7();
      numbers += 1;
      await pool.query('insert into customer (id, phone, tier, external_id) values ($1, $2, $3, $4)', [
        id,
        `+86${phoneOf(numbers)}`,
        tier,
        externalId,
      ]);
      return id;
    },
    statesOf: async (listId: string): Promise<Record<string, TaskState>> => {
      const { rows } = await pool.query<{ id: string; state: TaskState }>(
        'select id, state from call_task where list_id = $1',
        [listId],
      );
      return Object.fromEntries(rows.map(({ id, state }) => [id, state]));
    },
    begin: async (): Promise<void> => {
      clock.now = morning;
      await pool.query('truncate call_attempt, call_task, call_list, contact, customer, phone_number cascade');
    },
  };
}
