import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { withChange } from '../kernel/change.ts';
import { findCustomer } from './customer.command.ts';
import { changeCustomer, createCustomer } from './record.command.ts';
import { tiers } from './customer.db.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import { Id, type Api } from '../kit/http/api.ts';
import { usualZones } from './time-zone.rule.ts';
import { attributesOf } from './card.page.ts';
import { wordOf } from './timeline.page.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const list = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const text = z.string().max(2_000);
const Form = z.object({
  phone: text,
  externalId: text,
  name: text,
  tier: text,
  timeZone: text,
  attributeName: list,
  attributeValue: list,
  updatedAt: z.string().max(40),
  samePerson: z.enum(['', 'yes']),
});
type Form = z.output<typeof Form>;
/** What a form carries; on a change, what it leaves out stays. */
const Fields = Form.partial();
const empty: Form = {
  phone: '',
  externalId: '',
  name: '',
  tier: '',
  timeZone: '',
  attributeName: [],
  attributeValue: [],
  updatedAt: '',
  samePerson: '',
};

const blankRows = 3;

export function customerFormPages(app: Api, pages: Pages): void {
  const config = { needs: 'customer:write', page: true } as const;
  app.get('/customers/new', { config }, (request, reply) => showForm(pages, request, reply, { id: null, form: empty }));

  app.post('/customers', { config, schema: { body: Fields } }, async (request, reply) => {
    const form = withChange(empty, request.body);
    try {
      const { id } = await createCustomer(pages.contextOf(request), { phone: form.phone, ...saidIn(form) });
      return pages.done(request, reply, `/customers/${id}`, 'customer.done.created');
    } catch (error) {
      return showForm(pages, request, reply.code(422), { id: null, form, fault: faultIn(pages, request, error) });
    }
  });

  app.get('/customers/:id/edit', { config, schema: { params: Id } }, async (request, reply) => {
    const { id } = request.params;
    return showForm(pages, request, reply, { id, form: await standing(pages, request, id) });
  });

  app.post('/customers/:id', { config, schema: { params: Id, body: Fields } }, async (request, reply) => {
    const { id } = request.params;
    const form = {
      ...withChange(await standing(pages, request, id), request.body),
      updatedAt: request.body.updatedAt ?? '',
    };
    try {
      const seen = z.coerce.date().parse(form.updatedAt);
      const samePerson = form.samePerson === 'yes';
      const { changed } = await changeCustomer(pages.contextOf(request), {
        id,
        updatedAt: seen,
        samePerson,
        ...saidIn(form),
      });
      const key = changed.length > 0 ? 'customer.done.changed' : 'customer.done.unchanged';
      return pages.done(request, reply, `/customers/${id}`, key);
    } catch (error) {
      return showForm(pages, request, reply.code(422), { id, form, fault: faultIn(pages, request, error) });
    }
  });
}

/** The form of a customer as they are on record. Throws `customer.unknown`. */
async function standing(pages: Pages, request: FastifyRequest, id: string): Promise<Form> {
  const customer = await findCustomer(pages.contextOf(request), { id });
  if (!customer) throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { id });
  const attributes = attributesOf(customer);
  return {
    phone: customer.phone,
    externalId: customer.externalId ?? '',
    name: customer.name ?? '',
    tier: customer.tier ?? '',
    timeZone: customer.timeZone ?? '',
    attributeName: attributes.map(({ name }) => name),
    attributeValue: attributes.map(({ value }) => value),
    updatedAt: customer.updatedAt.toISOString(),
    samePerson: '' as const,
  };
}

const saidIn = (form: Form) => ({
  externalId: form.externalId,
  name: form.name,
  tier: form.tier,
  timeZone: form.timeZone,
  attributes: form.attributeName.map((name, index) => ({ name, value: form.attributeValue[index] ?? '' })),
});

/** The rules are those of a file, and so are their words. */
function faultIn(pages: Pages, request: FastifyRequest, error: unknown): PageFault {
  const fault = pages.faultOf(request, error);
  if (!(error instanceof AppError) || error.code !== 'customer.refused') return fault;
  const t = pages.translatorOf(request);
  const faults = (error.details?.['faults'] ?? []) as { field: string; code: string }[];
  return { ...fault, fields: Object.fromEntries(faults.map(({ field, code }) => [field, sentence(t, code)])) };
}
const sentence = (t: Translate, code: string): string =>
  t.has(`error.${code}`) ? t(`error.${code}`) : wordOf(t, 'row-reason', code);

function showForm(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, form, fault }: { id: string | null; form: Form; fault?: PageFault },
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const back = id === null ? '/customers' : `/customers/${id}`;
  const rows = form.attributeName.map((name, index) => ({ name, value: form.attributeValue[index] ?? '' }));
  const filled = rows.filter(({ name, value }) => name !== '' || value !== '');
  const named = { phone: null, externalId: null, name: null, tier: null, timeZone: null, attributes: null };
  return pages.page(request, reply, 'customer/form', {
    title: t(id === null ? 'customer.form.new' : 'customer.form.edit'),
    nav: 'customers',
    crumbs: [{ href: '/customers', label: t('customer.list.title') }],
    styles: ['customer.css'],
    id,
    back,
    action: id === null ? '/customers' : `/customers/${id}`,
    form,
    attributes: [...filled, ...Array.from({ length: blankRows }, () => ({ name: '', value: '' }))],
    tiers,
    usualZones,
    fault: fault ?? null,
    faults: { ...named, ...fault?.fields },
  });
}
