import { z } from 'zod';
import { applyForTemplate, listGatewayStock, type GatewayStock } from '../gateway-application.command.ts';
import type { TemplateReview } from './view.command.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { findGatewayAccount } from '../gateway-account.db.ts';
import { findTemplate } from './template.db.ts';
import { isLoopback } from '../../kernel/loopback.rule.ts';
import type { ListedTemplate } from '../gateway.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import type { PageFault, Pages } from '../../kit/page/page.ts';

const hidden = { hide: true };

/** With every application at a real provider: that it is meant, and the papers it may ask for. */
export const ApplyForm = z.object({
  confirmed: z.literal('yes').optional(),
  qualificationId: z.string().trim().max(20).default(''),
});
type ApplyForm = z.infer<typeof ApplyForm>;

/** Reads the form for an account. Throws `template.apply-unconfirmed`, `template.qualification`. */
export async function readApplyForm(pages: Pages, accountId: string, form: ApplyForm): Promise<number | null> {
  const account = await findGatewayAccount(pages.pool, accountId);
  if (account && !isLoopback(account.settings.endpoint) && form.confirmed !== 'yes')
    throw new AppError('invalid', 'template.apply-unconfirmed', 'Confirm that you apply in earnest.', {
      field: 'confirmed',
    });
  const number = form.qualificationId === '' ? null : Number(form.qualificationId);
  if (number !== null && !(Number.isSafeInteger(number) && number > 0))
    throw new AppError('invalid', 'template.qualification', 'The id of the papers is a number.', {
      field: 'qualificationId',
    });
  return number;
}

/** A provider's own text as the editor takes it over. */
export const editorText = (content: string): string => content.replaceAll(/\$\{\s*(\w+)\s*\}/g, '{{$1}}');

const lacking = (each: { state: string } | null): boolean =>
  each === null || each.state === 'failed' || each.state === 'cancelled';

export const reviewData = (review: TemplateReview) => {
  const { template, signature, sameText, sandbox } = review;
  const waiting = template?.state === 'reviewing' || signature?.state === 'reviewing';
  return {
    ...review,
    fault: null,
    waiting,
    applicable: lacking(signature) || lacking(template) || sameText === false,
    /** Seconds: a sandbox decides at once, people in days. */
    lookAgain: waiting ? (sandbox ? 2 : 60) : null,
  };
};

const rank = ({ state }: { state: string }) => ['passed', 'reviewing', 'failed', 'cancelled'].indexOf(state);
const line = (template: ListedTemplate) => ({
  ...template,
  source: editorText(template.content),
  usable: template.state === 'passed' || template.state === 'reviewing',
});

/** What the editor chooses from: usable kinds alone, what has passed first. */
function stockData({ account, sandbox, templates, signatures }: GatewayStock) {
  const usable = templates.filter(({ kind }) => kind !== null).toSorted((a, b) => rank(a) - rank(b));
  return {
    account,
    sandbox,
    templates: usable.map(line),
    signatures: signatures.toSorted((a, b) => rank(a) - rank(b)),
    fault: null as PageFault | null,
  };
}

/** The provider's list beside the editor, and the application for a version that it lacks. */
export function templateGatewayPages(app: Api, pages: Pages): void {
  app.get(
    '/templates/stock',
    {
      config: { needs: 'template:write', page: true },
      schema: { ...hidden, querystring: z.object({ gatewayAccountId: z.string().max(60).default('') }) },
    },
    async (request, reply) => {
      const id = request.query.gatewayAccountId;
      if (!z.uuid().safeParse(id).success) return pages.fragment(request, reply, 'template/stock', { stock: null });
      try {
        const stock = await listGatewayStock(pages.contextOf(request), pages.gatewayOf, id);
        return pages.fragment(request, reply, 'template/stock', { stock: stockData(stock) });
      } catch (error) {
        const fault = pages.faultOf(request, error);
        const nothing = { account: null, sandbox: false, templates: [], signatures: [] };
        return pages.fragment(request, reply, 'template/stock', { stock: { ...nothing, fault } });
      }
    },
  );

  app.post(
    '/templates/:id/apply',
    {
      config: { needs: 'template:write', page: true },
      schema: { ...hidden, params: Id, body: ApplyForm },
    },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const { id } = request.params;
      const template = await findTemplate(pages.pool, id);
      if (!template) throw new AppError('missing', 'template.unknown', 'There is no such template.', { id });
      const qualificationId = await readApplyForm(pages, template.gatewayAccountId, request.body);
      const made = await applyForTemplate(ctx, pages.gatewayOf, { templateId: id, qualificationId });
      const { version, code } = made;
      const said = made.id === id ? 'template.applied-signature' : 'template.applied-next';
      return pages.done(request, reply, `/templates/${made.id}`, said, { version, code });
    },
  );
}
