import { z } from 'zod';
import type { Acceptance } from './import.db.ts';
import { execute, many, one, sql, type Db, type Tx } from '../../kernel/sql.db.ts';
import { lockFamilies } from '../../kernel/locks.ts';

const stored = (acceptance: Acceptance) => JSON.stringify({ acceptance });

/** From here on its rows are written, a step a transaction, and nothing takes that back. */
export const markAccepting = (tx: Tx, id: string, acceptance: Acceptance): Promise<unknown> =>
  execute(
    tx,
    sql`update import set state = 'accepting', fault = null, options = options || ${stored(acceptance)}::jsonb where id = ${id}`,
  );

export const noteStep = (tx: Tx, id: string, acceptance: Acceptance): Promise<unknown> =>
  execute(tx, sql`update import set fault = null, options = options || ${stored(acceptance)}::jsonb where id = ${id}`);

/** Rows that were held as bad and are new people now, and good ones that were left out after all. */
export const noteCounts = (tx: Tx, id: string, { takenOver, leftOut }: Acceptance): Promise<unknown> =>
  execute(
    tx,
    sql`update import set good_rows = good_rows + ${takenOver}::int - ${leftOut}::int,
        bad_rows = bad_rows - ${takenOver}::int + ${leftOut}::int, new_rows = new_rows + ${takenOver}::int,
        options = options || ${JSON.stringify({ takenOver })}::jsonb
      where id = ${id}`,
  );

/** Those whose rows are being written, or wait for somebody who goes on. */
export const listAccepting = async (db: Db): Promise<string[]> =>
  (await many(db, z.object({ id: z.uuid() }), sql`select id from import where state = 'accepting' order by id`)).map(
    ({ id }) => id,
  );

/** Held by the connection of whoever writes its rows, so that a process that died is told from one that lives. */
export const tryAccepting = async (connection: Db, id: string): Promise<boolean> =>
  (
    await one(
      connection,
      z.object({ mine: z.boolean() }),
      sql`select pg_try_advisory_lock(hashtextextended(${id}::text, ${lockFamilies.accepting})) as mine`,
    )
  ).mine;
export const leaveAccepting = (connection: Db, id: string): Promise<unknown> =>
  execute(connection, sql`select pg_advisory_unlock(hashtextextended(${id}::text, ${lockFamilies.accepting}))`);

/** All members stand in the audience that the file becomes: now it is seen. */
export const openAudience = (tx: Tx, id: string): Promise<unknown> =>
  execute(
    tx,
    sql`update audience set state = 'open', size = (select count(*) from audience_member where audience_id = ${id}) where id = ${id}`,
  );
