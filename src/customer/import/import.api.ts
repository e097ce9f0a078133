import type { Readable } from 'node:stream';
import { z } from 'zod';
import { AudienceName } from '../../audience/audience.command.ts';
import { readImport } from './import.command.ts';
import { acceptImport, discardImport, personChangeChoices } from './acceptance.command.ts';
import { importErrorsCsv, listImports, loadImport } from './view.command.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { fields, Mapping } from './column.rule.ts';
import { encodings } from '../../kernel/file/encoding-survey.rule.ts';
import {
  asPage,
  fileAnswer,
  Id,
  Nothing,
  pageOf,
  PageQuery,
  refusals,
  type Api,
  type RouteDeps,
} from '../../kit/http/api.ts';
import { limitedUpload } from '../../kit/http/limited-upload.ts';
import { oneLine } from '../../kernel/field.rule.ts';

const Import = z
  .object({
    id: z.uuid(),
    kind: z.enum(['customers', 'audience']),
    fileName: z.string(),
    options: z.record(z.string(), z.unknown()),
    state: z.enum(['reading', 'asking', 'checked', 'accepting', 'accepted', 'discarded', 'failed']),
    encoding: z.string().nullable(),
    columns: z
      .array(
        z.object({
          header: z.string(),
          field: z.string(),
          name: z.string().optional().describe('What an attribute is kept as, when that is not its heading.'),
          proposed: z.string().optional().describe('What the heading looks like, though it is kept as an attribute.'),
        }),
      )
      .nullable(),
    totalRows: z.int(),
    goodRows: z.int(),
    badRows: z.int(),
    newRows: z.int().nullable(),
    changedRows: z.int().nullable(),
    sameRows: z.int().nullable(),
    resultId: z.uuid().nullable().describe('The audience that it became.'),
    fault: z
      .object({ code: z.string(), line: z.int().optional(), column: z.union([z.string(), z.int()]).optional() })
      .nullable(),
    createdBy: z.uuid(),
    createdAt: z.date(),
    finishedAt: z.date().nullable(),
  })
  .meta({ id: 'Import' });
const File = z.object({
  kind: z.enum(['customers', 'audience']),
  fileName: oneLine(255),
  name: AudienceName.optional().describe('Of the audience; its file name when absent.'),
  encoding: z
    .enum(encodings)
    .optional()
    .describe('Told from the whole file when absent; refused where it cannot be told.'),
  sheet: oneLine(100).optional().describe('Of a workbook; its first visible sheet when absent.'),
  mapping: z
    .string()
    .max(20_000)
    .optional()
    .describe(
      'JSON of what columns mean, by heading: {"Consent":"consent","备用":"further-number","City":"attribute:城市","Note":"ignore"}.',
    ),
});
const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

function mappingOf(text: string | undefined): Mapping | undefined {
  if (text === undefined) return undefined;
  try {
    return Mapping.parse(JSON.parse(text));
  } catch {
    throw new AppError(
      'invalid',
      'import.mapping-unreadable',
      `Give the mapping as JSON, a heading to ${fields.join(', ')} or attribute:<name>.`,
      { field: 'mapping' },
    );
  }
}

const tags = ['imports'];
const needs = 'customer:read';

/** Ten million rows of an ordinary customer file; what is larger is more likely the wrong file. */
const fileLimitBytes = 1024 ** 3;

export async function importRoutes(app: Api, { pool, contextOf }: RouteDeps): Promise<void> {
  await app.register(async (uploads) => {
    // The file goes through as it arrives: nobody holds a million rows in memory, and no temporary file holds people.
    uploads.addContentTypeParser(['text/csv', 'application/octet-stream', xlsxType], (_, payload, done) =>
      done(null, payload),
    );
    (uploads as Api).post(
      '/imports',
      {
        config: { needs: 'customer:write', upload: true },
        schema: {
          tags,
          summary: 'Upload a CSV or .xlsx file and see what it would do',
          description:
            'The body is the file itself. Nothing is stored as a customer or an audience before it is accepted.',
          querystring: File,
          consumes: ['text/csv', 'application/octet-stream', xlsxType],
          response: { 201: Import, ...refusals },
        },
      },
      async (request, reply) => {
        const { kind, fileName, name, encoding, sheet, mapping } = request.query;
        const said = { fileName, encoding, sheet, mapping: mappingOf(mapping) };
        const common = { ...said, stream: limitedUpload(fileOf(request.body), fileLimitBytes) };
        const wanted =
          kind === 'customers' ? { ...common, kind } : { ...common, kind, name: name ?? fileName.slice(0, 100) };
        return reply.code(201).send(await readImport(contextOf(request), wanted));
      },
    );
  });
  app.get(
    '/imports',
    {
      config: { needs },
      schema: {
        tags,
        summary: 'Imports, newest first',
        querystring: PageQuery,
        response: { 200: pageOf(Import), ...refusals },
      },
    },
    async (request) => asPage(await listImports(contextOf(request), request.query)),
  );
  app.get(
    '/imports/:id',
    {
      config: { needs },
      schema: { tags, summary: 'The dry run of one import', params: Id, response: { 200: Import, ...refusals } },
    },
    (request) => loadImport(contextOf(request), request.params.id),
  );
  app.get(
    '/imports/:id/errors.csv',
    {
      config: { needs },
      schema: {
        tags,
        summary: 'Every bad row, values masked',
        params: Id,
        querystring: z.object({ language: z.enum(['zh', 'en']).default('zh') }),
        response: { 200: fileAnswer('text/csv', 'One line a fault.'), ...refusals },
      },
    },
    async (request, reply) => {
      const { id } = await loadImport(contextOf(request), request.params.id);
      void reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="import-${id}-errors.csv"`);
      return reply.send(importErrorsCsv(pool, id, request.query.language));
    },
  );
  app.post(
    '/imports/:id/accept',
    {
      config: { needs: 'customer:write' },
      schema: {
        tags,
        summary: 'Take the good rows over',
        description:
          'Rows that give another customer id to a number on record are bad rows (person-changed) unless `personChanges` says that these numbers have passed to other people.',
        params: Id,
        querystring: z.object({ personChanges: z.enum(personChangeChoices).default('refuse') }),
        response: { 200: z.object({ audienceId: z.uuid().nullable(), goodRows: z.int() }), ...refusals },
      },
    },
    (request) => acceptImport(contextOf(request), { importId: request.params.id, ...request.query }),
  );
  app.post(
    '/imports/:id/discard',
    {
      config: { needs: 'customer:write' },
      schema: { tags, summary: 'Drop what was staged', params: Id, response: { 200: Nothing, ...refusals } },
    },
    async (request) => {
      await discardImport(contextOf(request), { importId: request.params.id });
      return null;
    },
  );
}

function fileOf(body: unknown): Readable {
  if (typeof body === 'object' && body !== null && 'pipe' in body) return body as Readable;
  throw new AppError(
    'invalid',
    'import.no-file',
    'Send the file itself as the body, with content-type text/csv or that of .xlsx.',
  );
}
