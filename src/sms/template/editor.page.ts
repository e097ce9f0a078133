import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { filterChoices } from '../../audience/view.command.ts';
import { inspectText, type TextInspection } from './inspect.command.ts';
import { previewText, type TextPreview } from './preview.command.ts';
import { applyWithNewTemplate, listGatewayStock } from '../gateway-application.command.ts';
import { showTemplate } from './view.command.ts';
import { createTemplate } from './template.command.ts';
import { isLoopback } from '../../kernel/loopback.rule.ts';
import { rightsOf } from '../../kernel/permission.rule.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { listAudiences } from '../../audience/audience.db.ts';
import { listGatewayAccounts } from '../gateway-account.db.ts';
import type { Translate } from '../../kernel/translate.ts';
import { variableChoices } from '../variable-choice.rule.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import type { PageFault, Pages } from '../../kit/page/page.ts';
import { ApplyForm, editorText, readApplyForm } from './gateway.page.ts';
import { unfitLine } from './unfit.page.ts';
import { formOf, guessFrom, sourcesOf, TemplateForm, textOf, variableRows, variableTypes } from './form.page.ts';

const hidden = { hide: true };
const isId = (text: string): boolean => z.uuid().safeParse(text).success;

/** The editor: a new template, the next version of one, and the checks that run while it is typed. */
export function templateEditor(app: Api, pages: Pages): void {
  const inspect = async (request: FastifyRequest, form: TemplateForm) => {
    const ctx = pages.contextOf(request);
    const t = pages.translatorOf(request);
    const rows = variableRows(form);
    const text = textOf(form, rows);
    const { attributes } = await filterChoices(ctx);
    const inspection = await inspectText(ctx, text, isId(form.gatewayAccountId) ? form.gatewayAccountId : null);
    const sees = rightsOf(ctx.staff.grants).has('customer:read');
    const sources = sourcesOf(rows, attributes);
    const audienceId = isId(form.audienceId) ? form.audienceId : null;
    const preview =
      sees && inspection.gatewayContent !== null
        ? await previewText(ctx, text, { audienceId, variableSources: sources, seed: form.seed })
        : null;
    return checkData(t, inspection, preview, form);
  };

  const editor = async (
    request: FastifyRequest,
    reply: FastifyReply,
    form: TemplateForm,
    shown: { fault: PageFault | null; nextOf: { id: string; name: string; version: number } | null; checked: boolean },
  ) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const [accounts, { attributes }, audiences] = await Promise.all([
      listGatewayAccounts(pages.pool),
      filterChoices(ctx),
      listAudiences(pages.pool, { state: 'open', units: '*' }, null, 100),
    ]);
    const rows = variableRows(form);
    return pages.page(request, reply, 'template/edit', {
      title: shown.nextOf ? t('template.edit.title-next', { name: shown.nextOf.name }) : t('template.edit.title-new'),
      nav: 'templates',
      crumbs: [
        { href: '/templates', label: t('template.list.title') },
        ...(shown.nextOf ? [{ href: `/templates/${shown.nextOf.id}`, label: shown.nextOf.name }] : []),
      ],
      scripts: ['template.js'],
      styles: ['template.css'],
      ...shown,
      fields: shown.fault?.fields ?? {},
      form,
      accounts: accounts.map(({ id, name }) => ({ id, name, chosen: id === form.gatewayAccountId })),
      inEarnest: accounts.some(({ settings }) => !isLoopback(settings.endpoint)),
      audiences: audiences.map(({ id, name }) => ({ id, name, chosen: id === form.audienceId })),
      rows: rows.map((row, index) => rowData(row, index, attributes)),
      blank: rowData({ name: '', label: '', type: 'text', maxLength: 20, example: '', from: '' }, -1, attributes),
      choices: choicesOf(t, attributes),
      check: shown.checked ? await inspect(request, form) : null,
    });
  };

  app.get(
    '/templates/new',
    { config: { needs: 'template:write', page: true }, schema: { ...hidden, querystring: Held } },
    async (request, reply) => {
      const form = await newForm(pages, request);
      return editor(request, reply, form, { fault: null, nextOf: null, checked: form.source !== '' });
    },
  );

  app.get(
    '/templates/:id/next',
    { config: { needs: 'template:write', page: true }, schema: { ...hidden, params: Id } },
    async (request, reply) => {
      const { template } = await showTemplate(pages.contextOf(request), request.params.id);
      return editor(request, reply, formOf(template), { fault: null, nextOf: template, checked: true });
    },
  );

  app.post(
    '/templates/check',
    { config: { needs: 'template:write', page: true }, schema: { ...hidden, body: TemplateForm } },
    async (request, reply) => {
      try {
        return pages.fragment(request, reply, 'template/check', { check: await inspect(request, request.body) });
      } catch (error) {
        const { message } = pages.faultOf(request, error);
        return pages.fragment(request, reply, 'template/no-check', { message });
      }
    },
  );

  app.post(
    '/templates',
    {
      config: { needs: 'template:write', page: true },
      schema: {
        ...hidden,
        body: TemplateForm.extend({
          ...ApplyForm.shape,
          act: z.enum(['save', 'apply', 'check', 'others']).default('save'),
          nextOf: z.uuid().or(z.literal('')).default(''),
        }),
      },
    },
    async (request, reply) => {
      const { act, nextOf, confirmed, qualificationId, ...form } = request.body;
      const ctx = pages.contextOf(request);
      const before = nextOf === '' ? null : (await showTemplate(ctx, nextOf)).template;
      // A version belongs to its template: the name of the next one is not the form's to choose.
      const kept = before ? { ...form, name: before.name } : form;
      if (act !== 'save' && act !== 'apply') {
        const seed = act === 'others' ? kept.seed + 1 : kept.seed;
        return editor(request, reply, { ...kept, seed }, { fault: null, nextOf: before, checked: true });
      }
      try {
        const wanted = wantedOf(kept, act);
        const { gatewayCode, ...text } = wanted;
        const papers =
          act === 'apply'
            ? await readApplyForm(pages, wanted.gatewayAccountId, { ...(confirmed && { confirmed }), qualificationId })
            : null;
        const { id, version } =
          act === 'apply'
            ? await applyWithNewTemplate(ctx, pages.gatewayOf, { ...text, qualificationId: papers })
            : await createTemplate(ctx, { ...text, gatewayCode });
        const said = act === 'apply' ? 'template.edit.applied' : 'template.edit.done';
        return pages.done(request, reply, `/templates/${id}`, said, { name: kept.name.trim(), version });
      } catch (error) {
        const fault = pages.faultOf(request, error);
        return editor(request, reply.code(422), kept, { fault, nextOf: before, checked: true });
      }
    },
  );
}

