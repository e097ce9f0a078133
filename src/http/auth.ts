import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { AppError } from '../domain/app-error.ts';
import { permissionsOf, type Permission } from '../domain/permission.ts';
import type { Staff } from '../commands/context.ts';
import { findStaff } from '../db/staff.ts';
import type { Pool } from '../db/sql.ts';
import type { SignIn } from '../sign-in/sign-in.ts';

export type Needs = Permission | 'nobody-signed-in';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. A route without it does not start, and would be denied to everybody. */
    needs?: Needs;
  }
  interface FastifyRequest {
    /** Who calls; null on routes that need nobody. */
    staff: Staff | null;
  }
}

// A revoked key must stop working within five seconds, also in other processes; here it stops at once (`forget`).
const trustSeconds = 3;
const cacheSize = 1000;

export type Authenticator = { authenticate: (request: FastifyRequest) => Promise<Staff>; forget: () => void };

export function createAuthenticator({ pool, signIn }: { pool: Pool; signIn: SignIn }): Authenticator {
  const known = new Map<string, { staff: Staff; until: number }>();

  const look = async (secret: string): Promise<Staff> => {
    const key = await signIn.verifyKey(secret);
    if (!key)
      throw notSignedIn(
        'auth.key-unknown',
        'This API key is unknown, revoked or expired; ask an administrator for another.',
      );
    const row = await findStaff(pool, key.staffId);
    if (!row || row.disabledAt)
      throw notSignedIn('auth.staff-disabled', 'The owner of this API key is disabled; ask an administrator.');
    const { id, name, unit, roles } = row;
    return { id, name, unit, roles };
  };

  return {
    async authenticate(request) {
      const secret = secretOf(request);
      if (secret === null) {
        throw notSignedIn('auth.required', 'Send an API key: `authorization: Bearer whk_…` or `x-api-key: whk_…`.');
      }
      const digest = createHash('sha256').update(secret).digest('base64');
      const found = known.get(digest);
      if (found && found.until > performance.now()) return found.staff;
      // The clock starts before the look, or a revocation during it would be trusted for longer.
      const until = performance.now() + trustSeconds * 1000;
      const staff = await look(secret);
      if (known.size >= cacheSize) known.clear();
      known.set(digest, { staff, until });
      return staff;
    },
    forget: () => known.clear(),
  };
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
  app.decorateRequest('staff', null);
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
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const needs = request.routeOptions.config.needs;
    if (needs === 'nobody-signed-in') return;
    request.staff = await authenticator.authenticate(request);
    if (needs !== undefined && permissionsOf(request.staff.roles).has(needs)) return;
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
  if (!request.staff) throw new AppError('denied', 'auth.required', 'Send an API key.');
  return request.staff;
}
