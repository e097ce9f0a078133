import { randomUUIDv7 } from 'node:crypto';
import pino from 'pino';
import { afterAll } from 'vitest';
import type { Processes } from '../../../../src/house/processes.ts';
import { insertStaff, replaceRoles } from '../../../../src/house/staff.db.ts';
import { transaction, type Pool } from '../../../../src/kernel/sql.db.ts';
import { roles, type Role } from '../../../../src/kernel/permission.rule.ts';
import type { Api } from '../../../../src/kit/http/api.ts';
import type { Readiness } from '../../../../src/app/http/health.ts';
import { createServer } from '../../../../src/app/http/server.ts';
import type { ChannelKit } from '../../../../src/house/notice/kit.ts';
import { createSignIn, type SignIn } from '../../../../src/house/sign-in/sign-in.ts';
import { testDatabase } from '../../../kit/database.ts';
import type { AuditSeals } from '../../../../src/house/audit/seals.ts';
import { anyLocalPort } from '../../../kit/endpoints.ts';
import { sessionHeaders } from '../../../kit/session.ts';
import type { InstallationKey } from '../../../../src/kernel/installation-key.rule.ts';
import { newKey } from '../../../kit/installation-key.ts';

export type Person = { id: string; key: string; keyId: string };
export type Answer = { status: number; body: Record<string, unknown>; headers: Record<string, unknown>; text: string };
export type House = {
  app: Api;
  pool: Pool;
  signIn: SignIn;
  key: InstallationKey;
  /** One person for each role, and only that role. `signedIn`: in a session of their own instead of by API key. */
  people: Record<Role, Person>;
  hire(held: readonly Role[]): Promise<Person>;
  call(
    method: 'GET' | 'POST',
    path: string,
    options?: { as?: Person | null; body?: unknown; headers?: Record<string, string>; signedIn?: boolean },
  ): Promise<Answer>;
  /** Headers of the person's own session. */
  sessionOf(staffId: string): Promise<Record<string, string>>;
  /** Everything that was logged, as one text. */
  log(): string;
};

const nothingRuns: Processes = {
  startCampaign: async () => {},
  sign: async () => {},
  startSignOff: async () => {},
  startCallList: async () => {},
  notify: async () => {},
  estimateDraft: async () => {},
  sendTest: async () => {},
};

/** The whole HTTP side on a database of its own. Workflows are not part of these tests. */
export async function openHouse(
  given: {
    readiness?: () => Promise<Readiness>;
    extraRoutes?: (app: Api) => void;
    processes?: Processes;
    seals?: AuditSeals;
    channelKit?: (pool: Pool) => Promise<ChannelKit>;
  } = {},
): Promise<House> {
  const { pool } = await testDatabase();
  const lines: string[] = [];
  const key = newKey();
  const app = await createServer({
    pool,
    processes: given.processes ?? nothingRuns,
    key,
    publicUrl: 'http://127.0.0.1',
    gatewayEndpoints: anyLocalPort,
    logger: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
    readiness: given.readiness ?? (async () => ({ database: true, temporal: true, people: true, senders: true })),
    ...(given.seals && { seals: given.seals }),
    ...(given.extraRoutes && { extraRoutes: given.extraRoutes }),
    ...(given.channelKit && { channelKit: await given.channelKit(pool) }),
  });
  afterAll(() => app.close());
  const signIn = createSignIn({ pool, key, baseUrl: 'http://127.0.0.1' });

  const hire = async (held: readonly Role[]): Promise<Person> => {
    const id = randomUUIDv7();
    await transaction(pool, async (tx) => {
      await insertStaff(tx, { id, name: `Person ${held.join(' ')}`, email: `${id}@example.com`, unit: 'Test' });
      await replaceRoles(tx, id, held);
    });
    const { secret, id: keyId } = await signIn.issueKey({ staffId: id, name: 'test', expiresInSeconds: null });
    return { id, key: secret, keyId };
  };
  const hired = await Promise.all(roles.map(async (role) => [role, await hire([role])] as const));
  const people = Object.fromEntries(hired) as Record<Role, Person>;

  const sessions = new Map<string, ReturnType<typeof sessionHeaders>>();
  const sessionOf = (staffId: string): ReturnType<typeof sessionHeaders> => {
    const known = sessions.get(staffId) ?? sessionHeaders(pool, signIn, staffId, 'http://127.0.0.1');
    sessions.set(staffId, known);
    return known;
  };

  return {
    app,
    pool,
    signIn,
    key,
    people,
    hire,
    sessionOf,
    log: () => lines.join(''),
    async call(method, path, { as = people.administrator, body, headers = {}, signedIn = false } = {}) {
      const response = await app.inject({
        method,
        url: path.startsWith('/api') || !path.startsWith('/v1') ? path : `/api${path}`,
        headers: {
          ...(as && (signedIn ? await sessionOf(as.id) : { authorization: `Bearer ${as.key}` })),
          ...headers,
        },
        ...(body !== undefined && { payload: body as object }),
      });
      const json = /json/.test(response.headers['content-type'] ?? '');
      return {
        status: response.statusCode,
        body: json && response.body !== '' ? (JSON.parse(response.body) as Record<string, unknown>) : {},
        headers: response.headers,
        text: response.body,
      };
    },
  };
}
