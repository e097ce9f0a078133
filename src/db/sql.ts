import { Pool, types, type PoolClient, type QueryResult } from 'pg';
import type { z } from 'zod';

// Counts and money fit in 2^53: as strings (pg's default for int8) they would concatenate instead of add.
types.setTypeParser(types.builtins.INT8, Number);

export type Sql = { text: string; values: unknown[] };
/** A pool or one open transaction. */
export type Db = Pick<PoolClient, 'query'>;
export type Tx = Db & { readonly inTransaction: true };

/** SQL whose values can only become bind parameters. `sql` fragments nest. */
export function sql(strings: TemplateStringsArray, ...parts: unknown[]): Sql {
  let text = strings[0] ?? '';
  const values: unknown[] = [];
  parts.forEach((part, index) => {
    if (isSql(part)) {
      text += part.text.replaceAll(/\$(\d+)/g, (_, n: string) => `$${Number(n) + values.length}`);
      values.push(...part.values);
    } else {
      values.push(part);
      text += `$${values.length}`;
    }
    text += strings[index + 1] ?? '';
  });
  return { text, values };
}
const isSql = (part: unknown): part is Sql => typeof part === 'object' && part !== null && 'text' in part && 'values' in part && Array.isArray(part.values);

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

export const openPool = (databaseUrl: string, max = 20): Pool => {
  const pool = new Pool({ connectionString: databaseUrl, max, application_name: 'waihu' });
  // An idle connection lost with its server is not a crash: the next query opens another or reports the fault.
  pool.on('error', () => undefined);
  return pool;
};
export type { Pool };
