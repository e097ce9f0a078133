import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { acceptInvitation, FirstPerson, readInvitation } from './invitation.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { listCredentials } from './credential.db.ts';
import { findStaff } from './staff.db.ts';
import { shortestPassword } from './sign-in/limits.ts';
import type { Entry } from './sign-in/sign-in.ts';
import type { Api } from '../kit/http/api.ts';
import { demandSameSite, visitorOf } from '../kit/http/auth.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';
import { enter } from './sign-in.page.ts';

const open = { needs: 'nobody-signed-in' } as const;
const Token = z.object({ token: z.string().max(500) });
/** 32 bytes as base64url: what a copied link loses first is its end. */
const whole = /^[\w-]{43}$/;

/** One-time links: a new person, or one who cannot get in any more, sets a password. */
export function welcomePages(app: Api, pages: Pages): void {
  const { arrival } = pages;
  type Typed = { name?: string | undefined; email?: string | undefined; company?: string | undefined };
  const form = async (
    request: FastifyRequest,
    reply: FastifyReply,
    token: string,
    fault: PageFault | null,
    typed: Typed = {},
  ) => {
    const { name, email, expiresAt, first } = await readInvitation(arrival, token);
    // The address holds the token: no other site may learn it from a link on the page.
    void reply.header('referrer-policy', 'no-referrer');
    return pages.page(request, reply, 'sign-in/welcome', {
      title: pages.translatorOf(request)('sign-in.welcome-title'),
      nav: 'none',
      name,
      email,
      first,
      expiresAt,
      token,
      shortestPassword,
      typed: { name: typed.name ?? '', email: typed.email ?? '', company: typed.company ?? '' },
      fault,
    });
  };

  /** What a link that leads nowhere has lost, and what to do about it. */
  const gone = (request: FastifyRequest, reply: FastifyReply, why: 'over' | 'incomplete') =>
    pages.page(request, reply.code(404), 'sign-in/link-gone', {
      title: pages.translatorOf(request)(`sign-in.link-${why}`),
      nav: 'none',
      why: pages.translatorOf(request)(`sign-in.link-${why}-what`),
    });
  const orGone = async (request: FastifyRequest, reply: FastifyReply, work: () => Promise<FastifyReply>) => {
    const { token } = Token.parse(request.params);
    if (!whole.test(token)) return gone(request, reply, 'incomplete');
    try {
      return await work();
    } catch (error) {
      if (error instanceof AppError && error.code === 'invitation.over') return gone(request, reply, 'over');
      throw error;
    }
  };

  app.get('/welcome/:token', { config: open, schema: { params: Token } }, (request, reply) =>
    orGone(request, reply, () => form(request, reply, request.params.token, null)),
  );
  app.post(
    '/welcome/:token',
    {
      config: open,
      schema: {
        params: Token,
        body: z.object({
          password: z.string().max(1_000),
          again: z.string().max(1_000),
          name: z.string().max(200).optional(),
          email: z.string().max(300).optional(),
          company: z.string().max(200).optional(),
        }),
      },
    },
    (request, reply) =>
      orGone(request, reply, async () => {
        demandSameSite(request);
        const { token } = request.params;
        const { password, again } = request.body;
        try {
          if (password !== again)
            throw new AppError('invalid', 'password.not-the-same', 'The two passwords differ.', { field: 'again' });
          const first = FirstPerson.safeParse(request.body).data;
          const { language } = pages.translatorOf(request);
          const given = { token, password, language, ...(first && { first }) };
          const entry = await acceptInvitation(arrival, given, visitorOf(request));
          return enter(reply, entry, await nextStep(pages, entry));
        } catch (error) {
          const fault = pages.faultOf(request, error);
          if (fault.code === 'invitation.over') throw error;
          return form(request, reply.code(422), token, fault, request.body);
        }
      }),
  );
}

/** Who signs is asked for the signing key as the second step: without one nothing that waits for them can be signed. */
async function nextStep({ pool }: Pages, entry: Entry): Promise<string> {
  const person = entry.kind === 'in' ? await findStaff(pool, entry.staffId) : null;
  if (!person?.roles.some((role) => role === 'liaison' || role === 'leader')) return '/';
  const keys = await listCredentials(pool, person.id);
  return keys.some(({ state }) => state !== 'revoked') ? '/' : '/account/signing-key';
}
