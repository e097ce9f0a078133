import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { numberKinds, numbersAtMost } from '../customer/number.rule.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { Id, type Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';
import * as numbers from './number.command.ts';
import { listNumbers } from './number-list.command.ts';

const updatedAt = z.coerce.date();
const text = z.string().max(500).default('');
const kind = z.enum(numberKinds).default('mobile');
/** Blank: no last day. */
const validUntil = z
  .string()
  .max(40)
  .default('')
  .transform((day) => (day === '' ? null : day));
const Added = z.object({ updatedAt, phone: z.string().max(60).default(''), kind, validUntil });
const TakenOver = Added.extend({ holderId: z.uuid(), reason: text });
const Changed = z.object({ updatedAt, kind, validUntil, to: z.coerce.number().int() });
const Reasoned = z.object({ updatedAt, reason: text });
const Place = Id.extend({ place: z.coerce.number().int().min(1).max(numbersAtMost) });

/** What was said of a number that another customer has, and who that is; the number itself is typed again. */
type Held = { kind: string; validUntil: string | null; holderId: string };

const page = (needs: 'customer:write' | 'suppression:write' | 'suppression:lift') => ({ needs, page: true }) as const;

export function numberPages(app: Api, pages: Pages): void {
  app.get(
    '/customers/:id/numbers',
    { config: { needs: 'customer:read', page: true }, schema: { params: Id } },
    (request, reply) => show(pages, request, reply, request.params.id),
  );
  /** Back to the page with a sentence, or the page again with what was refused. */
  const act = async (
    request: FastifyRequest,
    reply: FastifyReply,
    [id, key]: [id: string, key: string],
    work: () => Promise<unknown>,
    typed?: Omit<Held, 'holderId'>,
  ): Promise<FastifyReply> => {
    try {
      await work();
    } catch (error) {
      const fault = pages.faultOf(request, error);
      const holderId = error instanceof AppError ? error.details?.['holderId'] : undefined;
      const held =
        typed && typeof holderId === 'string' ? { kind: typed.kind, validUntil: typed.validUntil, holderId } : null;
      return show(pages, request, reply.code(422), id, fault, held);
    }
    return pages.done(request, reply, `/customers/${id}/numbers`, `number.done.${key}`);
  };

  app.post(
    '/customers/:id/numbers',
    { config: page('customer:write'), schema: { params: Id, body: Added } },
    (request, reply) => {
      const { params, body } = request;
      const add = () => numbers.addNumber(pages.contextOf(request), { customerId: params.id, ...body });
      return act(request, reply, [params.id, 'added'], add, body);
    },
  );
  app.post(
    '/customers/:id/numbers/take-over',
    { config: page('customer:write'), schema: { params: Id, body: TakenOver } },
    (request, reply) => {
      const { params, body } = request;
      const take = () => numbers.takeOverNumber(pages.contextOf(request), { customerId: params.id, ...body });
      return act(request, reply, [params.id, 'taken-over'], take, body);
    },
  );
  app.post(
    '/customers/:id/numbers/:place',
    { config: page('customer:write'), schema: { params: Place, body: Changed } },
    (request, reply) => {
      const { id: customerId, place } = request.params;
      const wanted = { customerId, place, ...request.body };
      return act(request, reply, [customerId, 'changed'], () => numbers.changeNumber(pages.contextOf(request), wanted));
    },
  );
  for (const [word, right, work] of [
    ['remove', 'customer:write', numbers.removeNumber],
    ['dead', 'suppression:write', numbers.markNumberDead],
    ['alive', 'suppression:lift', numbers.markNumberAlive],
  ] as const) {
    app.post(
      `/customers/:id/numbers/:place/${word}`,
      { config: page(right), schema: { params: Place, body: Reasoned } },
      (request, reply) => {
        const { id: customerId, place } = request.params;
        const wanted = { customerId, place, ...request.body };
        return act(request, reply, [customerId, word], () => work(pages.contextOf(request), wanted));
      },
    );
  }
}

async function show(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  fault: PageFault | null = null,
  held: Held | null = null,
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const { items, updatedAt: seen } = await listNumbers(pages.contextOf(request), { customerId: id });
  const [first] = items;
  return pages.page(request, reply, 'contact/numbers', {
    title: t('number.title'),
    nav: 'customers',
    crumbs: [
      { href: '/customers', label: t('customer.list.title') },
      { href: `/customers/${id}`, label: first?.phone ?? '' },
    ],
    styles: ['customer.css'],
    customerId: id,
    seen: seen.toISOString(),
    kinds: numberKinds,
    places: items.map(({ place }) => place),
    rows: items,
    lone: items.length === 1,
    fault,
    held,
  });
}
