import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  finishOidc,
  passkeySignInOptions,
  signInWithCode,
  signInWithPasskey,
  signInWithPassword,
  signOut,
  startOidc,
} from './session.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { Entry } from './sign-in/sign-in.ts';
import type { Api } from '../kit/http/api.ts';
import { demandSameSite, visitorOf } from '../kit/http/auth.ts';
import { nextOf, refusedWith, type Pages } from '../kit/page/page.ts';

const open = { needs: 'nobody-signed-in' } as const;
const forPrograms = { ...open, page: false } as const;
const Next = z.object({ next: z.string().max(2_000).optional() });

export function signInPages(app: Api, pages: Pages): void {
  const { arrival } = pages;

  const form = (request: FastifyRequest, reply: FastifyReply, given: Partial<SignInForm>) =>
    pages.page(request, reply, 'sign-in/form', {
      title: pages.translatorOf(request)('sign-in.title'),
      nav: 'none',
      scripts: ['sign-in.js'],
      next: given.next ?? '/',
      email: given.email ?? '',
      fault: given.fault ?? null,
      oidc: pages.signIn.oidc !== null,
    });

  const codeForm = (request: FastifyRequest, reply: FastifyReply, next: string, fault: SignInForm['fault']) =>
    pages.page(request, reply, 'sign-in/code', {
      title: pages.translatorOf(request)('sign-in.code-title'),
      nav: 'none',
      next,
      fault,
    });

  app.get('/sign-in', { config: open, schema: { querystring: Next } }, async (request, reply) => {
    if (await pages.signIn.sessionOf(visitorOf(request))) return reply.redirect(nextOf(request.query.next), 303);
    return form(request, reply, { next: nextOf(request.query.next) });
  });

  app.post(
    '/sign-in',
    { config: open, schema: { body: Next.extend({ email: z.string().max(254), password: z.string().max(1_000) }) } },
    async (request, reply) => {
      demandSameSite(request);
      const { email, password } = request.body;
      const next = nextOf(request.body.next);
      try {
        const entry = await signInWithPassword(arrival, { email, password }, visitorOf(request));
        if (entry.kind !== 'refused') return enter(reply, entry, next);
        throw new AppError('denied', 'auth.refused', 'The e-mail address or the password is wrong.');
      } catch (error) {
        const fault = pages.faultOf(request, error);
        return form(request, refusedWith(reply, error, 401), { next, email, fault });
      }
    },
  );

  app.get('/sign-in/code', { config: open, schema: { querystring: Next } }, (request, reply) =>
    codeForm(request, reply, nextOf(request.query.next), null),
  );

  app.post(
    '/sign-in/code',
    { config: open, schema: { body: Next.extend({ code: z.string().trim().max(40) }) } },
    async (request, reply) => {
      demandSameSite(request);
      const next = nextOf(request.body.next);
      try {
        const entry = await signInWithCode(arrival, request.body.code, visitorOf(request));
        if (entry.kind === 'in') return enter(reply, entry, next);
        throw new AppError('denied', 'totp.wrong-code', 'This code is not right; take the next one.');
      } catch (error) {
        const fault = pages.faultOf(request, error);
        return codeForm(request, refusedWith(reply, error, 401), next, fault);
      }
    },
  );

  app.post('/sign-in/passkey/options', { config: forPrograms }, async (request, reply) => {
    demandSameSite(request);
    const { options, setCookie } = await passkeySignInOptions(arrival, visitorOf(request));
    return reply.header('set-cookie', setCookie).send(options);
  });

  app.post(
    '/sign-in/passkey',
    { config: forPrograms, schema: { body: Next.extend({ response: z.record(z.string(), z.unknown()) }) } },
    async (request, reply) => {
      demandSameSite(request);
      const entry = await signInWithPasskey(arrival, request.body.response, visitorOf(request));
      if (entry.kind !== 'in')
        throw new AppError('denied', 'auth.passkey-unknown', 'This passkey is not known here; sign in another way.');
      return reply.header('set-cookie', entry.setCookie).send({ location: nextOf(request.body.next) });
    },
  );

  app.get('/sign-in/oidc', { config: open, schema: { querystring: Next } }, async (request, reply) => {
    const paths = { onSuccess: nextOf(request.query.next), onRefusal: '/sign-in/refused' };
    const { url, setCookie } = await startOidc(arrival, paths, visitorOf(request));
    return reply.header('set-cookie', setCookie).redirect(url, 303);
  });
  app.get('/api/auth/callback/oidc', { config: open }, async (request, reply) => {
    const { location, setCookie } = await finishOidc(arrival, request.url, visitorOf(request));
    return reply.header('set-cookie', setCookie).redirect(location, 303);
  });
  app.get('/sign-in/refused', { config: open }, (request, reply) => {
    const fault = {
      code: 'auth.oidc-refused',
      message: pages.translatorOf(request)('error.auth.oidc-refused'),
      fields: {},
    };
    return form(request, reply.code(401), { fault });
  });

  app.post('/sign-out', { config: { needs: 'self:read' } }, async (request, reply) => {
    if (!request.session) return reply.redirect('/sign-in', 303);
    const setCookie = await signOut(pages.contextOf(request), request.session.id, visitorOf(request));
    return reply.header('set-cookie', setCookie).redirect('/sign-in', 303);
  });
}

type SignInForm = { next: string; email: string; fault: ReturnType<Pages['faultOf']> | null };

/** Where somebody goes who gave the right password or used a link. */
export function enter(reply: FastifyReply, entry: Entry, next: string): FastifyReply {
  const on = entry.kind === 'in' ? next : `/sign-in/code?next=${encodeURIComponent(next)}`;
  return reply.header('set-cookie', entry.setCookie).redirect(on, 303);
}
