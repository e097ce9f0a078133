import { z } from 'zod';
import { renderSVG } from 'uqr';
import { browseDelegations } from './delegation.command.ts';
import { browseSessions, revokeOtherSessions, revokeSession } from './session.command.ts';
import {
  beginTotp,
  changePassword,
  confirmTotp,
  disableTotp,
  passkeyRegistrationOptions,
  registerPasskey,
  removePasskey,
  renewBackupCodes,
  showWaysIn,
} from './way-in.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { browseUnits } from './unit.command.ts';
import { listStaff } from './staff.db.ts';
import type { SessionRow } from './session.db.ts';
import { shortestPassword } from './sign-in/limits.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Api } from '../kit/http/api.ts';
import { visitorOf } from '../kit/http/auth.ts';
import { withEnd } from './delegation.page.ts';
import { refusedWith, type PageFault, type Pages } from '../kit/page/page.ts';
import { signingKeysOf } from './signing-key.page.ts';

const mine = { needs: 'self:write' } as const;
const forPrograms = { ...mine, page: false } as const;
const OneId = z.object({ id: z.uuid() });
const OwnPassword = z.object({ password: z.string().max(1_000) });

/** One's own sign-in, sessions and stand-ins. Which rights somebody has is decided on the page of people. */
export function accountPages(app: Api, pages: Pages): void {
  const show = async (request: FastifyRequest, reply: FastifyReply, fault: (PageFault & { at: string }) | null) => {
    const ctx = pages.contextOf(request);
    const t = pages.translatorOf(request);
    const delegations = await browseDelegations(ctx);
    const sessions = await browseSessions(ctx);
    return pages.page(request, reply, 'account/show', {
      title: t('account.title'),
      nav: 'account',
      scripts: ['account.js', 'signing-key.js'],
      styles: ['people.css'],
      me: ctx.staff,
      grants: ctx.staff.grants.map(({ role, unit, onBehalfOf }) => ({
        role,
        unit,
        borrowed: onBehalfOf !== undefined,
      })),
      ways: await showWaysIn(ctx),
      shortestPassword,
      sessions: sessions.map((session) => shownSession(session, request.session?.id)),
      delegations: delegations
        .filter(({ staffId, delegateId }) => staffId === ctx.staff.id || delegateId === ctx.staff.id)
        .map((each) => withEnd(each, ctx.now())),
      signs: ctx.staff.grants.some(({ role, onBehalfOf }) => signing(role) && onBehalfOf === undefined),
      people: (await listStaff(ctx.pool)).filter(({ id, disabledAt }) => id !== ctx.staff.id && disabledAt === null),
      units: (await browseUnits(ctx)).filter(({ retiredAt }) => retiredAt === null).map(({ name }) => name),
      signingKeys: await signingKeysOf(pages, request),
      fault,
    });
  };
  /** Runs a form's command; what it refuses is said beside that form. */
  const act = async (request: FastifyRequest, reply: FastifyReply, at: string, work: () => Promise<FastifyReply>) => {
    try {
      return await work();
    } catch (error) {
      return show(request, refusedWith(reply, error, 422), { ...pages.faultOf(request, error), at });
    }
  };
  const done = (request: FastifyRequest, reply: FastifyReply, key: string, setCookie: string[] = []) =>
    pages.done(request, setCookie.length > 0 ? reply.header('set-cookie', setCookie) : reply, '/account', key);

  app.get('/account', { config: { needs: 'self:read' } }, (request, reply) => show(request, reply, null));

  app.post(
    '/account/password',
    {
      config: mine,
      schema: {
        body: z.object({ current: z.string().max(1_000), next: z.string().max(1_000), again: z.string().max(1_000) }),
      },
    },
    (request, reply) =>
      act(request, reply, 'password', async () => {
        const { current, next, again } = request.body;
        if (next !== again)
          throw new AppError('invalid', 'password.not-the-same', 'The two passwords differ.', { field: 'again' });
        const sessionId = sessionOf(request);
        await changePassword(pages.contextOf(request), { current, next, sessionId }, visitorOf(request));
        return done(request, reply, 'account.password-changed');
      }),
  );

  app.post('/account/totp', { config: mine, schema: { body: OwnPassword } }, (request, reply) =>
    act(request, reply, 'totp', async () => {
      const { uri, backupCodes } = await beginTotp(pages.contextOf(request), request.body, visitorOf(request));
      return pages.page(request, reply, 'account/totp', {
        title: pages.translatorOf(request)('account.totp-title'),
        nav: 'account',
        styles: ['people.css'],
        crumbs: [{ href: '/account', label: pages.translatorOf(request)('account.title') }],
        picture: `data:image/svg+xml;base64,${Buffer.from(renderSVG(uri)).toString('base64')}`,
        secret: new URL(uri).searchParams.get('secret') ?? '',
        backupCodes,
      });
    }),
  );
  app.post(
    '/account/totp/confirm',
    { config: mine, schema: { body: z.object({ code: z.string().trim().max(20) }) } },
    (request, reply) =>
      act(request, reply, 'totp', async () =>
        done(
          request,
          reply,
          'account.totp-on',
          await confirmTotp(pages.contextOf(request), request.body, visitorOf(request)),
        ),
      ),
  );
  app.post('/account/totp/remove', { config: mine, schema: { body: OwnPassword } }, (request, reply) =>
    act(request, reply, 'totp', async () =>
      done(
        request,
        reply,
        'account.totp-off',
        await disableTotp(pages.contextOf(request), request.body, visitorOf(request)),
      ),
    ),
  );
  app.post('/account/totp/backup-codes', { config: mine, schema: { body: OwnPassword } }, (request, reply) =>
    act(request, reply, 'totp', async () => {
      const backupCodes = await renewBackupCodes(pages.contextOf(request), request.body, visitorOf(request));
      return pages.page(request, reply, 'account/backup-codes', {
        title: pages.translatorOf(request)('account.backup-codes'),
        nav: 'account',
        styles: ['people.css'],
        crumbs: [{ href: '/account', label: pages.translatorOf(request)('account.title') }],
        backupCodes,
      });
    }),
  );

  app.post('/account/passkeys/options', { config: forPrograms }, async (request, reply) => {
    const { options, setCookie } = await passkeyRegistrationOptions(pages.contextOf(request), visitorOf(request));
    return reply.header('set-cookie', setCookie).send(options);
  });
  app.post(
    '/account/passkeys',
    {
      config: forPrograms,
      schema: {
        body: z.object({ name: z.string().trim().min(1).max(80), response: z.record(z.string(), z.unknown()) }),
      },
    },
    (request) => registerPasskey(pages.contextOf(request), request.body, visitorOf(request)),
  );
  app.post('/account/passkeys/:id/remove', { config: mine, schema: { params: OneId } }, async (request, reply) => {
    await removePasskey(pages.contextOf(request), { passkeyId: request.params.id });
    return done(request, reply, 'account.passkey-removed');
  });

  app.post('/account/sessions/:id/end', { config: mine, schema: { params: OneId } }, async (request, reply) => {
    await revokeSession(pages.contextOf(request), request.params.id);
    return done(request, reply, 'account.session-ended');
  });
  app.post('/account/sessions/end-others', { config: mine }, async (request, reply) => {
    await revokeOtherSessions(pages.contextOf(request), sessionOf(request));
    return done(request, reply, 'account.sessions-ended');
  });
}

/** Keys have no session to keep or replace: these acts are for browsers. */
function sessionOf(request: FastifyRequest): string {
  if (request.session) return request.session.id;
  throw new AppError('denied', 'session.needed', 'Sign in with a browser for this; an API key has no session.');
}

const signing = (role: string): boolean => role === 'liaison' || role === 'leader';
const shownSession = (session: SessionRow, current: string | undefined) => ({
  ...session,
  device: deviceOf(session.userAgent),
  current: session.id === current,
});

/** `Chrome · Windows`: enough to know one's own machines by. */
export function deviceOf(userAgent: string | null): string {
  const browser = /(Edg|OPR|MicroMessenger|Firefox|Chrome|Safari)/.exec(userAgent ?? '')?.[1];
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(userAgent ?? '')?.[1];
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS', MicroMessenger: 'WeChat' };
  return [browser, system].flatMap((name) => (name === undefined ? [] : [names[name] ?? name])).join(' · ') || '—';
}
