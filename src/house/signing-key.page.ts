import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { decideCredential, listCredentials, revokeCredential } from './credential.command.ts';
import { beginPasskey, registerPasskey, relyingPartyOf } from './passkey.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { rightsOf } from '../kernel/permission.rule.ts';
import { KeyLabel, PasskeyResponse } from './credential.api.ts';
import { Id, type Api } from '../kit/http/api.ts';
import type { Pages } from '../kit/page/page.ts';

const hidden = { hide: true };
const Registration = z.object({
  label: KeyLabel,
  first: z.literal('yes').optional().catch(undefined),
  response: z
    .string()
    .max(100_000)
    .transform((text, refuse): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        refuse.addIssue({ code: 'custom', message: 'Not JSON.' });
        return z.NEVER;
      }
    })
    .pipe(PasskeyResponse),
});

/** What the part `sign-off/signing-keys` shows: one's own keys; `mayRequest` is false for people who sign nothing. */
export async function signingKeysOf(pages: Pages, request: FastifyRequest) {
  const ctx = pages.contextOf(request);
  const keys = (await listCredentials(ctx, { staffId: ctx.staff.id })).filter(
    ({ staffId }) => staffId === ctx.staff.id,
  );
  return {
    keys: keys.map(shownKey),
    mayRequest: rightsOf(ctx.staff.grants).has('credential:request'),
    first: false,
    // A name to begin with: which of one's devices it was is all that it has to tell later.
    device: /Mobi|Android|iPhone|iPad/.test(request.headers['user-agent'] ?? '') ? 'phone' : 'desk',
  };
}

/** As people read it to each other. */
export const groupsOf = (fingerprint: string): string[] => fingerprint.match(/.{8}/g) ?? [fingerprint];

const shownKey = (key: Awaited<ReturnType<typeof listCredentials>>[number]) => ({
  id: key.id,
  label: key.label,
  kind: key.kind,
  state: key.state,
  host: key.webauthn?.rpId ?? null,
  shortFingerprint: `${key.fingerprint.slice(0, 8)}…${key.fingerprint.slice(-8)}`,
  fingerprint: key.fingerprint,
  fingerprintGroups: groupsOf(key.fingerprint),
  requestedAt: key.requestedAt,
  decidedAt: key.decidedAt,
  revokedAt: key.revokedAt,
});

export function signingKeyPages(app: Api, pages: Pages): void {
  const rp = relyingPartyOf(pages.publicUrl);
  const mine = '/account#signing-keys';

  app.get(
    '/account/signing-key',
    { config: { needs: 'credential:request', page: true }, schema: hidden },
    async (request, reply) =>
      pages.page(request, reply, 'sign-off/first-key', {
        title: pages.translatorOf(request)('sign-off.key.first-title'),
        nav: 'account',
        scripts: ['signing-key.js'],
        styles: ['sign-off.css'],
        leadsOn: true,
        signingKeys: { ...(await signingKeysOf(pages, request)), first: true },
      }),
  );

  app.post(
    '/account/signing-keys/begin',
    { config: { needs: 'credential:request', readsOnly: true }, schema: hidden },
    (request) => beginPasskey(pages.contextOf(request), rp),
  );

  app.post(
    '/account/signing-keys',
    // Checked by the handler: without scripts there is no answer of a passkey, and the page says what to do.
    { config: { needs: 'credential:request', page: true }, schema: hidden },
    async (request, reply) => {
      const read = Registration.safeParse(request.body);
      if (!read.success)
        throw new AppError(
          'invalid',
          'credential.passkey-not-made',
          'Give the key a name and make it with the button.',
        );
      await registerPasskey(pages.contextOf(request), rp, read.data);
      // Asked for on the way in: that way ends where the person works.
      return pages.done(request, reply, read.data.first === 'yes' ? '/' : mine, 'sign-off.key.requested');
    },
  );

  app.post(
    '/account/signing-keys/:id/revoke',
    { config: { needs: 'credential:request', page: true }, schema: { ...hidden, params: Id } },
    async (request, reply) => {
      await revokeCredential(pages.contextOf(request), { credentialId: request.params.id });
      const signed = await pages.stillSigned(request, request.params.id);
      return pages.done(request, reply, signed ?? mine, 'sign-off.key.revoked');
    },
  );

  for (const decision of ['approve', 'decline'] as const) {
    app.post(
      `/credentials/:id/${decision}`,
      { config: { needs: 'credential:decide', page: true }, schema: { ...hidden, params: Id } },
      async (request, reply) => {
        const key = await decideCredential(pages.contextOf(request), { credentialId: request.params.id, decision });
        return pages.done(request, reply, `/people/${key.staffId}`, `sign-off.key.decision.${decision}`, {
          name: key.staffName,
        });
      },
    );
  }
  app.post(
    '/credentials/:id/revoke',
    { config: { needs: 'credential:decide', page: true }, schema: { ...hidden, params: Id } },
    async (request, reply) => {
      const key = await revokeCredential(pages.contextOf(request), { credentialId: request.params.id });
      const signed = await pages.stillSigned(request, request.params.id);
      return pages.done(request, reply, signed ?? `/people/${key.staffId}`, 'sign-off.key.revoked-of', {
        name: key.staffName,
      });
    },
  );
}
