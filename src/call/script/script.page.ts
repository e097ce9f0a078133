import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { several } from '../../audience/form.page.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { contactPurposes } from '../../kernel/reach.rule.ts';
import type { Api } from '../../kit/http/api.ts';
import type { PageFault, Pages } from '../../kit/page/page.ts';
import { results } from '../task.rule.ts';
import { branchKeys, ScriptContent, verificationItems } from './content.rule.ts';
import { linesOf, resultsOf, verificationOf } from './paper.page.ts';
import { changeScript, createScript, nextVersion, submitScript, withdrawScript } from './script.command.ts';
import { mayHaveNextVersion } from './state.rule.ts';
import { browseScripts, showScript } from './view.command.ts';

const hidden = { hide: true };
const Which = z.object({ script: z.string().max(60) });
const text = z.string().max(2_000).default('');
const ticked = several(100, 40);
const Form = z.object({
  name: text,
  purpose: z.enum(contactPurposes).default('callback'),
  opening: text,
  reason: text,
  closing: text,
  verification: ticked,
  results: ticked,
  ...Object.fromEntries(
    branchKeys.flatMap((key) => ['label', 'text', 'next', 'result'].map((of) => [`${of}${key}`, text])),
  ),
});
type Typed = z.output<typeof Form>;
function partOf(form: Typed, name: string): string {
  const part = (form as Record<string, unknown>)[name];
  return typeof part === 'string' ? part.trim() : '';
}

/** A form as the command wants it: a branch without any words is none. */
const written = (form: Typed) => ({
  name: form.name,
  purpose: form.purpose,
  content: {
    opening: form.opening,
    reason: form.reason,
    closing: form.closing,
    branches: branchKeys
      .filter((key) => partOf(form, `label${key}`) !== '' || partOf(form, `text${key}`) !== '')
      .map((key) => ({
        key,
        label: partOf(form, `label${key}`),
        text: partOf(form, `text${key}`),
        next: partOf(form, `next${key}`) || null,
        result: partOf(form, `result${key}`) || null,
      })),
    verification: form.verification,
    results: form.results,
  } as unknown as z.input<typeof ScriptContent>,
});

const typedOf = (name: string, purpose: Typed['purpose'], content: ScriptContent): Typed => ({
  ...Form.parse({ name, purpose, opening: content.opening, reason: content.reason, closing: content.closing }),
  verification: [...content.verification],
  results: [...content.results],
  ...Object.fromEntries(
    content.branches.flatMap(({ key, label, text: says, next, result }) => [
      [`label${key}`, label],
      [`text${key}`, says],
      [`next${key}`, next ?? ''],
      [`result${key}`, result ?? ''],
    ]),
  ),
});
const empty: Typed = { ...Form.parse({}), results: [...results] };

export function scriptPages(app: Api, pages: Pages): void {
  const show = async (request: FastifyRequest, reply: FastifyReply, which: string, fault: PageFault | null) => {
    const ctx = pages.contextOf(request);
    const t = pages.translatorOf(request);
    const { script, versions, digest, signatures } = await showScript(ctx, which);
    const mine = script.applicantId === ctx.staff.id;
    const draft = script.state === 'draft';
    return pages.page(request, reply, 'script/show', {
      title: script.name,
      nav: 'scripts',
      crumbs: [{ href: '/scripts', label: t('script.title') }],
      script,
      versions,
      digest,
      signatures,
      lines: linesOf(script.content, t),
      verification: verificationOf(script.content, t),
      results: resultsOf(script.content, t),
      can: {
        change: mine && draft,
        submit: mine && draft,
        next: mayHaveNextVersion(script.state) && ctx.staff.roles.some((role) => writers.has(role)),
        withdraw: mine && ['awaiting-liaison', 'awaiting-leader', 'signed'].includes(script.state),
      },
      fault,
    });
  };
  app.get(
    '/scripts',
    {
      config: { needs: 'script:read', page: true },
      schema: { ...hidden, querystring: z.object({ before: z.uuid().optional() }) },
    },
    async (request, reply) => {
      const { rows, next } = await browseScripts(pages.contextOf(request), request.query);
      return pages.page(request, reply, 'script/list', {
        title: pages.translatorOf(request)('script.title'),
        nav: 'scripts',
        rows,
        next: next && `/scripts?before=${next}`,
        first: request.query.before === undefined ? null : '/scripts',
      });
    },
  );
  app.get(
    '/scripts/:script',
    { config: { needs: 'script:read', page: true }, schema: { ...hidden, params: Which } },
    (request, reply) => show(request, reply, request.params.script, null),
  );
  editorPages(app, pages);
  const acts = [
    ['submit', 'script.submitted', submitScript],
    ['withdraw', 'script.withdrawn', withdrawScript],
  ] as const;
  for (const [act, said, command] of acts)
    app.post(
      `/scripts/:script/${act}`,
      {
        config: { needs: 'script:write', page: true },
        schema: { ...hidden, params: Which, body: z.object({ reason: z.string().max(500).optional() }).nullish() },
      },
      async (request, reply) => {
        const scriptId = request.params.script;
        try {
          const reason = request.body?.reason ?? '';
          await command(pages.contextOf(request), { scriptId, ...(act === 'withdraw' && { reason }) } as never);
          return pages.done(request, reply, `/scripts/${encodeURIComponent(scriptId)}`, said);
        } catch (error) {
          const told = error instanceof z.ZodError ? noReason() : error;
          return show(request, reply.code(422), scriptId, pages.faultOf(request, told));
        }
      },
    );
  app.post(
    '/scripts/:script/next-version',
    { config: { needs: 'script:write', page: true }, schema: { ...hidden, params: Which } },
    async (request, reply) => {
      try {
        const { number } = await nextVersion(pages.contextOf(request), { scriptId: request.params.script });
        return pages.done(request, reply, `/scripts/${number}/edit`, 'script.kept', { number });
      } catch (error) {
        return show(request, reply.code(422), request.params.script, pages.faultOf(request, error));
      }
    },
  );
}
const writers: ReadonlySet<string> = new Set(['applicant', 'operator', 'supervisor']);

