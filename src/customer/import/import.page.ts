import { randomUUIDv7 } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readImport, staleAfterDays } from './import.command.ts';
import { discardImport, personChangeChoices } from './acceptance.command.ts';
import {
  browseImports,
  countHeldNos,
  firstFaults,
  importErrorsCsv,
  loadNamedImport,
  loadImport,
  type NamedImport,
} from './view.command.ts';
import { beginAccepting } from './accept-import.command.ts';
import { listAudiences } from '../../audience/audience.command.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { encodings } from '../../kernel/file/encoding-survey.rule.ts';
import { columnLetters } from '../../kernel/file/sheet.ts';
import { rightsOf } from '../../kernel/permission.rule.ts';
import type { Translate } from '../../kernel/translate.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import { errorFields } from '../../kernel/error-fields.ts';
import { wordOf } from '../timeline.page.ts';
import { addReadAgain, choicesOf } from './choice.page.ts';
import { uploadOf } from './file.page.ts';
import { addSamples, samples } from './sample.page.ts';
import type { PageFault, Pages } from '../../kit/page/page.ts';

const faultsShown = 20;
/** How long a page waits for what may take longer. */
const patienceMs = 2_000;

export async function importPages(app: Api, pages: Pages): Promise<void> {
  app.get(
    '/imports',
    {
      config: { needs: 'customer:read', page: true },
      schema: { querystring: z.object({ before: z.uuid().optional() }) },
    },
    (request, reply) => showList(pages, request, reply, request.query),
  );
  await app.register(async (uploads) => {
    // The file goes through as it arrives: nobody holds a million rows in memory.
    uploads.addContentTypeParser(['text/csv', 'application/octet-stream', 'multipart/form-data'], through);
    uploads.post('/imports', { config: { needs: 'customer:write', page: true, upload: true } }, (request, reply) =>
      takeFile(pages, request, reply),
    );
  });
  addSamples(app);
  onePages(app, pages);
  addReadAgain(app, pages);
}

const through = (_: unknown, payload: unknown, done: (error: null, body: unknown) => void) => done(null, payload);

/** Reads the file to its end; the page of the import shows how far it is meanwhile. */
async function takeFile(pages: Pages, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const scripted = typeof request.headers['x-import'] === 'string';
  const to = (id: string) =>
    scripted ? reply.header('x-location', `/imports/${id}`).code(204).send() : reply.redirect(`/imports/${id}`, 303);
  try {
    const { kind, name, ...file } = await uploadOf(request);
    const fallback = file.fileName.slice(0, 100);
    const given =
      kind === 'customers' ? { ...file, kind, asks: true } : { ...file, kind, name: name ?? fallback, asks: true };
    const work = readImport(pages.contextOf(request), given).finally(() => file.stream.destroy());
    // Once the whole file is here the comparison may take a minute: the page of the import shows it, and keeps its faults.
    const arrived = finished(file.stream, { writable: false }).then(
      () => wait(patienceMs, null, { ref: false }),
      () => work,
    );
    const read = await Promise.race([work, arrived]);
    if (read) return to(read.id);
    void work.catch((error: unknown) =>
      request.log.warn({ error: errorFields(error) }, 'An import failed after its file had arrived.'),
    );
    return to(file.importId);
  } catch (error) {
    // A file that cannot be read has its own page, and so has one that was sent twice.
    const importId = error instanceof AppError ? error.details?.['importId'] : undefined;
    if (typeof importId === 'string') return to(importId);
    if (scripted) throw error;
    return showList(pages, request, reply.code(422), { fault: pages.faultOf(request, error) });
  }
}

async function showList(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  { before, fault }: { before?: string | undefined; fault?: PageFault },
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const ctx = pages.contextOf(request);
  const { rows, next } = await browseImports(ctx, { before: before ?? null });
  const rights = rightsOf(ctx.staff.grants);
  return pages.page(request, reply, 'import/list', {
    title: t('import.list.title'),
    nav: 'imports',
    styles: ['customer.css'],
    scripts: ['import.js'],
    rows,
    kinds: [
      ...(rights.has('customer:write') ? ['customers'] : []),
      ...(rights.has('audience:write') ? ['audience'] : []),
    ],
    encodings,
    sample: Object.keys(samples),
    importId: randomUUIDv7(),
    days: staleAfterDays,
    next: next === null ? null : `/imports?before=${next}`,
    first: before === undefined ? null : '/imports',
    fault: fault ?? null,
  });
}

