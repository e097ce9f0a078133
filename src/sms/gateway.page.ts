import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  addGateway,
  changeGateway,
  checkConnection,
  listGateways,
  reopenGateway,
  revealWebhooks,
  showGateway,
  type GatewayView,
} from './gateway-account.command.ts';
import { withChange } from '../kernel/change.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { reachOf } from '../house/notice/host.ts';
import { gatewayCodes } from './index.ts';
import type { Translate } from '../kernel/translate.ts';
import type { Api } from '../kit/http/api.ts';
import {
  formOfGateway,
  GatewayFields,
  newGatewayForm,
  readGatewayForm,
  type GatewayForm,
} from './gateway-form.page.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const hidden = { hide: true };
const Name = z.object({ name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/) });
const Reason = z.object({ reason: z.string().max(500).default('') });

export function gatewayPages(app: Api, pages: Pages): void {
  app.get('/gateways', { config: { needs: 'gateway:read', page: true }, schema: hidden }, async (request, reply) => {
    const t = pages.translatorOf(request);
    const accounts = await listGateways(pages.contextOf(request));
    const line = (account: GatewayView) => ({ ...account, ...stopView(account, t), price: priceOf(account) });
    return pages.page(request, reply, 'gateway/list', {
      title: t('gateway.list.title'),
      nav: 'gateways',
      accounts: accounts.map(line),
    });
  });

  const edit = (
    request: FastifyRequest,
    reply: FastifyReply,
    shown: { form: GatewayForm; fault: PageFault | null; account: GatewayView | null },
  ) => {
    const t = pages.translatorOf(request);
    const { account } = shown;
    return pages.page(request, reply, 'gateway/edit', {
      title: account ? t('gateway.edit.title', { name: account.name }) : t('gateway.edit.title-new'),
      nav: 'gateways',
      crumbs: [
        { href: '/gateways', label: t('gateway.list.title') },
        ...(account ? [{ href: `/gateways/${account.name}`, label: account.name }] : []),
      ],
      styles: ['gateway.css'],
      ...shown,
      fields: shown.fault?.fields ?? {},
    });
  };

  app.get('/gateways/new', { config: { needs: 'gateway:write', page: true }, schema: hidden }, (request, reply) =>
    edit(request, reply, { form: newGatewayForm(), fault: null, account: null }),
  );
  app.post(
    '/gateways',
    { config: { needs: 'gateway:write', page: true }, schema: { ...hidden, body: GatewayFields } },
    async (request, reply) => {
      const form = withChange(newGatewayForm(), request.body);
      try {
        const wanted = readGatewayForm(form);
        await addGateway(pages.contextOf(request), wanted);
        return pages.done(request, reply, `/gateways/${wanted.name}`, 'gateway.edit.added', { name: wanted.name });
      } catch (error) {
        const fault = pages.faultOf(request, error);
        return edit(request, reply.code(422), { form, fault, account: null });
      }
    },
  );

  type Shown = {
    fault?: PageFault | null;
    webhooks?: { reports: string; replies: string } | null;
    check?: { milliseconds: number | null; fault: PageFault | null } | null;
  };
  const show = async (request: FastifyRequest, reply: FastifyReply, name: string, shown: Shown) => {
    const t = pages.translatorOf(request);
    const account = await showGateway(pages.contextOf(request), name);
    return pages.page(request, reply, 'gateway/show', {
      title: account.name,
      nav: 'gateways',
      crumbs: [{ href: '/gateways', label: t('gateway.list.title') }],
      styles: ['gateway.css'],
      account,
      ...stopView(account, t),
      price: priceOf(account),
      reach: reachOf(pages.publicUrl),
      publicUrl: pages.publicUrl,
      scripts: ['copy.js'],
      masked: `${pages.publicUrl}/webhooks/${account.provider}/••••••••`,
      fault: null,
      webhooks: null,
      check: null,
      ...shown,
    });
  };

  app.get(
    '/gateways/:name',
    { config: { needs: 'gateway:read', page: true }, schema: { ...hidden, params: Name } },
    (request, reply) => show(request, reply, request.params.name, {}),
  );
  app.get(
    '/gateways/:name/edit',
    { config: { needs: 'gateway:write', page: true }, schema: { ...hidden, params: Name } },
    async (request, reply) => {
      const account = await showGateway(pages.contextOf(request), request.params.name);
      return edit(request, reply, { form: formOfGateway(account), fault: null, account });
    },
  );
  app.post(
    '/gateways/:name/edit',
    { config: { needs: 'gateway:write', page: true }, schema: { ...hidden, params: Name, body: GatewayFields } },
    async (request, reply) => {
      const { name } = request.params;
      const ctx = pages.contextOf(request);
      const account = await showGateway(ctx, name);
      const form = { ...withChange(formOfGateway(account), request.body), name };
      try {
        const { settings, ratePerSecond, priceMilliYuan } = readGatewayForm(form);
        const credentialsFile = settings?.credentialsFile ?? null;
        const change = { ratePerSecond, priceMilliYuan, settings: { ...settings, credentialsFile } };
        await changeGateway(ctx, { name, change });
        return pages.done(request, reply, `/gateways/${name}`, 'gateway.edit.changed');
      } catch (error) {
        return edit(request, reply.code(422), { form, fault: pages.faultOf(request, error), account });
      }
    },
  );

  app.post(
    '/gateways/:name/reopen',
    { config: { needs: 'gateway:write', page: true }, schema: { ...hidden, params: Name } },
    async (request, reply) => {
      const { name } = request.params;
      try {
        await reopenGateway(pages.contextOf(request), { name });
        return pages.done(request, reply, `/gateways/${name}`, 'gateway.reopened', { name });
      } catch (error) {
        return show(request, reply.code(409), name, { fault: pages.faultOf(request, error) });
      }
    },
  );

  // No redirect: the addresses are shown once, in the answer to the request that is on record.
  app.post(
    '/gateways/:name/webhooks',
    { config: { needs: 'gateway:write', page: true }, schema: { ...hidden, params: Name, body: Reason } },
    async (request, reply) => {
      const { name } = request.params;
      const reason = request.body.reason.trim();
      try {
        if (reason.length < 4) throw tooShort();
        const { reportsPath, repliesPath } = await revealWebhooks(pages.contextOf(request), { name, reason });
        const webhooks = { reports: `${pages.publicUrl}${reportsPath}`, replies: `${pages.publicUrl}${repliesPath}` };
        return await show(request, reply, name, { webhooks });
      } catch (error) {
        return show(request, reply.code(422), name, { fault: pages.faultOf(request, error) });
      }
    },
  );

  app.post(
    '/gateways/:name/check',
    { config: { needs: 'gateway:write', page: true }, schema: { ...hidden, params: Name } },
    async (request, reply) => {
      const { name } = request.params;
      const check = await checkConnection(pages.contextOf(request), pages.gatewayOf, name).then(
        ({ milliseconds }) => ({ milliseconds, fault: null }),
        (error: unknown) => ({ milliseconds: null, fault: pages.faultOf(request, error) }),
      );
      if (request.headers['hx-request'] === 'true') return pages.fragment(request, reply, 'gateway/check', { check });
      return show(request, reply, name, { check });
    },
  );
}

const tooShort = () =>
  new AppError('invalid', 'gateway.reason-short', 'Give a reason of at least four characters.', { field: 'reason' });

/** Yuan a segment, to the thousandth: `0.045`. */
const priceOf = ({ priceMilliYuan }: GatewayView): string => (priceMilliYuan / 1_000).toFixed(3);

/** Why an account is stopped, in the reader's language. */
function stopView({ provider, stopCode }: GatewayView, t: Translate) {
  if (stopCode === null) return { stop: null };
  const { code, meaning, reaction } = gatewayCodes(provider).explain(stopCode);
  const word = (wording: { zh: string; en: string }): string => (t.language === 'en' ? wording.en : wording.zh);
  return { stop: { code, meaning: word(meaning), reaction: word(reaction) } };
}
