import { randomUUIDv7 } from 'node:crypto';
import cookie from '@fastify/cookie';
import fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AuditSeals } from '../../house/audit/seals.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { waitingKeys } from '../../house/credential.command.ts';
import { waitingExports } from '../../customer/plain-export.command.ts';
import { unreadCount } from '../../house/notice/notice.command.ts';
import { gatewayOfAccount } from '../../sms/gateway-of-account.ts';
import { openReplyCount } from '../../sms/reply.command.ts';
import { awaitingCount } from '../../form/sign-off.command.ts';
import type { Processes } from '../../house/processes.ts';
import type { InstallationKey } from '../../kernel/installation-key.rule.ts';
import type { Pool } from '../../kernel/sql.db.ts';
import { createChannelKit, type ChannelKit } from '../../house/notice/kit.ts';
import { createSeal } from '../../house/notice/sealed.ts';
import type { OidcSettings } from '../../house/sign-in/library.ts';
import { createSignIn } from '../../house/sign-in/sign-in.ts';
import type { Api, RouteDeps } from '../../kit/http/api.ts';
import { callerOf, createAuthenticator, guardRoutes } from '../../kit/http/auth.ts';
import { describeApi, serveDocs } from './docs.ts';
import { createConsole } from './console.ts';
import { publishedKeyRoutes } from '../../form/archive/keys.api.ts';
import { healthRoutes, type Readiness } from './health.ts';
import { addIdempotency } from '../../kit/http/idempotency.ts';
import { handleError } from '../../kit/http/problem.ts';
import { apiRoutes } from './routes.ts';
import { offerSubjects } from '../subjects.ts';
import { countRequests, metricsRoutes, type MetricsPage } from '../metrics.api.ts';
import { addSafetyHeaders } from '../../kit/http/safety-headers.ts';
import { limitSlowBodies, usualPatience, type BodyPatience } from '../../kit/http/slow-body.ts';
import { guardTexts } from '../../kit/http/text-gate.ts';

export type ServerDeps = {
  pool: Pool;
  processes: Processes;
  key: InstallationKey;
  /** Where people reach this server, for links and sessions. */
  publicUrl: string;
  /** Of the browser that prints; found by itself when it is not given. */
  browserPath?: string | undefined;
  /** The house's own identity server, when there is one. */
  oidc?: OidcSettings | undefined;
  /** Hosts that messages may be sent to; Alibaba's own when it is not given. */
  gatewayEndpoints?: readonly string[] | undefined;
  /** The installation's key and file of seals. */
  seals?: AuditSeals | undefined;
  /** Addresses and networks of reverse proxies: what they say about the client's address is believed. */
  trustedProxies?: readonly string[] | undefined;
  patience?: BodyPatience;
  /** Of notices outside the console; without it they reach the public network only. */
  channelKit?: ChannelKit;
  /** The first administrator's one-time link was used: they can sign in now. */
  onFirstSignIn?: () => void;
  /** Days for which giving somebody a way in bars from approving their signing keys. */
  wayInDays?: number | undefined;
  logger: FastifyBaseLogger;
  readiness: () => Promise<Readiness>;
  now?: () => Date;
  /** `/metrics`, when a token for it is set. */
  metrics?: MetricsPage | undefined;
  /** Webhooks and pages; each route needs `config.needs` like any other. */
  extraRoutes?: (app: Api) => Promise<void> | void;
};

