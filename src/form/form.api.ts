import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { paragraph } from '../kernel/field.rule.ts';
import { fileAnswer, listOf, Nothing, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import { takeFormArchive } from './archive/form-archive.command.ts';
import { Sign, signDescription, Signed } from './evidence.api.ts';
import { listAwaited, showForm } from './show-form.command.ts';
import { loadSubject } from './sign-off.command.ts';
import { rejectForm, signForm, withdrawForm } from './sign.command.ts';

const Which = z.object({
  form: z.string().min(1).max(60).describe('The number of a form, or the id of what it is about.'),
});
export const Reason = z.object({ reason: paragraph(500) });
const Role = z.enum(['liaison', 'leader']);
const Head = z.object({
  kind: z.string().describe('What it is about: `campaign`, or another content that two people sign.'),
  id: z.uuid().describe('Of what it is about.'),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  state: z
    .string()
    .describe('Of what it is about: a campaign that was signed is `scheduled`, a form alone is `signed`.'),
});
const Form = Head.extend({
  awaits: Role.nullable().describe('Whose signature it waits for; null where it waits for none.'),
  canonical: z.string().describe('RFC 8785 JSON; the digest is the SHA-256 of its UTF-8 bytes.'),
  digest: z.string(),
  expiresAt: z.date(),
  signatures: z.array(Signed),
}).meta({ id: 'Form' });
const Awaited = Head.extend({
  awaits: Role,
  applicantName: z.string(),
  since: z.date().describe('Since when this signature is awaited.'),
  expiresAt: z.date(),
  mine: z.boolean().describe('Whether the caller can give it.'),
}).meta({ id: 'AwaitedForm' });
const tags = ['forms'];

/** Forms of whatever two people sign; what else happens to it is said by routes of its own. */
export function formRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/forms',
    {
      config: { needs: 'campaign:read' },
      schema: {
        tags,
        summary: 'Forms that await a signature: the caller’s first, then the longest waiting',
        response: { 200: listOf(Awaited), ...refusals },
      },
    },
    async (request) => ({ items: await listAwaited(contextOf(request)) }),
  );
  app.get(
    '/forms/:form',
    {
      config: { needs: 'campaign:read' },
      schema: {
        tags,
        summary: 'A form, byte for byte, and who has signed it',
        params: Which,
        response: { 200: Form, ...refusals },
      },
    },
    (request) => showForm(contextOf(request), request.params.form),
  );
  app.get(
    '/forms/:form/archive',
    {
      config: { needs: 'campaign:export' },
      schema: {
        tags,
        summary: 'The sealed archive of a form that is complete once it is signed; of a campaign see its own',
        params: Which,
        response: { 200: fileAnswer('application/json', 'docs/archive.md says what is in it.'), ...refusals },
      },
    },
    async (request, reply) => {
      const { number, body } = await takeFormArchive(contextOf(request), request.params.form);
      return reply
        .type('application/json')
        .header('content-disposition', `attachment; filename="${number}.waihu.json"`)
        .serializer((value: unknown) => value as string)
        .send(body);
    },
  );
  actRoutes(app, contextOf);
}

type ContextOf = RouteDeps['contextOf'];

/** People name a form by its number; commands want what it is about. */
async function named(contextOf: ContextOf, request: FastifyRequest & { params: { form: string } }) {
  const ctx = contextOf(request);
  const { subject, stand } = await loadSubject(ctx, request.params.form);
  return { ctx, about: { kind: subject.kind, id: stand.id } };
}

function actRoutes(app: Api, contextOf: ContextOf): void {
  app.post(
    '/forms/:form/sign',
    {
      config: { needs: 'campaign:sign' },
      schema: {
        tags,
        summary: 'Sign the form, as liaison officer or leader',
        description: signDescription,
        params: Which,
        body: Sign,
        response: { 200: z.object({ signatureId: z.uuid() }), ...refusals },
      },
    },
    async (request) => {
      const { ctx, about } = await named(contextOf, request);
      const { signatureId, ...rest } = request.body;
      return signForm(ctx, about, { ...rest, ...(signatureId !== undefined && { signatureId }) });
    },
  );
  for (const [verb, needs, command, summary] of [
    ['reject', 'campaign:sign', rejectForm, 'Send the form back instead of signing it'],
    ['withdraw', 'campaign:submit', withdrawForm, 'Take one’s own form back before anything is done on it'],
  ] as const) {
    app.post(
      `/forms/:form/${verb}`,
      {
        config: { needs },
        schema: { tags, summary, params: Which, body: Reason, response: { 200: Nothing, ...refusals } },
      },
      async (request) => {
        const { ctx, about } = await named(contextOf, request);
        await command(ctx, about, request.body);
        return null;
      },
    );
  }
}
