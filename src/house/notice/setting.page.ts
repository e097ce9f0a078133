import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import * as settings from './setting.command.ts';
import { isUrgent, noticeKinds } from './notice.rule.ts';
import type { Api } from '../../kit/http/api.ts';
import type { PageFault, Pages } from '../../kit/page/page.ts';

const own = { needs: 'self:write' } as const;
const word = z.string().max(300);
const Chosen = z.record(z.string().max(60), z.union([word, z.array(word).max(100)]));
const Channel = z.enum(['email', 'sms']);
const here = '/account/notices';

/** How I am told of what: kinds by channels, quiet hours, addresses. */
export function noticeSettingPages(app: Api, pages: Pages): void {
  app.get(here, { config: { needs: 'self:read' } }, (request, reply) => show(pages, request, reply, null));
  app.post(here, { config: own, schema: { body: Chosen } }, async (request, reply) => {
    const { body } = request;
    const text = (key: string): string => (typeof body[key] === 'string' ? body[key] : '');
    const quiet =
      text('quiet') === 'own' ? { from: text('from'), to: text('to'), restDays: text('restDays') === 'on' } : null;
    const wanted = noticeKinds.flatMap((kind) =>
      (['email', 'sms'] as const).map((channel) => ({ kind, channel, wanted: text(`${channel} ${kind}`) === 'on' })),
    );
    try {
      await settings.changeNoticeSettings(pages.contextOf(request), { wanted, quiet });
      return pages.done(request, reply, here, 'channel.own-saved');
    } catch (error) {
      return show(pages, request, reply.code(422), pages.faultOf(request, error));
    }
  });
  const Address = z.object({ channel: Channel, address: word });
  app.post(`${here}/address`, { config: own, schema: { body: Address } }, async (request, reply) => {
    try {
      await settings.askForAddress(pages.contextOf(request), pages.channelKit, request.body);
      return pages.done(request, reply, here, 'channel.code-sent');
    } catch (error) {
      return show(pages, request, reply.code(422), pages.faultOf(request, error));
    }
  });
  const Code = z.object({ channel: Channel, code: z.string().max(20) });
  app.post(`${here}/confirm`, { config: own, schema: { body: Code } }, async (request, reply) => {
    try {
      await settings.confirmAddress(pages.contextOf(request), request.body);
      return pages.done(request, reply, here, 'channel.address-confirmed');
    } catch (error) {
      return show(pages, request, reply.code(422), pages.faultOf(request, error));
    }
  });
  app.post(
    `${here}/drop`,
    { config: own, schema: { body: z.object({ channel: Channel }) } },
    async (request, reply) => {
      await settings.dropAddress(pages.contextOf(request), request.body);
      return pages.done(request, reply, here, 'channel.address-dropped');
    },
  );
}

async function show(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  fault: PageFault | null,
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const view = await settings.showNoticeSettings(pages.contextOf(request));
  const chosen = (kind: string, channel: string): boolean =>
    view.wanted.find((each) => each.kind === kind && each.channel === channel)?.wanted ?? false;
  return pages.page(request, reply, 'channel/own', {
    title: t('channel.own'),
    nav: 'account',
    crumbs: [{ href: '/account', label: t('account.title') }],
    styles: ['notice.css'],
    fault,
    rows: noticeKinds.map((kind) => ({
      kind,
      label: t(`notice.out.${kind}`),
      urgent: isUrgent(kind),
      email: chosen(kind, 'email'),
      sms: chosen(kind, 'sms'),
    })),
    emailOffered: view.offered.includes('email'),
    smsOffered: view.offered.includes('sms'),
    quiet: view.quiet ?? view.houseQuiet,
    ownQuiet: view.quiet !== null,
    houseQuiet: view.houseQuiet,
    addresses: view.addresses.map(({ channel, shown, own: mine, awaits }) => {
      const offered = view.offered.includes(channel);
      return { channel, shown, own: mine, awaits, offered };
    }),
  });
}
