import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import * as channels from './channel.command.ts';
import { listGateways } from '../../sms/gateway-account.command.ts';
import type { ListedDelivery } from './delivery.db.ts';
import { channelKinds, type ChannelKind } from './channel.rule.ts';
import type { Translate } from '../../kernel/translate.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import { ChannelForm, formOf, partsOf } from './channel-form.page.ts';
import type { PageFault, Pages } from '../../kit/page/page.ts';

const writes = { needs: 'setting:write' } as const;
const Kind = z.object({ kind: z.enum(channelKinds) });
const QuietForm = z.object({
  from: channels.QuietTime,
  to: channels.QuietTime,
  restDays: z.string().max(5).optional(),
});
type Typed = { form: z.infer<typeof ChannelForm>; fault: PageFault };

/** A sentence for a provider's code, or the code. */
function codeWords(t: Translate, code: string | null): string {
  if (code === null) return '';
  const key = [`channel.code.${code}`, `error.${code}`].find((each) => t.has(each));
  return key ? `${t(key)}（${code}）` : code;
}

const rowOf = (t: Translate, row: ListedDelivery) => ({
  ...row,
  what: t(`notice.out.${row.kind}`),
  stateWords: t(`channel.state.${row.state}`),
  tone: { accepted: 'pill-good', failed: 'pill-bad', unknown: 'pill-warn' }[row.state as string] ?? '',
  why: row.state === 'dropped' ? t(`channel.dropped.${row.reason ?? 'read'}`) : codeWords(t, row.reason),
});

export function noticeChannelPages(app: Api, pages: Pages): void {
  app.get('/channels', { config: writes }, async (request, reply) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const open = await channels.listNoticeDeliveries(ctx, { open: true });
    return pages.page(request, reply, 'channel/list', {
      title: t('channel.title'),
      nav: 'channels',
      styles: ['notice.css'],
      channels: (await channels.listNoticeChannels(ctx)).map((each) => Object.assign(each, healthOf(t, each))),
      kinds: channelKinds,
      quiet: await channels.showHouseQuiet(ctx),
      open: open.map((row) => rowOf(t, row)),
    });
  });

  app.post('/channels/quiet', { config: writes, schema: { body: QuietForm } }, async (request, reply) => {
    const { restDays, ...times } = request.body;
    await channels.setHouseQuiet(pages.contextOf(request), { ...times, restDays: restDays === 'on' });
    return pages.done(request, reply, '/channels', 'channel.quiet-saved');
  });

  app.get('/channels/new', { config: writes, schema: { querystring: Kind } }, (request, reply) =>
    showNew(pages, request, reply, request.query.kind, null),
  );
  app.post(
    '/channels/new',
    { config: writes, schema: { querystring: Kind, body: ChannelForm } },
    async (request, reply) => {
      const { kind } = request.query;
      try {
        const wanted = { kind, ...partsOf(kind, request.body) };
        const { id } = await channels.addNoticeChannel(pages.contextOf(request), pages.channelKit, wanted);
        return pages.done(request, reply, `/channels/${id}`, 'channel.added');
      } catch (error) {
        const typed = { form: request.body, fault: pages.faultOf(request, error) };
        return showNew(pages, request, reply.code(422), kind, typed);
      }
    },
  );
  onePages(app, pages);
}

function onePages(app: Api, pages: Pages): void {
  app.get('/channels/:id', { config: writes, schema: { params: Id } }, (request, reply) =>
    showOne(pages, request, reply, request.params.id, null),
  );
  app.post('/channels/:id', { config: writes, schema: { params: Id, body: ChannelForm } }, async (request, reply) => {
    const { id } = request.params;
    const ctx = pages.contextOf(request);
    const { kind } = await channels.showNoticeChannel(ctx, id);
    try {
      const { name: _name, ...parts } = partsOf(kind, request.body);
      const change = { ...parts, enabled: request.body['enabled'] === 'on' };
      await channels.changeNoticeChannel(ctx, pages.channelKit, { id, change });
      return pages.done(request, reply, `/channels/${id}`, 'channel.saved');
    } catch (error) {
      const typed = { form: request.body, fault: pages.faultOf(request, error) };
      return showOne(pages, request, reply.code(422), id, typed);
    }
  });
  app.post('/channels/:id/test', { config: writes, schema: { params: Id } }, async (request, reply) => {
    const t = pages.translatorOf(request);
    const { id } = request.params;
    const { outcome, code } = await channels.testNoticeChannel(pages.contextOf(request), pages.channelKit, { id });
    return pages.done(request, reply, `/channels/${id}`, `channel.tested-${outcome}`, { why: codeWords(t, code) });
  });
  app.post('/channels/:id/remove', { config: writes, schema: { params: Id } }, async (request, reply) => {
    await channels.removeNoticeChannel(pages.contextOf(request), request.params);
    return pages.done(request, reply, '/channels', 'channel.removed');
  });
}

const healthOf = (t: Translate, channel: channels.ChannelView) => ({
  healthy: channel.failures === 0,
  health:
    channel.lastAt === null
      ? t('channel.health.none')
      : channel.failures === 0
        ? t('channel.health.good')
        : t('channel.health.bad', { count: channel.failures }),
  lastWords: codeWords(t, channel.lastCode),
});

async function showNew(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  kind: ChannelKind,
  typed: Typed | null,
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const accounts = await listGateways(pages.contextOf(request));
  const form = formOf(kind, { channel: null, typed: typed?.form ?? null, fault: typed?.fault ?? null, accounts });
  return pages.page(request, reply, 'channel/new', {
    title: t('channel.new', { kind: t(`channel.kind.${kind}`) }),
    nav: 'channels',
    crumbs: [{ href: '/channels', label: t('channel.title') }],
    styles: ['notice.css'],
    kind,
    form,
    fault: typed?.fault ?? null,
  });
}

async function showOne(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  typed: Typed | null,
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const ctx = pages.contextOf(request);
  const channel = await channels.showNoticeChannel(ctx, id);
  const accounts = await listGateways(ctx);
  const deliveries = await channels.listNoticeDeliveries(ctx, { channelId: id, open: false });
  return pages.page(request, reply, 'channel/show', {
    title: channel.name,
    nav: 'channels',
    crumbs: [{ href: '/channels', label: t('channel.title') }],
    styles: ['notice.css'],
    channel: { ...channel, ...healthOf(t, channel) },
    form: formOf(channel.kind, { channel, typed: typed?.form ?? null, fault: typed?.fault ?? null, accounts }),
    fault: typed?.fault ?? null,
    deliveries: deliveries.map((row) => rowOf(t, row)),
  });
}
