import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { withChange } from '../kernel/change.ts';
import type { Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';
import {
  formOfVoiceAccount,
  newVoiceAccountForm,
  readVoiceAccountForm,
  VoiceAccountFields,
  type VoiceAccountForm,
} from './voice-account-form.page.ts';
import {
  addVoiceAccount,
  changeVoiceAccount,
  checkVoiceAccount,
  listVoiceAccounts,
  resumeVoiceAccount,
  showVoiceAccount,
  stopVoiceAccount,
  type VoiceAccountView,
  type VoiceCheck,
} from './voice-account.command.ts';

const hidden = { hide: true };
const Name = z.object({ name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/) });
const nav = 'voice-accounts' as const;
type Shown = { fault?: PageFault | null; check?: { answer: VoiceCheck | null; fault: PageFault | null } | null };
type Edited = { form: VoiceAccountForm; fault: PageFault | null; account: VoiceAccountView | null };

export function voiceAccountPages(app: Api, pages: Pages): void {
  readingPages(app, pages);
  editingPages(app, pages);
}

const crumb = (pages: Pages, request: FastifyRequest) => ({
  href: '/voice-accounts',
  label: pages.translatorOf(request)('voice-account.list.title'),
});

async function show(pages: Pages, request: FastifyRequest, reply: FastifyReply, name: string, shown: Shown) {
  const account = await showVoiceAccount(pages.contextOf(request), name);
  return pages.page(request, reply, 'voice-account/show', {
    title: account.name,
    nav,
    crumbs: [crumb(pages, request)],
    account,
    fault: null,
    check: null,
    ...shown,
  });
}

const line = (account: VoiceAccountView) => ({
  ...account,
  firstCaller: account.callerNumbers[0],
  moreCallers: account.callerNumbers.length - 1,
});

function readingPages(app: Api, pages: Pages): void {
  app.get(
    '/voice-accounts',
    { config: { needs: 'voice:read', page: true }, schema: hidden },
    async (request, reply) => {
      const accounts = await listVoiceAccounts(pages.contextOf(request));
      const title = pages.translatorOf(request)('voice-account.list.title');
      return pages.page(request, reply, 'voice-account/list', { title, nav, accounts: accounts.map(line) });
    },
  );
  app.get(
    '/voice-accounts/:name',
    { config: { needs: 'voice:read', page: true }, schema: { ...hidden, params: Name } },
    (request, reply) => show(pages, request, reply, request.params.name, {}),
  );
  for (const [verb, act, told] of [
    ['stop', stopVoiceAccount, 'voice-account.stop.done'],
    ['resume', resumeVoiceAccount, 'voice-account.resume.done'],
  ] as const)
    app.post(
      `/voice-accounts/:name/${verb}`,
      { config: { needs: 'voice:write', page: true }, schema: { ...hidden, params: Name } },
      async (request, reply) => {
        const { name } = request.params;
        try {
          await act(pages.contextOf(request), { name });
          return pages.done(request, reply, `/voice-accounts/${name}`, told, { name });
        } catch (error) {
          return show(pages, request, reply.code(409), name, { fault: pages.faultOf(request, error) });
        }
      },
    );
  app.post(
    '/voice-accounts/:name/check',
    { config: { needs: 'voice:write', page: true }, schema: { ...hidden, params: Name } },
    async (request, reply) => {
      const { name } = request.params;
      const check = await checkVoiceAccount(pages.contextOf(request), name).then(
        (answer) => ({ answer, fault: null }),
        (error: unknown) => ({ answer: null, fault: pages.faultOf(request, error) }),
      );
      if (request.headers['hx-request'] === 'true')
        return pages.fragment(request, reply, 'voice-account/check', { check });
      return show(pages, request, reply, name, { check });
    },
  );
}

function editingPages(app: Api, pages: Pages): void {
  const edit = (request: FastifyRequest, reply: FastifyReply, shown: Edited) => {
    const t = pages.translatorOf(request);
    const { account } = shown;
    const own = account ? [{ href: `/voice-accounts/${account.name}`, label: account.name }] : [];
    return pages.page(request, reply, 'voice-account/edit', {
      title: account ? t('voice-account.edit.title', { name: account.name }) : t('voice-account.edit.title-new'),
      nav,
      crumbs: [crumb(pages, request), ...own],
      styles: ['gateway.css'],
      ...shown,
      // What was typed is not sent back: a password stands in no page.
      form: { ...shown.form, password: '' },
      fields: shown.fault?.fields ?? {},
    });
  };
  app.get('/voice-accounts/new', { config: { needs: 'voice:write', page: true }, schema: hidden }, (request, reply) =>
    edit(request, reply, { form: newVoiceAccountForm(), fault: null, account: null }),
  );
  app.post(
    '/voice-accounts',
    { config: { needs: 'voice:write', page: true }, schema: { ...hidden, body: VoiceAccountFields } },
    async (request, reply) => {
      const form = withChange(newVoiceAccountForm(), request.body);
      try {
        const { name } = form;
        await addVoiceAccount(pages.contextOf(request), readVoiceAccountForm(form, true));
        return pages.done(request, reply, `/voice-accounts/${name}`, 'voice-account.edit.added', { name });
      } catch (error) {
        return edit(request, reply.code(422), { form, fault: pages.faultOf(request, error), account: null });
      }
    },
  );
  app.get(
    '/voice-accounts/:name/edit',
    { config: { needs: 'voice:write', page: true }, schema: { ...hidden, params: Name } },
    async (request, reply) => {
      const account = await showVoiceAccount(pages.contextOf(request), request.params.name);
      return edit(request, reply, { form: formOfVoiceAccount(account), fault: null, account });
    },
  );
  app.post(
    '/voice-accounts/:name/edit',
    { config: { needs: 'voice:write', page: true }, schema: { ...hidden, params: Name, body: VoiceAccountFields } },
    async (request, reply) => {
      const { name } = request.params;
      const account = await showVoiceAccount(pages.contextOf(request), name);
      const form = { ...withChange(formOfVoiceAccount(account), request.body), name };
      try {
        const { name: _name, provider: _provider, password, ...change } = readVoiceAccountForm(form, false);
        const changed = form.password === '' ? change : { ...change, password };
        await changeVoiceAccount(pages.contextOf(request), { name, change: changed });
        return pages.done(request, reply, `/voice-accounts/${name}`, 'voice-account.edit.changed');
      } catch (error) {
        return edit(request, reply.code(422), { form, fault: pages.faultOf(request, error), account });
      }
    },
  );
}
