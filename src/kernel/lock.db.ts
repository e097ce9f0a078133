import { lockFamilies, locks } from './locks.ts';
import { execute, sql, type Tx } from './sql.db.ts';

/** Waits for that lock and holds it until the transaction ends. */
export const hold = (tx: Tx, lock: keyof typeof locks) =>
  execute(tx, sql`select pg_advisory_xact_lock(${locks[lock]})`);

/** The same for single things of a family, in the order in which they are given. */
export const holdEach = (tx: Tx, family: keyof typeof lockFamilies, things: readonly string[]) =>
  execute(
    tx,
    sql`select pg_advisory_xact_lock(hashtextextended(t.thing, ${lockFamilies[family]}))
      from unnest(${[...things]}::text[]) with ordinality as t (thing, place) order by t.place`,
  );
