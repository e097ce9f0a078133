import { z } from 'zod';
import { lockFamilies } from '../../kernel/locks.ts';
import { execute, many, one, sql, type Db } from '../../kernel/sql.db.ts';

/** False while another process holds the line. The lock ends with the connection. */
export async function tryHold(connection: Db, accountId: string): Promise<boolean> {
  const { held } = await one(
    connection,
    z.object({ held: z.boolean() }),
    sql`select pg_try_advisory_lock(hashtextextended(${accountId}, ${lockFamilies.lineKeeper})) as held`,
  );
  return held;
}
export const leaveHold = (connection: Db, accountId: string) =>
  execute(connection, sql`select pg_advisory_unlock(hashtextextended(${accountId}, ${lockFamilies.lineKeeper}))`);

export const listenToCalls = (connection: Db) => execute(connection, sql`listen waihu_calls`);

/** A peer that vanished without a word is given up within seconds by both ends, and so is its hold. */
export const bePromptAboutLoss = (connection: Db) =>
  execute(
    connection,
    sql`select set_config('tcp_keepalives_idle', '2', false), set_config('tcp_keepalives_interval', '1', false),
      set_config('tcp_keepalives_count', '3', false), set_config('statement_timeout', '3s', false)`,
  );

export const answers = (connection: Db) => execute(connection, sql`select 1`);

/** From here on only this holder begins dials: a transaction of the one before it that was begun is waited for. */
export const takeLine = (db: Db, accountId: string, holder: string, now: Date) =>
  execute(
    db,
    sql`insert into line_keeper (account_id, holder, since, line, seen_at) values (${accountId}, ${holder}, ${now}, 'down', ${now})
      on conflict (account_id) do update set holder = excluded.holder, since = excluded.since, line = 'down', seen_at = excluded.seen_at`,
  );

export const noteLine = (db: Db, accountId: string, holder: string, line: 'up' | 'down', now: Date) =>
  execute(
    db,
    sql`update line_keeper set line = ${line}, seen_at = ${now} where account_id = ${accountId} and holder = ${holder}`,
  );

const Account = z.object({
  id: z.uuid(),
  lines: z.number(),
  callsPerSecond: z.number(),
  ownNumber: z.string(),
  state: z.enum(['active', 'stopped']),
});
export type LineAccount = z.infer<typeof Account>;

/** Accounts whose line somebody must hold: a stopped one too while a call or a phone of it is connected. */
export const accountsToHold = (db: Db): Promise<LineAccount[]> =>
  many(
    db,
    Account,
    sql`select v.id, v.lines, v.calls_per_second as "callsPerSecond", v.caller_numbers[1] as "ownNumber", v.state from voice_account v
      where v.state = 'active' or exists (select from call_attempt a where a.account_id = v.id and a.state <> 'ended')
        or exists (select from agent_session s where s.account_id = v.id and s.leg_id is not null)
      order by v.id`,
  );
