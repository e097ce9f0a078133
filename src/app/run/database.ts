import { Client } from 'pg';
import { AppError } from '../../kernel/app-error.rule.ts';

const OLDEST = 15;

/** Connects, runs and disconnects. Never reuses a connection: used before any pool exists. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A server that goes down mid-way reports on the connection as well as on the query.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** That somebody else's database can be used. Throws `run.database-…` without the password. */
export async function checkDatabase(url: string): Promise<void> {
  let version: number;
  try {
    version = await withClient(url, async (client) => {
      const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
      return Math.floor(Number(rows[0]?.server_version_num) / 10_000);
    });
  } catch (error) {
    throw explainConnection(error, url);
  }
  if (version < OLDEST)
    throw new AppError(
      'invalid',
      'run.database-version',
      `The database at ${placeOf(url)} is PostgreSQL ${version}; Waihu needs ${OLDEST} or later.`,
    );
}

/** One sentence that names the place and the remedy; anything unknown keeps its cause. */
export function explainConnection(error: unknown, url: string): AppError {
  const code = (error as { code?: string }).code ?? '';
  const place = placeOf(url);
  const reasons: Record<string, string> = {
    ECONNREFUSED: `nothing listens at ${place}: start that PostgreSQL or correct host and port in DATABASE_URL`,
    ENOTFOUND: `the host of ${place} is unknown: correct the host in DATABASE_URL`,
    EAI_AGAIN: `the host of ${place} is unknown: correct the host in DATABASE_URL`,
    '28P01': `${place} refuses the user or the password in DATABASE_URL`,
    '28000': `${place} does not let this user in: correct DATABASE_URL or the server's pg_hba.conf`,
    '3D000': `${place} has no database of that name: create it or correct DATABASE_URL`,
    '53300': `${place} has no connection left: raise its max_connections`,
  };
  const reason = reasons[code] ?? `${place} does not answer: check DATABASE_URL and the network`;
  return new AppError(
    'unavailable',
    'run.database-unreachable',
    `The database cannot be used: ${reason}.`,
    { code },
    { cause: error },
  );
}

/** Host, port and database of a connection string; never user or password. */
export function placeOf(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  return `${hostname || (searchParams.get('host') ?? 'localhost')}:${port || '5432'}${pathname}`;
}
