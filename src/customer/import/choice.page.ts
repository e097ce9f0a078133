import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { readAgain } from './import.command.ts';
import { headOfImport, type NamedImport } from './view.command.ts';
import type { Context } from '../../house/context.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { fields, type Field, type Mapping } from './column.rule.ts';
import { previewLines } from '../../kernel/file/encoding.ts';
import { encodings } from '../../kernel/file/encoding-survey.rule.ts';
import { oneLine } from '../../kernel/field.rule.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import { errorFields } from '../../kernel/error-fields.ts';
import type { Pages } from '../../kit/page/page.ts';

const patienceMs = 2_000;
const previewedLines = 6;

const texts = (longest: number) =>
  z
    .union([oneLine(longest, 0), z.array(oneLine(longest, 0)).max(200)])
    .default([])
    .transform((value) => [value].flat());
const Form = z.object({
  encoding: z.enum(encodings).optional(),
  sheet: oneLine(100).optional(),
  /** One of each a column, in the order of the file. */
  header: texts(200),
  meaning: texts(200),
  // With its prefix it is as long as a meaning may be.
  attribute: texts(180),
});

/** What the columns may mean: of an audience only the phone and the customer id are ours. */
const meaningsOf = (kind: NamedImport['kind']): Field[] =>
  fields.filter((field) => kind === 'customers' || ['phone', 'external-id', 'attribute', 'ignore'].includes(field));

type Known = { header: string; field: string; name?: string | undefined; proposed?: string | undefined };
const shownAs = ({ kind }: NamedImport, field: string): string =>
  kind === 'audience' && field === 'attribute' ? 'variable' : field;

/** What the page of an import lets people choose: how to read the bytes, which sheet, what columns mean. */
export async function choicesOf(ctx: Context, row: NamedImport) {
  const { question, sheets = [], choice } = row.options;
  const open = row.state === 'checked' || row.state === 'asking';
  const asked = row.state === 'asking' && question ? question : null;
  const known =
    row.columns ?? (asked?.kind === 'columns' ? asked.headers.map((header) => ({ header, field: '' })) : []);
  const columns = known.map(({ header, field, ...more }: Known) => ({
    header,
    field,
    name: more.name ?? '',
    proposed: more.proposed ?? '',
    shown: shownAs(row, field),
  }));
  const head = asked?.kind === 'encoding' ? await headOfImport(ctx, row.id) : null;
  return {
    columns,
    askedKind: asked?.kind ?? '',
    asked: asked && {
      sentence: asked.kind === 'columns' ? `error.${asked.code}` : 'import.ask.encoding',
      readings:
        head && asked.kind === 'encoding'
          ? asked.choices.map((encoding) => ({ encoding, lines: previewLines(head, encoding, previewedLines) }))
          : [],
    },
    looksLike: open ? columns.filter(({ proposed }) => proposed !== '') : [],
    meanings: open ? meaningsOf(row.kind).map((field) => ({ field, shown: shownAs(row, field) })) : [],
    sheets: open && sheets.length > 1 ? sheets : [],
    sheet: choice?.sheet ?? sheets[0] ?? '',
  };
}

export function addReadAgain(app: Api, pages: Pages): void {
  app.post(
    '/imports/:id/read',
    { config: { needs: 'customer:write', page: true }, schema: { params: Id, body: Form } },
    async (request, reply) => {
      const { id } = request.params;
      const { encoding, sheet, header, meaning, attribute } = request.body;
      const mapping = mappingIn(header, meaning, attribute);
      const work = readAgain(pages.contextOf(request), { importId: id, encoding, sheet, mapping });
      const first = await Promise.race([work, wait(patienceMs, null, { ref: false })]).catch((error: unknown) => {
        // A file that cannot be read has its own page.
        if (error instanceof AppError && error.details?.['importId'] === id && error.kind === 'invalid') return null;
        throw error;
      });
      if (first) return pages.done(request, reply, `/imports/${id}`, 'import.done.read-again');
      void work.catch((error: unknown) =>
        request.log.warn({ error: errorFields(error) }, 'An import could not be read again.'),
      );
      return reply.redirect(`/imports/${id}`, 303);
    },
  );
}

function mappingIn(headers: string[], meanings: string[], attributes: string[]): Mapping | undefined {
  if (headers.length === 0) return undefined;
  return Object.fromEntries(
    headers.flatMap((header, index) => {
      // A column without a heading has nothing to be known by.
      if (header === '') return [];
      const field = fields.find((each) => each === meanings[index]) ?? 'attribute';
      const name = attributes[index]?.trim() ?? '';
      const named = field === 'attribute' && name !== '' && name !== header;
      return [[header, named ? (`attribute:${name}` as const) : field]];
    }),
  );
}
