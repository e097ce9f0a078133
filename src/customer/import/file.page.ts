import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { encodings } from '../../kernel/file/encoding-survey.rule.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { limitedUpload } from '../../kit/http/limited-upload.ts';
import { oneLine } from '../../kernel/field.rule.ts';
import { blank } from '../../kit/page/query.ts';

/** As the API takes: ten million rows of an ordinary file. */
const fileLimitBytes = 1024 ** 3;
/** A plain form arrives as one piece that is held in memory, so it is kept small; scripts send the file as it is. */
const formLimitBytes = 32 * 1024 ** 2;

const Said = z.object({
  importId: z.uuid(),
  kind: z.enum(['customers', 'audience']),
  name: z.preprocess(blank, z.string().trim().max(100).optional()),
  encoding: z.preprocess(blank, z.enum(encodings).optional()),
  fileName: oneLine(255),
});
export type Upload = z.output<typeof Said> & { stream: Readable };

/** The file of a request: raw with what was said in `x-import` (scripts), or a multipart form (none). */
export async function uploadOf(request: FastifyRequest): Promise<Upload> {
  const { body } = request;
  if (!isStream(body)) throw noFile();
  if (/^multipart\/form-data/i.test(request.headers['content-type'] ?? '')) return readForm(request, body);
  const { 'x-import': header } = request.headers;
  const said = Said.safeParse(parseHeader(typeof header === 'string' ? header : ''));
  if (!said.success) {
    body.resume();
    throw noFile();
  }
  return { ...said.data, stream: limitedUpload(body, fileLimitBytes) };
}

const isStream = (body: unknown): body is Readable => typeof body === 'object' && body !== null && 'pipe' in body;

/** Percent-encoded JSON: a header holds no Chinese. */
function parseHeader(header: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(header));
  } catch {
    return null;
  }
}

async function readForm(request: FastifyRequest, body: Readable): Promise<Upload> {
  let form: FormData;
  try {
    const response = new Response(limitedUpload(body, formLimitBytes), {
      headers: { 'content-type': request.headers['content-type'] ?? '' },
    });
    form = await response.formData();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof AppError ? error.cause : error;
    if (cause instanceof AppError) throw cause;
    throw noFile();
  }
  const file = form.get('file');
  if (!(file instanceof File) || file.name === '') throw noFile();
  const fields = Object.fromEntries(
    ['importId', 'kind', 'name', 'encoding'].map((field) => [field, form.get(field) ?? '']),
  );
  const said = Said.parse({ ...fields, fileName: file.name.slice(-255) });
  const bytes = Buffer.from(await file.arrayBuffer());
  return { ...said, stream: Readable.from([bytes]) };
}

const noFile = (): AppError =>
  new AppError('invalid', 'import.no-file', 'Choose a CSV or .xlsx file.', { field: 'file' });
