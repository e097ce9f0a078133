import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../kernel/app-error.rule.ts';
import { claimIdempotencyKey, forgetAnswersBefore, releaseIdempotencyKey, storeAnswer } from './idempotency.db.ts';
import type { Pool } from '../../kernel/sql.db.ts';
import { digestOf } from '../../kernel/digest.rule.ts';
import { errorFields } from '../../kernel/error-fields.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A POST that changes nothing (phones belong in bodies): its answer is not stored. */
    readsOnly?: boolean;
    /** Fields of the answer that are shown once: a repeated request gets the answer without them. */
    shownOnce?: readonly string[];
  }
  interface FastifyRequest {
    /** Claimed by this request; its answer is to be stored under it. */
    idempotencyKey: string | null;
  }
}

const keptDays = 7;
const keyShape = /^[\x21-\x7e]{1,200}$/;

/**
 * `Idempotency-Key` on every POST that changes something: the same request again gets the first answer, another one with the
 * same key is refused, and one that arrives while the first is being answered is told so.
 */
export function addIdempotency(app: FastifyInstance, pool: Pool): void {
  app.decorateRequest('idempotencyKey', null);
  app.addHook('onReady', async () => {
    // Housekeeping: when it fails, the next start does it.
    await forgetAnswersBefore(pool, new Date(Date.now() - keptDays * 86_400_000)).catch(() => undefined);
  });

  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request);
    if (key === null || !request.staff) return undefined;
    const stored = await claimIdempotencyKey(pool, request.staff.id, key, requestDigest(request));
    if (!stored) {
      request.idempotencyKey = key;
      return undefined;
    }
    if (stored.requestDigest !== requestDigest(request)) {
      throw new AppError(
        'invalid',
        'idempotency.key-reused',
        'This Idempotency-Key belongs to another request; make a new key for each new request.',
      );
    }
    if (stored.status === null) {
      throw new AppError(
        'conflict',
        'idempotency.in-flight',
        'The first request with this Idempotency-Key is still being answered; ask again shortly. If Waihu was stopped meanwhile, look whether it took effect and then use a new key.',
      );
    }
    return replay(reply, stored.status, stored.body);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const key = request.idempotencyKey;
    if (key === null || !request.staff) return payload;
    request.idempotencyKey = null;
    try {
      // A fault of ours was rolled back: the same key may try again.
      if (reply.statusCode >= 500) await releaseIdempotencyKey(pool, request.staff.id, key);
      else await storeAnswer(pool, request.staff.id, key, reply.statusCode, withoutShownOnce(request, payload));
    } catch (error) {
      // The work is done: its answer is worth more than the memory of it.
      request.log.warn({ error: errorFields(error) }, 'An answer could not be stored under its Idempotency-Key.');
    }
    return payload;
  });
}

function keyOf(request: FastifyRequest): string | null {
  const { readsOnly, page } = request.routeOptions.config;
  // A page's answer is for a person to read: browsers send no such key, and there is nothing to keep for a repetition.
  if (request.method !== 'POST' || readsOnly === true || page !== undefined) return null;
  const header = request.headers['idempotency-key'];
  if (header === undefined) return null;
  if (typeof header === 'string' && keyShape.test(header)) return header;
  throw new AppError(
    'invalid',
    'idempotency.key-shape',
    'An Idempotency-Key is 1 to 200 printable ASCII characters without spaces.',
  );
}

/** A streamed body is known by its length and, when the client gives it, its Content-Digest (RFC 9530). */
function requestDigest(request: FastifyRequest): string {
  const { headers, body } = request;
  const streamed = typeof body === 'object' && body !== null && 'pipe' in body;
  const content = streamed
    ? { length: headers['content-length'] ?? null, digest: headers['content-digest'] ?? null }
    : (body ?? null);
  return digestOf({ method: request.method, url: request.url, content });
}

function replay(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply
    .code(status)
    .header('idempotency-replayed', 'true')
    .type(status >= 400 ? 'application/problem+json' : 'application/json; charset=utf-8')
    .serializer((value) => JSON.stringify(value))
    .send(body);
}

function withoutShownOnce(request: FastifyRequest, payload: unknown): unknown {
  if (typeof payload !== 'string' || payload === '') return null;
  const body: unknown = JSON.parse(payload);
  const hidden = request.routeOptions.config.shownOnce;
  if (!hidden || typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !hidden.includes(name)));
}