/** One import. */
function onePages(app: Api, pages: Pages): void {
  const reads = { config: { needs: 'customer:read', page: true }, schema: { params: Id } } as const;
  const writes = { ...reads, config: { needs: 'customer:write', page: true } } as const;
  app.get('/imports/:id', reads, async (request, reply) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const row = await loadNamedImport(ctx, request.params.id);
    const rights = rightsOf(ctx.staff.grants);
    const offersAudience = row.kind === 'customers' && rights.has('audience:write');
    const faults = row.state === 'reading' ? [] : await firstFaults(ctx, row.id, faultsShown);
    return pages.page(request, reply, 'import/one', {
      title: t('import.page.title', { file: row.fileName }),
      nav: 'imports',
      crumbs: [{ href: '/imports', label: t('import.list.title') }],
      styles: ['customer.css'],
      // Who can begin a campaign with the new list does so below: that is the next step, said once.
      leadsOn: row.state === 'accepted' && (row.resultId === null || !rights.has('campaign:write')),
      // The first list of a house is made with its first customers; later most files only bring their data up to date.
      offersAudience,
      firstAudience: offersAudience && (await listAudiences(ctx, { state: 'open', limit: 1 })).rows.length === 0,
      ...shown(t, row),
      ...(await choicesOf(ctx, row)),
      mayAccept: rights.has(row.kind === 'customers' ? 'customer:write' : 'audience:write'),
      heldNos: row.state === 'checked' && row.options.personChanges ? await countHeldNos(ctx, row.id) : 0,
      faults: faults.map((each) => ({
        line: row.encoding === 'xlsx' ? `${each.line} · ${letterOf(row, each.column)}` : each.line,
        column: each.column,
        value: each.value,
        reason: wordOf(t, 'row-reason', each.reason),
        firstLine: each.firstLine ?? null,
      })),
      faultsShown: faults.length === faultsShown ? faultsShown : null,
      days: staleAfterDays,
    });
  });

  // Asked each second while the file is read; at its end the whole page is asked for again.
  app.get('/imports/:id/progress', reads, async (request, reply) => {
    const row = await loadNamedImport(pages.contextOf(request), request.params.id);
    if (row.state !== 'reading' && row.state !== 'accepting') void reply.header('hx-refresh', 'true');
    return pages.fragment(request, reply, 'import/progress', { row });
  });

  app.get('/imports/:id/errors.csv', reads, async (request, reply) => {
    const { id } = await loadImport(pages.contextOf(request), request.params.id);
    const language = pages.translatorOf(request).language === 'en' ? 'en' : 'zh';
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="import-${id}-errors.csv"`)
      .header('cache-control', 'no-store')
      .send(importErrorsCsv(pages.pool, id, language));
  });

  // The command asks for the right that goes with the file's kind as well.
  const acceptance = z
    .object({
      personChanges: z.enum(personChangeChoices).default('refuse'),
      asAudience: z.literal('yes').optional(),
    })
    .nullish();
  const accepts = { ...writes, schema: { params: Id, body: acceptance } } as const;
  app.post('/imports/:id/accept', accepts, async (request, reply) => {
    const { id } = request.params;
    const { personChanges, asAudience } = request.body ?? {};
    const wanted = { importId: id, personChanges, asAudience: asAudience === 'yes' };
    const how = await beginAccepting(pages.contextOf(request), wanted, (error) =>
      request.log.warn({ error: errorFields(error) }, 'An import could not be accepted.'),
    );
    if (how === 'running') return reply.redirect(`/imports/${id}`, 303);
    return pages.done(request, reply, `/imports/${id}`, 'import.done.accepted');
  });

  app.post('/imports/:id/discard', writes, async (request, reply) => {
    const { id } = request.params;
    await discardImport(pages.contextOf(request), { importId: id });
    return pages.done(request, reply, `/imports/${id}`, 'import.done.discarded');
  });
}

/** As the spreadsheet names the column; a row as a whole has none. */
function letterOf(row: NamedImport, header: string): string {
  const at = (row.columns ?? []).findIndex((column) => column.header === header);
  return at < 0 ? '—' : columnLetters(at);
}

function shown(t: Translate, row: NamedImport) {
  const { fault } = row;
  const code = fault === null ? null : `error.${fault.code}`;
  return {
    row,
    name: row.options.name ?? row.fileName,
    held: row.options.heldConsents ?? 0,
    personChanges: row.kind === 'customers' && row.state === 'checked' ? (row.options.personChanges ?? 0) : 0,
    takenOver: row.options.takenOver ?? 0,
    keptNos: row.options.acceptance?.keptNos ?? 0,
    newNumbers: row.state === 'checked' && row.options.numbers?.numbers ? row.options.numbers : null,
    numbersTaken: row.state === 'accepted' ? (row.options.acceptance?.numbers ?? 0) : 0,
    landLines: row.options.landLines ?? 0,
    leftOut: row.options.acceptance?.leftOut ?? 0,
    fault: fault && {
      sentence: code !== null && t.has(code) ? t(code) : fault.code,
      line: fault.line ?? null,
      column: fault.column ?? null,
    },
  };
}
