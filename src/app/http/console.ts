import compress from '@fastify/compress';
import formbody from '@fastify/formbody';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { listSignedWith } from '../../form/signed-with.command.ts';
import { showFirstRun, showNextAct } from '../../report/first-run.command.ts';
import { setOwnLanguage } from '../../house/staff.command.ts';
import { landingOf } from '../../house/landing.rule.ts';
import { rightsOf, type Permission } from '../../kernel/permission.rule.ts';
import {
  createTranslators,
  languageOf,
  languages,
  readCatalogue,
  type Language,
  type Translate,
} from '../../kernel/translate.ts';
import type { Api, RouteDeps } from '../../kit/http/api.ts';
import { visitorOf } from '../../kit/http/auth.ts';
import { noteFault } from '../../kit/http/problem.ts';
import { createAssetUrls, serveAssets } from '../../kit/page/assets.ts';
import { setFlash, takeFlash } from '../../kit/page/flash.ts';
import { menuFor, type MenuId } from '../../kit/page/menu.ts';
import { nextOf, type PageFault, type Pages } from '../../kit/page/page.ts';
import { nouns } from './pages.ts';
import { createView } from '../../kit/page/view.ts';

export type Console = {
  /** Adds the pages to the server. */
  serve(app: Api): Promise<void>;
  /** Says on a page why the request failed; null when the route is no page. */
  refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> | null;
};

// Everything comes from this server: a string that slipped into a page as markup can load and run nothing.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const languageCookie = 'waihu-language';

const languageFor = (request: FastifyRequest): Language => {
  const chosen = languages.find((language) => language === request.cookies[languageCookie]);
  return chosen ?? request.staff?.language ?? languageOf(request.headers['accept-language']);
};
const rightsOfCaller = (request: FastifyRequest) => rightsOf(request.staff?.grants ?? []);

const html = (reply: FastifyReply, body: string) =>
  reply
    .header('content-security-policy', policy)
    .header('referrer-policy', reply.getHeader('referrer-policy') ?? 'same-origin')
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .serializer((value: unknown) => value as string)
    .send(body);

type ConsoleDeps = RouteDeps & Pick<Pages, 'signIn'> & { badges?: Badges };

