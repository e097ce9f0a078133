import { z } from 'zod';
import { HouseWordsInput, setOptOutWords, showOptOutWords, tryReply } from '../contact/opt-out-words.command.ts';
import { decideReply, listReplies, markHandled, markOptOut } from './reply.command.ts';
import { replyAsks, replyDecisions, replyMeanings } from './reply.db.ts';
import { contactPurposes } from '../kernel/reach.rule.ts';
import { instant, paragraph } from '../kernel/field.rule.ts';
import { asPage, Id, Nothing, pageOf, PageQuery, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';

const Reply = z
  .object({
    id: z.uuid(),
    phone: z.string().describe('Masked.'),
    content: z.string(),
    meaning: z.enum(replyMeanings),
    because: z.string().nullable().describe('Row and word of the table that decided.'),
    receivedAt: z.date(),
    takenInAt: z.date(),
    account: z.string(),
    campaignNumber: z.string().nullable(),
    campaignName: z.string().nullable(),
    unit: z.string().nullable(),
    customerId: z.uuid().nullable(),
    markedBy: z.string().nullable(),
    handledAt: z.date().nullable(),
    handledBy: z.string().nullable(),
    answers: z.enum(contactPurposes).nullable().describe('What the message was for that it answers.'),
    asks: z
      .enum(replyAsks)
      .nullable()
      .describe(
        'look: a first no to a notice, to be seen. decide: a repeated no to a duty notice, to be decided. moved: of whoever had the number before; nothing was silenced.',
      ),
    decision: z.enum(replyDecisions).nullable(),
    decisionReason: z.string().nullable(),
    silent: z.boolean().describe('Marketing texts to the number are silent now.'),
  })
  .meta({ id: 'Reply' });
const Time = instant().optional();
const Meaning = z.object({
  meaning: z.enum(replyMeanings),
  because: z.object({ row: z.string(), word: z.string() }).nullable(),
});
const tags = ['replies'];

const at = (time: string | undefined): Date | null => (time === undefined ? null : new Date(time));

export function replyRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/replies',
    {
      config: { needs: 'reply:read' },
      schema: {
        tags,
        summary: 'What customers replied, newest first',
        querystring: PageQuery.extend({
          meaning: z.enum(replyMeanings).optional(),
          state: z
            .enum(['open', 'decide', 'handled'])
            .optional()
            .describe('open: waits for a person. decide: asks to stop a duty notice, and waits for a decision.'),
          campaign: z
            .string()
            .max(40)
            .regex(/^[A-Za-z0-9-]+$/)
            .optional()
            .describe('Number of the campaign: WH-…'),
          from: Time,
          until: Time,
        }),
        response: { 200: pageOf(Reply), ...refusals },
      },
    },
    async (request) => {
      const { from, until, ...rest } = request.query;
      return asPage(await listReplies(contextOf(request), { ...rest, from: at(from), until: at(until) }));
    },
  );
  app.post(
    '/replies/:id/opt-out',
    {
      config: { needs: 'reply:write' },
      schema: {
        tags,
        summary: 'A person read it as an opt-out: it silences what the house lets a reply silence',
        params: Id,
        response: { 200: z.object({ added: z.boolean() }), ...refusals },
      },
    },
    (request) => markOptOut(contextOf(request), request.params),
  );
  app.post(
    '/replies/:id/decide',
    {
      config: { needs: 'reply:write' },
      schema: {
        tags,
        summary: 'Decide about a no to a notice: silence its kind of text, or send it on',
        params: Id,
        body: z.object({ decision: z.enum(replyDecisions), reason: paragraph(500) }),
        response: {
          200: z.object({ replies: z.int().describe('Replies of the number that this settles.') }),
          ...refusals,
        },
      },
    },
    (request) => decideReply(contextOf(request), { ...request.params, ...request.body }),
  );
  app.post(
    '/replies/:id/handle',
    {
      config: { needs: 'reply:write' },
      schema: {
        tags,
        summary: 'Nothing more is to be done about it',
        params: Id,
        response: { 204: Nothing, ...refusals },
      },
    },
    async (request, reply) => {
      await markHandled(contextOf(request), request.params);
      return reply.code(204).send(null);
    },
  );
  app.get(
    '/opt-out-words',
    {
      config: { needs: 'self:read' },
      schema: {
        tags,
        summary: 'Words of the house beside the table of opt-outs',
        response: { 200: HouseWordsInput, ...refusals },
      },
    },
    async (request) => ({ words: await showOptOutWords(contextOf(request)) }),
  );
  app.post(
    '/opt-out-words',
    {
      config: { needs: 'setting:write' },
      schema: {
        tags,
        summary: 'Replace the words of the house; in force for the next reply',
        body: HouseWordsInput,
        response: { 200: HouseWordsInput, ...refusals },
      },
    },
    async (request) => ({ words: await setOptOutWords(contextOf(request), request.body) }),
  );
  app.post(
    '/opt-out-words/try',
    {
      config: { needs: 'self:read', readsOnly: true },
      schema: {
        tags,
        summary: 'What a reply would mean, and why; nothing is stored',
        body: z.object({ text: z.string().max(2_000) }),
        response: { 200: Meaning, ...refusals },
      },
    },
    (request) => tryReply(contextOf(request), request.body),
  );
}
