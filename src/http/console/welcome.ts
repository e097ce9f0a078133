import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { acceptInvitation, readInvitation } from '../../commands/invitation.ts';
import { AppError } from '../../domain/app-error.ts';
import { shortestPassword } from '../../sign-in/limits.ts';
import type { Api } from '../api.ts';
import { demandSameSite, visitorOf } from '../auth.ts';
import type { PageFault, Pages } from './page.ts';
import { enter } from './sign-in.ts';

const open = { needs: 'nobody-signed-in' } as const;
const Token = z.object({ token: z.string().regex(/^[\w-]{20,80}$/) });

/** One-time links: a new person, or one who cannot get in any more, sets a password. */
export function welcomePages(app: Api, pages: Pages): void {
  const { arrival } = pages;
  const form = async (request: FastifyRequest, reply: FastifyReply, token: string, fault: PageFault | null) => {
    const { name, email, expiresAt } = await readInvitation(arrival, token);
    // The address holds the token: no other site may learn it from a link on the page.
    void reply.header('referrer-policy', 'no-referrer');
    return pages.page(request, reply, 'sign-in/welcome', {
      title: pages.translatorOf(request)('sign-in.welcome-title'),
      nav: 'none',
      name,
      email,
      expiresAt,
      token,
      shortestPassword,
      fault,
    });
  };

  app.get('/welcome/:token', { config: open, schema: { params: Token } }, (request, reply) =>
    form(request, reply, request.params.token, null),
  );
  app.post(
    '/welcome/:token',
    {
      config: open,
      schema: { params: Token, body: z.object({ password: z.string().max(1_000), again: z.string().max(1_000) }) },
    },
    async (request, reply) => {
      demandSameSite(request);
      const { token } = request.params;
      const { password, again } = request.body;
      try {
        if (password !== again)
          throw new AppError('invalid', 'password.not-the-same', 'The two passwords differ.', { field: 'again' });
        return enter(reply, await acceptInvitation(arrival, { token, password }, visitorOf(request)), '/');
      } catch (error) {
        const fault = pages.faultOf(request, error);
        if (fault.code === 'invitation.over') throw error;
        return form(request, reply.code(422), token, fault);
      }
    },
  );
}
