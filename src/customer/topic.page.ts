import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { createAudienceCounter } from '../audience/count.command.ts';
import { createTopic, listTopicsCounted, renameTopic } from './topic.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const hidden = { hide: true };
const Code = z.object({ code: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/) });
const text = z.string().max(200).default('');

export function topicPages(app: Api, pages: Pages): void {
  const counter = createAudienceCounter(pages.pool);
  app.addHook('onClose', () => counter.close());

  const list = async (
    request: FastifyRequest,
    reply: FastifyReply,
    form: { code: string; name: string },
    fault: PageFault | null,
  ) => {
    const t = pages.translatorOf(request);
    const topics = await listTopicsCounted(pages.contextOf(request), counter);
    return pages.page(request, reply, 'topic/list', {
      title: t('topic.title'),
      nav: 'topics',
      topics,
      counting: topics.some(({ count }) => count.state === 'counting'),
      form,
      fault,
      fields: fault?.fields ?? {},
    });
  };

  app.get('/topics', { config: { needs: 'topic:read', page: true }, schema: hidden }, (request, reply) =>
    list(request, reply, { code: '', name: '' }, null),
  );

  app.post(
    '/topics',
    {
      config: { needs: 'topic:write', page: true },
      schema: { ...hidden, body: z.object({ code: text, name: text }) },
    },
    async (request, reply) => {
      const form = { code: request.body.code.trim(), name: request.body.name.trim() };
      try {
        if (!Code.safeParse(form).success) throw unusable('code', 'topic.field-code');
        demandName(form.name);
        await createTopic(pages.contextOf(request), form);
        return pages.done(request, reply, '/topics', 'topic.created', { name: form.name });
      } catch (error) {
        return list(request, reply.code(422), form, pages.faultOf(request, error));
      }
    },
  );

  app.post(
    '/topics/:code/rename',
    {
      config: { needs: 'topic:write', page: true },
      schema: { ...hidden, params: Code, body: z.object({ name: text }) },
    },
    async (request, reply) => {
      const name = request.body.name.trim();
      try {
        demandName(name);
        await renameTopic(pages.contextOf(request), { code: request.params.code, name });
        return pages.done(request, reply, '/topics', 'topic.renamed', { name });
      } catch (error) {
        return list(request, reply.code(422), { code: '', name: '' }, pages.faultOf(request, error));
      }
    },
  );
}

function demandName(name: string): void {
  if (name === '' || name.length > 60) throw unusable('name', 'topic.field-name');
}
const unusable = (field: string, code: string) =>
  new AppError('invalid', code, 'This field cannot be used.', { field });
