import { z } from 'zod';
import { many, sql, type Db, type Tx } from '../kernel/sql.db.ts';

/** Accounts that were stopped for a time which is over, such as a day's limit. */
export const accountsDue = (db: Db): Promise<{ id: string; stopCode: string | null }[]> =>
  many(
    db,
    z.object({ id: z.uuid(), stopCode: z.string().nullable() }),
    sql`select id, stop_code as "stopCode" from gateway_account
      where state = 'stopped' and stopped_until <= clock_timestamp() order by id`,
  );

/** Campaigns that Waihu itself paused because the account was stopped; locked in the order in which a stop locks them. */
export const lockPausedWithAccount = (tx: Tx, accountId: string): Promise<{ id: string; startedAt: Date | null }[]> =>
  many(
    tx,
    z.object({ id: z.uuid(), startedAt: z.date().nullable() }),
    sql`select c.id, c.started_at as "startedAt" from campaign c join template t on t.id = c.template_id
      where t.gateway_account_id = ${accountId} and c.state = 'paused'
        and c.state_reason->>'code' = 'gateway.account-stopped' and c.state_reason->>'by' = 'system'
      order by c.id for update of c`,
  );
