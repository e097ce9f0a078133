import { z } from 'zod';
import { findCampaigns } from '../campaign/view.command.ts';
import { browseCustomers, keptSearch, lookUpCustomer } from '../customer/search.command.ts';
import type { Context } from '../house/context.ts';
import { rightsOf } from '../kernel/permission.rule.ts';
import type { Api } from '../kit/http/api.ts';
import type { Pages } from '../kit/page/page.ts';

const shownAtMost = 10;

/** The field in the top bar: a number of either kind leads to its page, anything else to what is called so. */
export function searchPages(app: Api, pages: Pages): void {
  app.post(
    '/search',
    {
      config: { needs: 'self:read', readsOnly: true },
      schema: { body: z.object({ text: z.string().trim().max(80) }) },
    },
    async (request, reply) => {
      const { text } = request.body;
      if (text === '') return reply.redirect('/', 303);
      const ctx = pages.contextOf(request);
      const rights = rightsOf(ctx.staff.grants);
      const campaigns = rights.has('campaign:read') ? await findCampaigns(ctx, text, shownAtMost + 1) : [];
      const [only] = campaigns;
      if (only && only.number.toLowerCase() === text.toLowerCase())
        return reply.redirect(`/campaigns/${only.number}`, 303);
      const found = rights.has('customer:read') ? await customersCalled(ctx, text) : null;
      if (found?.id) return reply.redirect(`/customers/${found.id}`, 303);
      const t = pages.translatorOf(request);
      return pages.page(request, reply, 'search/found', {
        title: t('search.title'),
        nav: 'none',
        text: looksLikeNumber(text) ? null : text,
        campaigns: campaigns.slice(0, shownAtMost),
        moreCampaigns: campaigns.length > shownAtMost,
        customers: found?.rows ?? [],
        allCustomers: found?.search ? `/customers?search=${found.search}` : null,
        nothing: campaigns.length === 0 && (found?.rows ?? []).length === 0,
      });
    },
  );
  // A reload of the answer arrives here: what was looked for is in no address.
  app.get('/search', { config: { needs: 'self:read' } }, (_, reply) => reply.redirect('/', 303));
}

async function customersCalled(ctx: Context, text: string) {
  const answer = await lookUpCustomer(ctx, text);
  if (answer.kind === 'customer') return { id: answer.id, rows: [], search: null };
  if (answer.kind === 'nobody') return { id: null, rows: [], search: null };
  const { rows } = await browseCustomers(ctx, { search: await keptSearch(ctx, answer.id), limit: shownAtMost });
  return { id: null, rows, search: answer.id };
}

const looksLikeNumber = (text: string): boolean => /\d{7,}/.test(text.replaceAll(/[\s-]/g, ''));
