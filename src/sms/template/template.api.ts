import { z } from 'zod';
import {
  checkTemplate,
  createTemplate,
  NewTemplateInput,
  PreviewInput,
  previewTemplate,
  TemplateText,
} from './template.command.ts';
import { listTemplates, VariableSpecRow } from './template.db.ts';
import { Id, listOf, refusals, type Api, type RouteDeps } from '../../kit/http/api.ts';

const Template = z
  .object({
    id: z.uuid(),
    name: z.string(),
    version: z.int(),
    kind: z.enum(['marketing', 'notice']),
    source: z.string(),
    variables: z.array(VariableSpecRow),
    signName: z.string(),
    gatewayAccountId: z.uuid(),
    gatewayCode: z.string(),
    createdAt: z.date(),
  })
  .meta({ id: 'Template' });
const Finding = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning']),
  zh: z.string(),
  en: z.string(),
  at: z.unknown().optional(),
});
const Checked = z.object({
  findings: z.array(Finding),
  segments: z.int(),
  gatewayContent: z.string().nullable().describe('The text in the gateway’s own notation, to be registered there.'),
});
const Preview = z.object({
  phone: z.string().describe('Masked.'),
  text: z.string().nullable(),
  segments: z.int(),
  faults: z.array(z.object({ variable: z.string(), code: z.string() })),
});
const tags = ['templates'];

export function templateRoutes(app: Api, { pool, contextOf }: RouteDeps): void {
  app.get(
    '/templates',
    {
      config: { needs: 'template:read' },
      schema: { tags, summary: 'Texts, every version', response: { 200: listOf(Template), ...refusals } },
    },
    async () => ({ items: await listTemplates(pool) }),
  );
  app.post(
    '/templates',
    {
      config: { needs: 'template:write' },
      schema: {
        tags,
        summary: 'Add the next version of a text',
        body: NewTemplateInput,
        response: { 201: Id.extend({ version: z.int() }), ...refusals },
      },
    },
    async (request, reply) => reply.code(201).send(await createTemplate(contextOf(request), request.body)),
  );
  app.post(
    '/templates/check',
    {
      config: { needs: 'template:read', readsOnly: true },
      schema: {
        tags,
        summary: 'Every rule that a text breaks, before it is kept',
        body: TemplateText,
        response: { 200: Checked, ...refusals },
      },
    },
    (request) => checkTemplate(contextOf(request), request.body),
  );
  app.post(
    '/templates/preview',
    {
      // It shows what people are told by name: who may not see customers may not see it.
      config: { needs: 'customer:read', readsOnly: true },
      schema: {
        tags,
        summary: 'What people of an audience would get',
        body: PreviewInput,
        response: { 200: listOf(Preview), ...refusals },
      },
    },
    async (request) => ({ items: await previewTemplate(contextOf(request), request.body) }),
  );
}
