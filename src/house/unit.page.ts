import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { browseUnits, changeUnitName, createUnit, retireUnit } from './unit.command.ts';
import { Id, type Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const write = { needs: 'staff:write', page: true } as const;
const Name = z.object({ name: z.string().max(200) });

/** The list of organisational units: everything else chooses from it. */
export function unitPages(app: Api, pages: Pages): void {
  const show = async (request: FastifyRequest, reply: FastifyReply, fault: PageFault | null) => {
    const t = pages.translatorOf(request);
    return pages.page(request, reply, 'people/units', {
      title: t('people.units'),
      nav: 'people',
      styles: ['people.css'],
      crumbs: [{ href: '/people', label: t('people.title') }],
      units: await browseUnits(pages.contextOf(request)),
      fault,
    });
  };
  const act = async (request: FastifyRequest, reply: FastifyReply, key: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      return show(request, reply.code(422), pages.faultOf(request, error));
    }
    pages.forgetCallers();
    return pages.done(request, reply, '/units', key);
  };

  app.get('/units', { config: { needs: 'staff:read', page: true } }, (request, reply) => show(request, reply, null));
  app.post('/units', { config: write, schema: { body: Name } }, (request, reply) =>
    act(request, reply, 'people.unit-created', () => createUnit(pages.contextOf(request), request.body)),
  );
  app.post('/units/:id/rename', { config: write, schema: { params: Id, body: Name } }, (request, reply) =>
    act(request, reply, 'people.unit-renamed', () =>
      changeUnitName(pages.contextOf(request), { id: request.params.id, ...request.body }),
    ),
  );
  for (const [verb, retired] of [
    ['retire', true],
    ['reopen', false],
  ] as const)
    app.post(`/units/:id/${verb}`, { config: write, schema: { params: Id } }, (request, reply) =>
      act(request, reply, `people.unit-${verb}`, () =>
        retireUnit(pages.contextOf(request), { id: request.params.id, retired }),
      ),
    );
}
