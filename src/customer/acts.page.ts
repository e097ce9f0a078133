import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { setConsent } from './consent.command.ts';
import { revealPhone } from './reveal.command.ts';
import { liftSuppression, recordRefusal } from '../contact/suppression.command.ts';
import { setSubscription } from './topic.command.ts';
import { askedBy, ReachForm } from '../kit/page/reach.ts';
import { Id, type Api } from '../kit/http/api.ts';
import { consentSources, revealSeconds, showCard } from './card.page.ts';
import type { Pages } from '../kit/page/page.ts';

const Reason = z.string().max(500).default('');
const Source = z.enum(consentSources);

/** What people do on one customer's page. */
export function customerActPages(app: Api, pages: Pages): void {
  /** Back to the page with a sentence, or the page again with what the form was refused for. */
  const act = async (
    request: FastifyRequest<{ Params: { id: string } }>,
    reply: FastifyReply,
    key: string,
    work: () => Promise<unknown>,
  ): Promise<FastifyReply> => {
    try {
      await work();
    } catch (error) {
      const fault = pages.faultOf(request, error);
      return showCard(pages, request, reply.code(422), { id: request.params.id, fault });
    }
    return pages.done(request, reply, `/customers/${request.params.id}`, key);
  };

  app.post(
    '/customers/:id/consent',
    {
      config: { needs: 'customer:write', page: true },
      schema: { params: Id, body: z.object({ granted: z.enum(['yes', 'no']), source: Source }) },
    },
    (request, reply) =>
      act(request, reply, 'customer.done.consent', () =>
        setConsent(pages.contextOf(request), {
          customerId: request.params.id,
          purpose: 'marketing',
          granted: request.body.granted === 'yes',
          source: request.body.source,
        }),
      ),
  );

  app.post(
    '/customers/:id/topics',
    {
      config: { needs: 'customer:write', page: true },
      schema: {
        params: Id,
        body: z.object({ topic: z.string().max(64), subscribed: z.enum(['yes', 'no']), source: Source }),
      },
    },
    (request, reply) =>
      act(request, reply, 'customer.done.topic', () =>
        setSubscription(pages.contextOf(request), {
          customerId: request.params.id,
          topic: request.body.topic,
          subscribed: request.body.subscribed === 'yes',
          source: request.body.source,
        }),
      ),
  );

  app.post(
    '/customers/:id/refusal',
    {
      config: { needs: 'suppression:write', page: true },
      schema: { params: Id, body: z.object({ ...ReachForm, reason: Reason }) },
    },
    (request, reply) =>
      act(request, reply, 'customer.done.refused', () => {
        const { reason, ...reach } = request.body;
        return recordRefusal(pages.contextOf(request), { customerId: request.params.id, reason, ...askedBy(reach) });
      }),
  );

  app.post(
    '/customers/:id/lift',
    {
      config: { needs: 'suppression:lift', page: true },
      schema: { params: Id, body: z.object({ suppression: z.uuid(), reason: Reason }) },
    },
    (request, reply) =>
      act(request, reply, 'customer.done.lifted', () =>
        liftSuppression(pages.contextOf(request), { id: request.body.suppression, reason: request.body.reason }),
      ),
  );

  revealPage(app, pages);
}

/** The whole number for half a minute: the page goes back by itself, with scripts or without. */
function revealPage(app: Api, pages: Pages): void {
  app.post(
    '/customers/:id/reveal',
    {
      config: { needs: 'customer:reveal', page: true, readsOnly: true },
      schema: { params: Id, body: z.object({ reason: Reason }) },
    },
    async (request, reply) => {
      const { id } = request.params;
      const asFragment = request.headers['hx-request'] === 'true';
      try {
        const { numbers } = await revealPhone(pages.contextOf(request), {
          customerId: id,
          reason: request.body.reason,
        });
        const revealed = numbers.map(({ phone, kind }) => ({
          phone: phone.replace(/^\+86(\d{3})(\d{4})(\d{4})$/, '$1 $2 $3'),
          kind,
        }));
        if (asFragment)
          return pages.fragment(request, reply, 'customer/revealed', { revealed, seconds: revealSeconds, id });
        return await showCard(pages, request, reply.header('refresh', `${revealSeconds}; url=/customers/${id}`), {
          id,
          revealed,
        });
      } catch (error) {
        const fault = pages.faultOf(request, error);
        if (asFragment) return pages.fragment(request, reply, 'part/fault', { fault });
        return showCard(pages, request, reply.code(422), { id, fault });
      }
    },
  );
}