/** The whole HTTP side, not yet listening. Throws when a route does not say who may call it. */
export async function createServer(deps: ServerDeps): Promise<Api> {
  const { pool, processes, logger } = deps;
  offerSubjects();
  const now = deps.now ?? (() => new Date());
  const patience = deps.patience ?? usualPatience;
  const app: Api = fastify({
    loggerInstance: logger,
    // Our own line, below: Fastify's shows the whole URL.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUIDv7(),
    routerOptions: { maxParamLength: 200 },
    // Load balancers close idle connections after 60 s; the server must not be first.
    keepAliveTimeout: 72_000,
    http: { headersTimeout: patience.headersMs, connectionsCheckingInterval: Math.min(5_000, patience.headersMs) },
    trustProxy: deps.trustedProxies && deps.trustedProxies.length > 0 ? [...deps.trustedProxies] : false,
    // Before there is a route: an address that cannot be decoded or has a part that is too long.
    frameworkErrors: (error, request, reply) => void handleError(error, request, reply),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  logRequests(app);
  addSafetyHeaders(app, deps.publicUrl);
  limitSlowBodies(app, patience);
  if (deps.metrics) countRequests(app, deps.metrics);

  const signIn = createSignIn({ pool, key: deps.key, baseUrl: deps.publicUrl, oidc: deps.oidc });
  const authenticator = createAuthenticator({ pool, signIn });
  await app.register(cookie);
  guardRoutes(app, authenticator);
  guardTexts(app);
  addIdempotency(app, pool);
  await describeApi(app);

  const gatewayOf = gatewayOfAccount(deps.gatewayEndpoints);
  const identityKey = deps.key.subkey('identity');
  const voiceSeal = createSeal(deps.key, 'voice-account');
  const routeDeps: RouteDeps = {
    pool,
    arrival: { pool, signIn, now, secure: deps.publicUrl.startsWith('https:'), onLinkUsed: deps.onFirstSignIn },
    contextOf: (request) => ({
      pool,
      processes,
      signIn,
      staff: callerOf(request),
      session: request.session,
      identityKey,
      now,
      voiceSeal,
      ...(deps.seals && { seals: deps.seals }),
      ...(deps.wayInDays !== undefined && { wayInDays: deps.wayInDays }),
      ...(deps.gatewayEndpoints && { gatewayEndpoints: deps.gatewayEndpoints }),
    }),
    sealFingerprint: deps.seals?.key.fingerprint ?? null,
    gatewayOf,
    channelKit:
      deps.channelKit ?? createChannelKit({ pool, key: deps.key, publicUrl: deps.publicUrl, allowed: [], gatewayOf }),
    forgetCallers: authenticator.forget,
    callerAgain: async (request) => (await authenticator.authenticate(request)).staff,
    publicUrl: deps.publicUrl,
    browserPath: deps.browserPath,
  };
  const console = createConsole({
    ...routeDeps,
    signIn,
    badges: async (ctx) => ({
      'sign-off': await awaitingCount(ctx),
      people: await waitingKeys(ctx),
      customers: await waitingExports(ctx),
      notices: await unreadCount(ctx),
      replies: await openReplyCount(ctx),
    }),
  });
  app.setErrorHandler(
    (error, request, reply) => console.refuse(error, request, reply) ?? handleError(error, request, reply),
  );
  app.setNotFoundHandler((request, reply) => {
    const missing = new AppError('missing', 'route.missing', 'There is no such route; /api/docs lists them.');
    return console.refuse(missing, request, reply) ?? handleError(missing, request, reply);
  });
  healthRoutes(app, deps.readiness);
  if (deps.metrics) metricsRoutes(app, deps.metrics);
  publishedKeyRoutes(app, deps.seals);
  await app.register(async (api) => apiRoutes(api.withTypeProvider<ZodTypeProvider>(), routeDeps), {
    prefix: '/api/v1',
  });
  await app.register(async (pages) => console.serve(pages.withTypeProvider<ZodTypeProvider>()));
  await deps.extraRoutes?.(app);
  await serveDocs(app);
  return app;
}

/** One line a request: the route's pattern, never the URL, whose query or ids a caller may fill with anything. */
function logRequests(app: Api): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? null;
    if (route === '/healthz' || route === '/readyz' || route === '/metrics') return;
    request.log.info(
      {
        method: request.method,
        route,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        staffId: request.staff?.id ?? null,
      },
      'Answered a request.',
    );
  });
}
