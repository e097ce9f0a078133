import { Pool, types, type PoolClient, type QueryResult } from 'pg';
import type { z } from 'zod';

// Counts and money fit in 2^53: as strings (pg's default for int8) they would concatenate instead of add.
types.setTypeParser(types.builtins.INT8, Number);

/** `name`: see `named`. */
export type Sql = { text: string; values: unknown[]; name?: string };
/** A pool or one open transaction. */
export type Db = Pick<PoolClient, 'query'>;
export type Tx = Db & { readonly inTransaction: true };

/** SQL whose values can only become bind parameters. `sql` fragments nest; a `List` that is named several times travels once. */
export function sql(strings: TemplateStringsArray, ...parts: unknown[]): Sql {
  let text = strings[0] ?? '';
  const values: unknown[] = [];
  const placeOf = (value: unknown): string => {
    const known = value instanceof List ? values.indexOf(value) : -1;
    return `$${known >= 0 ? known + 1 : values.push(value)}`;
  };
  parts.forEach((part, index) => {
    if (isSql(part)) {
      const places = part.values.map(placeOf);
      text += part.text.replaceAll(/\$(\d+)/g, (_, n: string) => places[Number(n) - 1] ?? '');
    } else text += placeOf(part);
    text += strings[index + 1] ?? '';
  });
  return { text, values };
}
const isSql = (part: unknown): part is Sql =>
  typeof part === 'object' && part !== null && 'text' in part && 'values' in part && Array.isArray(part.values);

/**
 * An array parameter, written out once however many queries name it. A thousand people are asked about in ten queries of which each names
 * them up to four times: writing them out took as long as all the rules.
 */
