import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { askReview, listTemplateLines, showTemplate } from './view.command.ts';
import { checkTemplate, segmentsOf } from './template.command.ts';
import { findGatewayAccount } from '../gateway-account.db.ts';
import type { TemplateLine } from './list.db.ts';
import { parseTemplate } from './template.rule.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import { templateEditor } from './editor.page.ts';
import { reviewData, templateGatewayPages } from './gateway.page.ts';
import type { Pages } from '../../kit/page/page.ts';

const ListQuery = z.object({
  kind: z.enum(['marketing', 'notice']).or(z.literal('')).optional(),
  text: z.string().max(100).optional(),
  after: z.string().max(60).optional(),
});
const hidden = { hide: true };

const line = (row: TemplateLine) => ({ ...row, segments: segmentsOf(row) });

export function templatePages(app: Api, pages: Pages): void {
  app.get(
    '/templates',
    { config: { needs: 'template:read', page: true }, schema: { ...hidden, querystring: ListQuery } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const { kind, text, after } = request.query;
      const ctx = pages.contextOf(request);
      const { rows, next } = await listTemplateLines(ctx, { kind: kind || null, text, after });
      const here = (more: Record<string, string>) =>
        `/templates?${new URLSearchParams({ ...(kind && { kind }), ...(text && { text }), ...more }).toString()}`;
      return pages.page(request, reply, 'template/list', {
        title: t('template.list.title'),
        nav: 'templates',
        styles: ['template.css'],
        rows: rows.map(line),
        tabs: (['', 'marketing', 'notice'] as const).map((each) => ({
          id: each || 'all',
          href: each ? `/templates?kind=${each}` : '/templates',
          current: each === (kind ?? ''),
        })),
        kind: kind ?? '',
        text: text ?? '',
        filtered: Boolean(text),
        next: next && here({ after: next }),
        first: after ? here({}) : null,
      });
    },
  );

  templateEditor(app, pages);
  templateGatewayPages(app, pages);

  app.get(
    '/templates/:id',
    {
      config: { needs: 'template:read', page: true },
      schema: { ...hidden, params: Id, querystring: z.object({ review: z.literal('1').optional() }) },
    },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const ctx = pages.contextOf(request);
      const { template, versions, campaigns } = await showTemplate(ctx, request.params.id);
      const { kind, source, variables, signName } = template;
      const checked = checkTemplate(ctx, { kind, source, variables, signName });
      const account = await findGatewayAccount(pages.pool, template.gatewayAccountId);
      return pages.page(request, reply, 'template/show', {
        title: template.name,
        nav: 'templates',
        leadsOn: true,
        crumbs: [{ href: '/templates', label: t('template.list.title') }],
        styles: ['template.css'],
        template,
        versions: versions.map((version) => ({ ...version, current: version.id === template.id })),
        newest: versions[0]?.id === template.id,
        campaigns,
        pieces: piecesOf(source),
        segments: checked.segments,
        warnings: checked.findings.map(({ zh, en, severity }) => ({ severity, text: t.language === 'en' ? en : zh })),
        hours: account?.settings.hours[kind] ?? null,
        review: request.query.review ? await review(request, template.id) : null,
      });
    },
  );

  app.get(
    '/templates/:id/review',
    { config: { needs: 'template:read', page: true }, schema: { ...hidden, params: Id } },
    async (request, reply) =>
      pages.fragment(request, reply, 'template/review', {
        review: await review(request, request.params.id),
        id: request.params.id,
      }),
  );

  /** The gateway's answer, or why there was none: a page about a text is of use without it. */
  const review = async (request: FastifyRequest, id: string) => {
    try {
      return reviewData(await askReview(pages.contextOf(request), pages.gatewayOf, id));
    } catch (error) {
      const fault = pages.faultOf(request, error);
      const unheard = { template: null, signature: null, sameText: null, sandbox: false, askedAt: new Date() };
      return { ...unheard, fault, waiting: false, applicable: false, lookAgain: null };
    }
  };
}

/** The text cut at its variables, so that they can be marked without a change to the rest. */
function piecesOf(source: string): { text: string; variable: boolean }[] {
  if (!parseTemplate(source).ok) return [{ text: source, variable: false }];
  return source
    .split(/(\{\{[^}]*\}\})/)
    .filter((text) => text !== '')
    .map((text) => ({ text, variable: text.startsWith('{{') }));
}