export function createConsole(deps: ConsoleDeps): Console {
  const asset = createAssetUrls();
  const view = createView(asset);
  const translators = createTranslators(readCatalogue());

  const translatorOf = (request: FastifyRequest) => translators[languageFor(request)];
  const environmentOf = (request: FastifyRequest) => {
    const rights = rightsOfCaller(request);
    return { t: translatorOf(request), may: (permission: Permission) => rights.has(permission) };
  };

  const fragment: Pages['fragment'] = (request, reply, name, data) =>
    html(reply, view(name, data, environmentOf(request)));

  const page: Pages['page'] = async (request, reply, name, data) => {
    const environment = environmentOf(request);
    const flash = takeFlash(request, reply);
    const counts = request.staff && deps.badges ? await deps.badges(deps.contextOf(request)) : {};
    const next = data.leadsOn && request.staff ? await showNextAct(deps.contextOf(request)) : null;
    const layout = {
      title: data.title,
      // Nothing leads to where the reader is.
      firstRunNext: next?.act && next.act.href !== pathOf(request) ? next : null,
      staff: request.staff,
      menu: request.staff ? menuFor(environment.may, data.nav, counts) : [],
      unread: counts.notices ?? 0,
      crumbs: data.crumbs ?? [],
      styles: [...(data.styles ?? []), ...(next ? ['first-run.css'] : [])],
      scripts: data.scripts ?? [],
      charts: data.charts ?? false,
      flash: flash && sentenceOf(environment.t, flash),
      now: new Date(),
      here: request.method === 'GET' ? request.url : pathOfReferer(request),
      body: view(name, data, environment),
    };
    return html(reply, view('layout', layout, environment));
  };

  const faultOf = (request: FastifyRequest, error: unknown): PageFault => {
    if (!(error instanceof AppError) && !(error instanceof z.ZodError)) throw error;
    const t = translatorOf(request);
    if (error instanceof z.ZodError) {
      const fields = Object.fromEntries(error.issues.map((issue) => [issue.path.join('.'), t('common.field-invalid')]));
      return { code: 'request.invalid', message: t('error.request.invalid'), fields };
    }
    const params = Object.fromEntries(
      Object.entries(error.details ?? {}).filter(([, value]) => typeof value === 'string' || typeof value === 'number'),
    ) as Record<string, string | number>;
    const sentence = (code: string, message: string) => (t.has(`error.${code}`) ? t(`error.${code}`, params) : message);
    const faults = Faults.safeParse(error.details).data?.faults ?? [];
    const fields = Object.fromEntries(
      faults.map(({ field, code, message }) => [field, code ? sentence(code, message) : message]),
    );
    const { field } = error.details ?? {};
    if (typeof field === 'string') fields[field] ??= sentence(error.code, error.message);
    return { code: error.code, message: sentence(error.code, error.message), fields };
  };

  const pages: Pages = {
    ...deps,
    translatorOf,
    page,
    fragment,
    render: (request, name, data) => view(name, data, environmentOf(request)),
    firstRun: (request) => showFirstRun(deps.contextOf(request)),
    stillSigned: async (request, id) => {
      const { signed } = await listSignedWith(deps.contextOf(request), id);
      return signed.length > 0 ? `/signing-keys/${id}/campaigns` : null;
    },
    faultOf,
    done(_, reply, href, key, params = {}) {
      setFlash(reply, key, params);
      return reply.redirect(href, 303);
    },
  };

  async function refusalPage(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const problem = noteFault(error, request, reply);
    const wantsFragment = request.headers['hx-request'] === 'true';
    if (problem.status === 401) {
      const next = request.method === 'GET' && !wantsFragment ? request.url : pathOfReferer(request);
      const href = `/sign-in?next=${encodeURIComponent(next)}`;
      if (wantsFragment) return reply.code(200).header('hx-redirect', href).send();
      return reply.redirect(href, 303);
    }
    const t = translatorOf(request);
    const known = error instanceof AppError ? faultOf(request, error).message : null;
    const generic = (): string => (t.has(`error.${problem.code}`) ? t(`error.${problem.code}`) : problem.detail);
    const shown = {
      status: problem.status,
      message: known ?? generic(),
      code: problem.code,
      requestId: request.id,
      right: rightMissing(error, t),
      back: request.method === 'GET' ? '/' : pathOfReferer(request),
    };
    if (wantsFragment) return fragment(request, reply.code(200), 'part/refusal', shown);
    void reply.code(problem.status);
    return page(request, reply, 'refusal', {
      ...shown,
      title: t(`refusal.title-${titleOf(problem.status)}`),
      nav: 'none',
    });
  }

  /** Islands show the sentence; what they do about it goes by the code. */
  async function refusalForScript(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { status, code } = noteFault(error, request, reply);
    const sentence =
      error instanceof AppError ? faultOf(request, error).message : translatorOf(request)(`error.${code}`);
    return reply
      .code(status)
      .type('application/json')
      .serializer((value: unknown) => JSON.stringify(value))
      .send({ code, sentence });
  }

  return {
    async serve(app) {
      app.addHook('onRoute', (route) => {
        // Pages are for people: the description of the API does not list them.
        route.schema = { ...route.schema, hide: true };
        route.config = { page: true, ...route.config };
      });
      app.addHook('onRequest', async (request, reply) => {
        const href = request.method === 'GET' ? byName(request, deps.publicUrl) : null;
        if (href !== null) return reply.redirect(href, 302);
      });
      await app.register(formbody);
      await app.register(compress, { threshold: 1_024, encodings: ['gzip', 'identity'] });
      await serveAssets(app);
      app.get('/', { config: { needs: 'self:read' } }, (request, reply) => {
        const first = menuFor(environmentOf(request).may, 'none', {})[0]?.items[0];
        return reply.redirect(landingOf(request.staff?.grants ?? []) ?? first?.href ?? '/account', 303);
      });
      app.post(
        '/language',
        {
          config: { needs: 'nobody-signed-in' },
          schema: { body: z.object({ language: z.enum(languages), back: z.string().max(2_000).optional() }) },
        },
        async (request, reply) => {
          const year = 365 * 86_400;
          const value = request.body.language;
          if (await deps.signIn.sessionOf(visitorOf(request))) {
            request.staff = await deps.callerAgain(request);
            await setOwnLanguage(deps.contextOf(request), { language: value });
          }
          return reply
            .setCookie(languageCookie, value, { path: '/', httpOnly: true, sameSite: 'lax', maxAge: year })
            .redirect(nextOf(request.body.back ?? pathOfReferer(request)), 303);
        },
      );
      for (const add of nouns) await add(app, pages);
    },
    refuse(error, request, reply) {
      const { page: isPage } = request.routeOptions.config;
      if (isPage === true || (request.is404 && wantsHtml(request))) return refusalPage(error, request, reply);
      return isPage === false ? refusalForScript(error, request, reply) : null;
    },
  };
}

/** Counts beside menu entries and the bell; one query for each page. */
export type Badges = (ctx: ReturnType<RouteDeps['contextOf']>) => Promise<Partial<Record<MenuId | 'notices', number>>>;

const Faults = z.object({
  faults: z.array(z.object({ field: z.string(), code: z.string().optional(), message: z.string() })),
});

/** The cookie is the browser's to change: a sentence that there is not, or that wants what is not given, is none. */
function sentenceOf(t: Translate, { key, params }: NonNullable<ReturnType<typeof takeFlash>>): string | null {
  try {
    return t.has(key) ? t(key, params) : null;
  } catch {
    return null;
  }
}

const titleOf = (status: number): string =>
  status === 403 ? 'denied' : status === 404 ? 'missing' : status >= 500 ? 'fault' : 'refused';

/** What the missing right would allow, in words, so that people know what to ask their administrator for. */
function rightMissing(error: unknown, t: Translate): string | null {
  const permission = error instanceof AppError ? error.details?.['permission'] : undefined;
  return typeof permission === 'string' && t.has(`permission.${permission}`) ? t(`permission.${permission}`) : null;
}

/** Passkeys belong to a name: who opens the console by this machine's address goes on at `localhost`, when that is its name. */
function byName(request: FastifyRequest, publicUrl: string): string | null {
  const isAddress = request.hostname === '127.0.0.1' || request.hostname === '[::1]';
  const { hostname, origin } = new URL(publicUrl);
  return isAddress && hostname === 'localhost' ? `${origin}${request.url}` : null;
}

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? '/';
const wantsHtml = (request: FastifyRequest): boolean => /text\/html/.test(request.headers.accept ?? '');
/** The page a form was on; only ever a path of ours. */
function pathOfReferer(request: FastifyRequest): string {
  const { referer } = request.headers;
  if (!referer || !URL.canParse(referer)) return '/';
  const { host, pathname, search } = new URL(referer);
  return host === request.headers.host ? `${pathname}${search}` : '/';
}
