import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { listSignedWith, stopSignedWith } from './signed-with.command.ts';
import { stateWord } from './paper.page.ts';
import { Id, type Api } from '../kit/http/api.ts';
import type { Pages } from '../kit/page/page.ts';

const hidden = { hide: true };
const How = z.object({ how: z.enum(['pause', 'cancel']) });

/** What a revoked key has signed, and the offer to stop it. */
export function signedWithPages(app: Api, pages: Pages): void {
  const backOf = (request: FastifyRequest, staffId: string): string =>
    staffId === pages.contextOf(request).staff.id ? '/account#signing-keys' : `/people/${staffId}`;
  const show = async (request: FastifyRequest, reply: FastifyReply, id: string) => {
    const t = pages.translatorOf(request);
    const { credential, signed } = await listSignedWith(pages.contextOf(request), id);
    return pages.page(request, reply, 'sign-off/signed-with', {
      title: t('sign-off.signed-with.title'),
      nav: 'none',
      key: {
        id: credential.id,
        label: credential.label,
        staffName: credential.staffName,
        fingerprint: credential.fingerprint,
      },
      signed: signed.map(({ number: code, ...rest }) =>
        Object.assign(rest, { code, stateWord: stateWord(t, rest.kind, rest.state) }),
      ),
      back: backOf(request, credential.staffId),
      fault: null,
    });
  };
  app.get(
    '/signing-keys/:id/campaigns',
    { config: { needs: 'credential:request', page: true }, schema: { ...hidden, params: Id } },
    (request, reply) => show(request, reply, request.params.id),
  );
  app.post(
    '/signing-keys/:id/campaigns',
    { config: { needs: 'credential:request', page: true }, schema: { ...hidden, params: Id, body: How } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const { id } = request.params;
      const { stopped } = await stopSignedWith(ctx, { credentialId: id, how: request.body.how });
      const { credential } = await listSignedWith(ctx, id);
      return pages.done(request, reply, backOf(request, credential.staffId), 'sign-off.signed-with.stopped', {
        count: stopped.length,
      });
    },
  );
}