function editorPages(app: Api, pages: Pages): void {
  const editor = (
    request: FastifyRequest,
    reply: FastifyReply,
    { action, form, fault }: { action: string; form: Typed; fault: PageFault | null },
  ) => {
    const t = pages.translatorOf(request);
    return pages.page(request, reply, 'script/edit', {
      title: t(action === '/scripts/new' ? 'script.new' : 'script.change'),
      nav: 'scripts',
      crumbs: [{ href: '/scripts', label: t('script.title') }],
      action,
      form,
      purposes: contactPurposes,
      texts: [
        { field: 'opening', label: t('script.opening'), value: form.opening },
        { field: 'reason', label: t('script.reason'), value: form.reason },
        { field: 'closing', label: t('script.closing'), value: form.closing },
      ],
      keys: branchKeys,
      branches: branchKeys.map((key) => ({
        key,
        label: partOf(form, `label${key}`),
        text: partOf(form, `text${key}`),
        next: partOf(form, `next${key}`),
        result: partOf(form, `result${key}`),
      })),
      items: verificationItems.map((id) => ({ id, on: form.verification.includes(id) })),
      allResults: results.map((id) => ({ id, on: form.results.includes(id) })),
      fault,
    });
  };
  app.get('/scripts/new', { config: { needs: 'script:write', page: true }, schema: hidden }, (request, reply) =>
    editor(request, reply, { action: '/scripts/new', form: empty, fault: null }),
  );
  app.post(
    '/scripts/new',
    { config: { needs: 'script:write', page: true }, schema: { ...hidden, body: Form } },
    async (request, reply) => {
      try {
        const { number } = await createScript(pages.contextOf(request), written(request.body));
        return pages.done(request, reply, `/scripts/${number}`, 'script.kept', { number });
      } catch (error) {
        const fault = pages.faultOf(request, error instanceof z.ZodError ? unreadable() : error);
        return editor(request, reply.code(422), { action: '/scripts/new', form: request.body, fault });
      }
    },
  );
  app.get(
    '/scripts/:script/edit',
    { config: { needs: 'script:write', page: true }, schema: { ...hidden, params: Which } },
    async (request, reply) => {
      const { script } = await showScript(pages.contextOf(request), request.params.script);
      const form = typedOf(script.name, script.purpose, script.content);
      return editor(request, reply, { action: `/scripts/${script.number}/edit`, form, fault: null });
    },
  );
  app.post(
    '/scripts/:script/edit',
    { config: { needs: 'script:write', page: true }, schema: { ...hidden, params: Which, body: Form } },
    async (request, reply) => {
      const { script } = request.params;
      const action = `/scripts/${encodeURIComponent(script)}/edit`;
      try {
        await changeScript(pages.contextOf(request), { ...written(request.body), scriptId: script });
        return pages.done(request, reply, `/scripts/${encodeURIComponent(script)}`, 'script.kept', { number: script });
      } catch (error) {
        const fault = pages.faultOf(request, error instanceof z.ZodError ? unreadable() : error);
        return editor(request, reply.code(422), { action, form: request.body, fault });
      }
    },
  );
}

const noReason = (): AppError =>
  new AppError('invalid', 'reason.missing', 'Give a reason of 1 to 500 characters.', { field: 'reason' });

const unreadable = (): AppError =>
  new AppError(
    'invalid',
    'script.incomplete',
    'Fill in the name, opening, reason and closing, and both parts of each branch.',
  );