const Held = z.object({ account: z.string().max(60).default(''), code: z.string().max(60).default('') });

/** Empty but for the only account there is; with `account` and `code` of the address filled with what stands there. */
async function newForm(
  pages: Pages,
  request: FastifyRequest<{ Querystring: z.infer<typeof Held> }>,
): Promise<TemplateForm> {
  const { account, code } = request.query;
  const active = (await listGatewayAccounts(pages.pool)).filter(({ state }) => state === 'active');
  const only = active.length === 1 ? (active[0]?.id ?? '') : '';
  if (!isId(account) || code === '') return TemplateForm.parse({ gatewayAccountId: only });
  const stock = await listGatewayStock(pages.contextOf(request), pages.gatewayOf, account);
  const held = stock.templates.find((each) => each.code === code);
  const passed = stock.signatures.filter(({ state }) => state === 'passed');
  return TemplateForm.parse({
    gatewayAccountId: account,
    ...(held && { name: held.name, source: editorText(held.content), gatewayCode: held.code }),
    ...(held?.kind && { kind: held.kind }),
    ...(passed.length === 1 && { signName: passed[0]?.name }),
  });
}

/** Throws `template.fields` with a fault for each field that is missing; an application brings the code itself. */
function wantedOf(form: TemplateForm, act: 'save' | 'apply') {
  const rows = variableRows(form);
  const faults = [
    ...(form.name.trim() === '' || form.name.trim().length > 60 ? [fault('name', 'template.field-name')] : []),
    ...(form.source.trim() === '' ? [fault('source', 'template.field-source')] : []),
    ...(act === 'save' && (form.gatewayCode === '' || form.gatewayCode.length > 40)
      ? [fault('gatewayCode', 'template.field-code')]
      : []),
    ...(isId(form.gatewayAccountId) ? [] : [fault('gatewayAccountId', 'template.field-account')]),
    ...rows.flatMap((row, index) => (row.label === '' ? [fault(`variable.${index}`, 'template.field-label')] : [])),
    ...(form.source.length > 1_000 ? [fault('source', 'text.too-long')] : []),
  ];
  if (faults.length > 0) throw new AppError('invalid', 'template.fields', 'Some fields are missing.', { faults });
  const { name, gatewayAccountId, gatewayCode } = form;
  return { ...textOf(form, rows), name, gatewayAccountId, gatewayCode };
}
const fault = (field: string, code: string) => ({ field, code, message: 'This field cannot be used.' });

const choicesOf = (t: Translate, attributes: readonly string[]) =>
  variableChoices(attributes, { name: t('template.insert.name'), tier: t('template.insert.tier') }).map(
    ({ name, label, type, from }) => ({ name, label, type, from, written: `{{${name}}}` }),
  );

const rowData = (row: ReturnType<typeof variableRows>[number], index: number, attributes: readonly string[]) => {
  const from = row.from === '' ? guessFrom(row, attributes) : row.from;
  return {
    ...row,
    index,
    ordinal: index + 1,
    types: variableTypes.map((type) => ({ type, chosen: type === row.type })),
    sources: (['name', 'tier', 'row', 'example'] as const).map((source) => ({ source, chosen: source === from })),
    attributes: attributes.map((key) => ({ key, value: `attribute:${key}`, chosen: `attribute:${key}` === from })),
  };
};

function checkData(t: Translate, inspection: TextInspection, preview: TextPreview | null, form: TemplateForm) {
  const { findings, used, declared } = inspection;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return {
    ...inspection,
    empty: form.source.trim() === '',
    kind: form.kind,
    errors,
    warnings: findings.length - errors,
    findings: findings.map(({ severity, zh, en, place }) => ({ severity, place, text: t.language === 'en' ? en : zh })),
    variables: used.map((name) => ({ name, declared: declared.includes(name) })),
    perSegment: inspection.length <= 70 ? 70 : 67,
    preview: preview && {
      ...preview,
      unfitExamples: preview.unfitExamples.map((each) => unfitLine(t, each, variableRows(form))),
      people: preview.people.map((person, index) => ({
        ...person,
        role:
          preview.people.length === 1
            ? 'only'
            : index === 0
              ? 'shortest'
              : person === preview.people.at(-1)
                ? 'longest'
                : 'usual',
      })),
    },
    seed: form.seed,
    nextSeed: form.seed + 1,
  };
}
