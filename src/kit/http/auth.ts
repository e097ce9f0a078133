import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { AppError } from '../../kernel/app-error.rule.ts';
import { rightsOf, type Permission } from '../../kernel/permission.rule.ts';
import { actingStaff, type Staff } from '../../house/context.ts';
import { standInsOf } from '../../house/delegation.db.ts';
import { findStaff } from '../../house/staff.db.ts';
import type { Pool } from '../../kernel/sql.db.ts';
import type { Visitor } from '../../house/sign-in/answer.ts';
import type { SignIn } from '../../house/sign-in/sign-in.ts';

export type Needs = Permission | 'nobody-signed-in';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. A route without it does not start, and would be denied to everybody. */
    needs?: Needs;
  }
  interface FastifyInstance {
    /** Every route there is, with who may call it: what docs/roles.md and its test are made of. */
    guardedRoutes: readonly RouteOptions[];
  }
  interface FastifyRequest {
    /** Who calls; null on routes that need nobody. */
    staff: Staff | null;
    /** The session of the cookie; null with an API key and on routes that need nobody. */
    session: { id: string } | null;
  }
}

// A revoked key must stop working within five seconds, also in other processes; here it stops at once (`forget`).
const trustSeconds = 3;
const cacheSize = 1000;

/** `setCookie`: what the answer must carry when the session was renewed. */
export type Caller = { staff: Staff; session: { id: string } | null; setCookie: string[] };
export type Authenticator = { authenticate: (request: FastifyRequest) => Promise<Caller>; forget: () => void };

/** Who asks, as the sign-in commands want it. */
export const visitorOf = (request: FastifyRequest): Visitor => ({ headers: request.headers, address: request.ip });

/** Takes the API key first, else the session cookie. Keys are trusted from memory for seconds, sessions never. */
export function createAuthenticator({ pool, signIn }: { pool: Pool; signIn: SignIn }): Authenticator {
  const known = new Map<string, { staff: Staff; until: number }>();

  const staffOf = async (staffId: string, message: string): Promise<Staff> => {
    const row = await findStaff(pool, staffId);
    if (!row || row.disabledAt) throw notSignedIn('auth.staff-disabled', message);
    return actingStaff(row, await standInsOf(pool, row.id), new Date());
  };
  const ownerOf = async (secret: string): Promise<Staff> => {
    const key = await signIn.verifyKey(secret);
    if (!key)
      throw notSignedIn(
        'auth.key-unknown',
        'This API key is unknown, revoked or expired; ask an administrator for another.',
      );
    return staffOf(key.staffId, 'The owner of this API key is disabled; ask an administrator.');
  };
  const bySession = async (request: FastifyRequest): Promise<Caller> => {
    const session = await signIn.sessionOf(visitorOf(request));
    if (!session)
      throw notSignedIn(
        'auth.required',
        'Sign in, or send an API key: `authorization: Bearer whk_…` or `x-api-key: whk_…`.',
      );
    demandSameSite(request);
    const staff = await staffOf(session.staffId, 'You are disabled; ask an administrator.');
    return { staff, session: { id: session.sessionId }, setCookie: session.setCookie };
  };

  return {
    async authenticate(request) {
      const secret = secretOf(request);
      if (secret === null) return bySession(request);
      const digest = createHash('sha256').update(secret).digest('base64');
      const found = known.get(digest);
      if (found && found.until > performance.now()) return { staff: found.staff, session: null, setCookie: [] };
      // The clock starts before the look, or a revocation during it would be trusted for longer.
      const until = performance.now() + trustSeconds * 1000;
      const staff = await ownerOf(secret);
      if (known.size >= cacheSize) known.clear();
      known.set(digest, { staff, until });
      return { staff, session: null, setCookie: [] };
    },
    forget: () => known.clear(),
  };
}

/**
 * Throws `auth.cross-site` for a request that changes something and was not made by a page of this server: browsers send
 * the session cookie along with forms of other sites, too. Routes that sign people in call it themselves.
 */
export function demandSameSite({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): void {
  if (method === 'GET' || method === 'HEAD') return;
  const site = headers['sec-fetch-site'];
  if (
    site === undefined ? hostOf(headers.origin) === headers.host && headers.host !== undefined : site === 'same-origin'
  )
    return;
  throw notSignedIn('auth.cross-site', 'This request comes from another site; open the page here and try again.');
}

function hostOf(origin: string | undefined): string | null {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : null;
}

function secretOf(request: FastifyRequest): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const header = request.headers['x-api-key'];
  return bearer ?? (typeof header === 'string' && header !== '' ? header : null);
}

const notSignedIn = (code: string, message: string) => new AppError('denied', code, message);

/** Guards every route of `app`: deny unless the route's `needs` says otherwise, before a byte of the body is read. */
export function guardRoutes(app: FastifyInstance, authenticator: Authenticator): void {
  const routes: RouteOptions[] = [];
  app.decorate('guardedRoutes', routes);
  app.decorateRequest('staff', null);
  app.decorateRequest('session', null);
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', (done) => {
    const open = routes
      .filter((route) => route.config?.needs === undefined)
      .map((route) => `${String(route.method)} ${route.url}`);
    done(
      open.length > 0
        ? new Error(`These routes do not say who may call them (config.needs): ${open.join(', ')}.`)
        : undefined,
    );
  });
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return;
    const needs = request.routeOptions.config.needs;
    if (needs === 'nobody-signed-in') return;
    const { staff, session, setCookie } = await authenticator.authenticate(request);
    request.staff = staff;
    request.session = session;
    if (setCookie.length > 0) void reply.header('set-cookie', setCookie);
    if (needs !== undefined && rightsOf(request.staff.grants).has(needs)) return;
    throw new AppError(
      'denied',
      'permission.denied',
      `This needs the right ${needs ?? 'of nobody'}, which none of your roles grants.`,
      {
        permission: needs ?? null,
      },
    );
  });
}

/** The person who calls. Routes that need a permission always have one. */
export function callerOf(request: FastifyRequest): Staff {
  if (!request.staff) throw new AppError('denied', 'auth.required', 'Sign in, or send an API key.');
  return request.staff;
}