export class List {
  #written: string | null = null;
  readonly of: readonly (string | number | null)[];
  constructor(of: readonly (string | number | null)[]) {
    this.of = of;
  }
  toPostgres(): string {
    return (this.#written ??= `{${this.of.map(elementOf).join(',')}}`);
  }
}
/** One column of rows as an array parameter. */
export const listOf = <Row>(rows: readonly Row[], column: (row: Row) => string | number | null): List =>
  new List(rows.map(column));
// Digits, numbers and ids need no marks; the word null would be one.
const plain = /^(?!null$)[\w+.:-]+$/i;
const elementOf = (value: string | number | null): string => {
  if (value === null) return 'NULL';
  const text = String(value);
  return plain.test(text) ? text : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
};

/** A hot query whose text is always the same: parsed once a connection. */
export const named = (name: string, { text, values }: Sql): Sql => ({ text, values, name });

/**
 * Named queries of the rest of this transaction are planned once a connection, for any values: planning them took longer than
 * running them. And without helpers: a planner that knows no values may expect hundreds of rows, and starting a helper takes 14 ms.
 */
export const plannedOnce = sql`select set_config('plan_cache_mode', 'force_generic_plan', true),
  set_config('max_parallel_workers_per_gather', '0', true)`;

export const execute = async (db: Db, query: Sql): Promise<QueryResult> => db.query(query);

export async function many<Row>(db: Db, row: z.ZodType<Row>, query: Sql): Promise<Row[]> {
  const { rows } = await db.query(query);
  return rows.map((each) => row.parse(each));
}

export async function maybe<Row>(db: Db, row: z.ZodType<Row>, query: Sql): Promise<Row | null> {
  const [first] = await many(db, row, query);
  return first ?? null;
}

export async function one<Row>(db: Db, row: z.ZodType<Row>, query: Sql): Promise<Row> {
  const rows = await many(db, row, query);
  if (rows.length !== 1) throw new Error(`Expected one row, got ${rows.length}.`);
  return rows[0] as Row;
}

/** Rows as `many` gives them, of a result that is there already. */
export const rowsOf = <Row>(row: z.ZodType<Row>, result: QueryResult | undefined): Row[] =>
  (result?.rows ?? []).map((each) => row.parse(each));

/**
 * Runs queries in order; on a pipelined connection they travel together, in one round trip. Each still sees what the one
 * before it has done. Rejects with the first fault; those after it then fail too, since the transaction is spoilt.
 */
export async function together(tx: Db, queries: readonly (Sql | string)[]): Promise<QueryResult[]> {
  const run = (query: Sql | string) => (typeof query === 'string' ? tx.query(query) : tx.query(query));
  if ('pipeline' in tx && tx.pipeline === true) {
    const running = queries.map(run);
    const settled = await Promise.allSettled(running);
    const failed = settled.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
    return Promise.all(running);
  }
  const results: QueryResult[] = [];
  for (const query of queries) results.push(await run(query));
  return results;
}

/** No statement of the rest of this transaction lasts longer: what a person waits for gives up before the person does. */
export const limitStatements = (tx: Tx, seconds: number): Promise<unknown> =>
  execute(tx, sql`select set_config('statement_timeout', ${`${seconds}s`}, true)`);

/**
 * A transaction in two round trips: `first`, then what `work` makes of its results, sent with the commit, so that locks are
 * not held while this process is busy elsewhere. `work` gives null to leave everything as it was.
 */
export async function shortTransaction(
  pool: Pool,
  first: readonly Sql[],
  work: (results: QueryResult[]) => readonly Sql[] | null,
): Promise<QueryResult[] | null> {
  const client = await pool.connect();
  try {
    const [, ...results] = await together(client, ['begin', ...first]);
    const last = work(results);
    if (last === null) {
      await client.query('rollback');
      return null;
    }
    const done = await together(client, [...last, 'commit']);
    // PostgreSQL answers the commit of a spoilt transaction with a rollback, and without an error.
    if (done.pop()?.command !== 'COMMIT') throw new Error('The transaction was not committed.');
    return done;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

/** Reads that travel together on one connection, outside a transaction: each sees what is committed when it runs. */
export async function readTogether(pool: Pool, queries: readonly Sql[]): Promise<QueryResult[]> {
  const client = await pool.connect();
  try {
    return await together(client, queries);
  } finally {
    client.release();
  }
}

export async function transaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client as unknown as Tx);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

/** How long things may take on the connections of a pool, in milliseconds. What is late fails; PostgreSQL undoes it. */
export type Patience = {
  /** To get a connection: a free one of the pool, or a new one. */
  connectMs: number;
  statementMs: number;
  /** To wait for a row, a table or an advisory lock. */
  lockMs: number;
  /** For a transaction in which nothing happens: it would hold back clean-up for everybody. */
  idleMs: number;
};

/** Somebody waits: what takes longer is said, not waited for. Exports read as fast as the reader takes them, hence the idle minutes. */
export const pagePatience: Patience = { connectMs: 10_000, statementMs: 30_000, lockMs: 10_000, idleMs: 120_000 };
/** A ledger of a million is frozen, closed and archived in statements of minutes; who fails is tried again by Temporal. */
export const workPatience: Patience = { connectMs: 60_000, statementMs: 600_000, lockMs: 60_000, idleMs: 300_000 };

/** This transaction may take its time, as `workPatience` has it: a file of a million rows is taken over by a few statements. */
export const takeTime = (tx: Tx): Promise<unknown> =>
  execute(
    tx,
    sql`select set_config('statement_timeout', ${String(workPatience.statementMs)}, true),
      set_config('lock_timeout', ${String(workPatience.lockMs)}, true)`,
  );

/** `pipeline`: queries do not wait for each other's answers on their way out; cursors and COPY are not to be had then. */
export const openPool = (
  databaseUrl: string,
  max = 20,
  { pipeline = false, patience = pagePatience }: { pipeline?: boolean; patience?: Patience } = {},
): Pool => {
  const pool = new Pool({
    connectionString: databaseUrl,
    max,
    pipeline,
    application_name: 'waihu',
    keepAlive: true,
    connectionTimeoutMillis: patience.connectMs,
    statement_timeout: patience.statementMs,
    lock_timeout: patience.lockMs,
    idle_in_transaction_session_timeout: patience.idleMs,
  });
  // An idle connection lost with its server is not a crash: the next query opens another or reports the fault.
  pool.on('error', () => undefined);
  // Nor is one lost between two statements of a transaction: the pool listens for idle ones only, and the next statement says it.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
};
export type { Pool, PoolClient };
