import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { acceptInvitation } from './invitation.command.ts';
import { signInWithCode, signInWithPassword, signOut } from './session.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { Entry } from './sign-in/sign-in.ts';
import { refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import { demandSameSite, visitorOf } from '../kit/http/auth.ts';

const Session = z.object({ staffId: z.uuid() }).meta({ id: 'Session' });
const Code = z.string().trim().min(1).max(40).optional().describe('Of the authenticator app, where there is one.');
const open = { needs: 'nobody-signed-in' } as const;
const tags = ['session'];

/** Signing in as oneself without a browser: what a person alone may do takes this, never an API key. */
export function sessionRoutes(app: Api, { arrival, contextOf }: RouteDeps): void {
  const answer = async (request: FastifyRequest, reply: FastifyReply, entry: Entry, code: string | undefined) => {
    const last = entry.kind === 'second-factor' && code !== undefined ? await second(request, entry, code) : entry;
    if (last.kind === 'in') return reply.header('set-cookie', last.setCookie).send({ staffId: last.staffId });
    if (last.kind === 'second-factor')
      throw new AppError('denied', 'auth.code-needed', 'Give the code of your authenticator app, too.');
    if (entry.kind === 'second-factor')
      throw new AppError('denied', 'totp.wrong-code', 'This code is not right; take the next one.');
    throw new AppError('denied', 'auth.refused', 'The e-mail address or the password is wrong.');
  };
  const second = (request: FastifyRequest, entry: Entry, code: string): Promise<Entry> => {
    const cookie = entry.setCookie.map((line) => line.split(';')[0]).join('; ');
    const visitor = visitorOf(request);
    return signInWithCode(arrival, code, { ...visitor, headers: { ...visitor.headers, cookie } });
  };

  app.post(
    '/session',
    {
      config: open,
      schema: {
        tags,
        summary: 'Sign in as yourself; the session is in the cookies of the answer',
        body: z.object({ email: z.string().max(254), password: z.string().max(1_000), code: Code }),
        response: { 200: Session, ...refusals },
      },
    },
    async (request, reply) => {
      demandSameSite(request);
      const { email, password, code } = request.body;
      return answer(request, reply, await signInWithPassword(arrival, { email, password }, visitorOf(request)), code);
    },
  );
  app.post(
    '/session/welcome',
    {
      config: open,
      schema: {
        tags,
        summary: 'Set the password with a one-time link, and sign in',
        body: z.object({ token: z.string().max(200), password: z.string().max(1_000), code: Code }),
        response: { 200: Session, ...refusals },
      },
    },
    async (request, reply) => {
      demandSameSite(request);
      const { token, password, code } = request.body;
      return answer(request, reply, await acceptInvitation(arrival, { token, password }, visitorOf(request)), code);
    },
  );
  app.post(
    '/session/end',
    {
      config: { needs: 'self:write' },
      schema: { tags, summary: 'End the session of this request', response: { 204: z.null(), ...refusals } },
    },
    async (request, reply) => {
      const session = request.session;
      if (session) void reply.header('set-cookie', await signOut(contextOf(request), session.id, visitorOf(request)));
      return reply.code(204).send(null);
    },
  );
}
