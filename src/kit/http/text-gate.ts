import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { textFaultWords } from '../../kernel/field.rule.ts';
import {
  storableText,
  storableTexts,
  findTextFault,
  shorten,
  textFault,
  type PlaceAtFault,
} from '../../kernel/plain-text.rule.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Stops something: no text in the body is a reason to refuse it, so what cannot be kept is dropped. */
    stops?: boolean;
  }
}

/**
 * One rule for every text that comes in, whatever the route's schema says of it (src/kernel/plain-text.rule.ts): a program is told
 * which field it is, 422; from a page, where people paste what they do not see, it is dropped; an address with such a
 * character leads nowhere, 404. Bodies that are files are read by what takes them in.
 */
export function guardTexts(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    if (request.is404) return;
    const { page, stops } = request.routeOptions.config;
    const ofPage = page !== undefined;
    if (findTextFault(request.params)) {
      if (!request.url.startsWith('/api/v1/'))
        throw new AppError('missing', 'route.missing', 'There is no such route; /api/docs lists them.');
      demandText('params', request.params);
    }
    if (ofPage) request.query = cleaned('query', request.query);
    else demandText('query', request.query);
    const { body } = request;
    if (typeof body !== 'object' || body === null || 'pipe' in body) return;
    if (stops === true) request.body = findTextFault(body)?.fault === 'too-deep' ? {} : storableTexts(body);
    else if (ofPage) request.body = cleaned('body', body);
    else demandText('body', withPlainPhone(body));
  });
}

/** Inside the API alone: a parameter that a route does not know is refused, or a filter that is misspelt shows everything. */
export function guardParameters(api: FastifyInstance): void {
  api.addHook('preValidation', async (request) => {
    const known = parametersOf(request);
    const unknown = Object.keys(request.query as object).find((name) => !known.includes(name));
    if (unknown === undefined) return;
    const place = `query.${shorten(unknown, 100)}`;
    throw new AppError(
      'invalid',
      'request.unknown-parameter',
      `This route knows no such parameter: ${knownIn(known)}.`,
      {
        place,
      },
    );
  });
}

/** Address books put marks of direction around a number, which nobody sees; they say nothing about it. */
function withPlainPhone(body: object): object {
  const { phone } = body as { phone?: unknown };
  if (typeof phone === 'string' && textFault(phone) === 'direction')
    Object.assign(body, { phone: storableText(phone) });
  return body;
}

function parametersOf(request: FastifyRequest): readonly string[] {
  const { querystring } = (request.routeOptions.schema ?? {}) as { querystring?: unknown };
  return querystring instanceof z.ZodObject ? Object.keys(querystring.shape) : [];
}
const knownIn = (known: readonly string[]): string =>
  known.length === 0 ? 'it takes none' : `it knows ${known.join(', ')}`;

function demandText(where: string, value: unknown): void {
  const found = findTextFault(value);
  if (found) throw unusable(where, found);
}

function cleaned(where: string, value: unknown): unknown {
  const found = findTextFault(value);
  if (found === null) return value;
  // Cleaning goes as deep as the value does.
  if (found.fault === 'too-deep') throw unusable(where, found);
  return storableTexts(value);
}

function unusable(where: string, { path, fault }: PlaceAtFault): AppError {
  const place = [where, ...path].join('.');
  if (fault === 'too-deep')
    return new AppError('invalid', 'request.too-deep', `The request is nested too deeply at ${shorten(place, 100)}.`, {
      place: shorten(place, 200),
    });
  return new AppError('invalid', 'request.text', `${place} ${textFaultWords[fault]}; take it out and try again.`, {
    place,
    fault,
  });
}
