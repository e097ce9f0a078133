import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError, type ErrorKind } from '../../kernel/app-error.rule.ts';
import { errorFields } from '../../kernel/error-fields.ts';

/** RFC 9457, with our stable `code`, the places at fault, and the request id that finds the line in the log. */
export const Problem = z
  .object({
    type: z.string().describe('urn:waihu:problem:<code>'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable: what programs compare.'),
    detail: z.string().describe('A sentence that names the fix.'),
    errors: z.array(z.object({ place: z.string(), message: z.string() })).optional(),
    details: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

const statusOf: Record<ErrorKind, number> = {
  invalid: 422,
  denied: 403,
  missing: 404,
  conflict: 409,
  unavailable: 503,
};
const statusOfCode: Record<string, number> = { 'auth.throttled': 429, 'auth.cross-site': 403 };
const titles: Record<number, string> = {
  400: 'The request cannot be read',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not there',
  409: 'Not possible now',
  408: 'Too slow',
  413: 'Too large',
  414: 'Address too long',
  415: 'Content type not accepted',
  422: 'The request does not hold',
  429: 'Too often',
  500: 'Fault in Waihu',
  503: 'Not available now',
};

type Fault = Pick<Problem, 'status' | 'code' | 'detail'> & Partial<Pick<Problem, 'errors' | 'details'>>;

export function sendProblem(request: FastifyRequest, reply: FastifyReply, fault: Fault): FastifyReply {
  const { status, code, detail, errors, details } = fault;
  const problem: Problem = {
    type: `urn:waihu:problem:${code}`,
    title: titles[status] ?? 'Refused',
    status,
    code,
    detail,
    ...(errors && { errors }),
    ...(details && { details }),
    requestId: request.id,
  };
  // As text: a route's response schemas describe what it promises, and must not stand in the way of saying what went wrong.
  return reply
    .code(status)
    .type('application/problem+json')
    .serializer((value) => JSON.stringify(value))
    .send(problem);
}

export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(request, reply, noteFault(error, request, reply));
}

/** What is wrong, as the caller may know it; what only we may know goes to the log. */
export function noteFault(error: unknown, request: FastifyRequest, reply: FastifyReply): Fault {
  const fault = faultOf(error);
  if (fault.status === 500)
    request.log.error({ error: errorFields(error) }, 'A request failed for a reason that is ours.');
  else if (fault.code === 'request.data-refused')
    request.log.error(
      { error: errorFields(error) },
      'The database refused a value that should have been refused before.',
    );
  else if (fault.status === 503)
    request.log.warn({ error: errorFields(error) }, 'A request found a part of Waihu away.');
  if (fault.status === 503) void reply.header('retry-after', '5');
  if (fault.status === 429) void reply.header('retry-after', Number(fault.details?.['retryAfterSeconds'] ?? 60));
  return fault;
}

function faultOf(error: unknown): Fault {
  if (error instanceof AppError) {
    const { kind, code, message, details } = error;
    const status = code.endsWith('.too-large')
      ? 413
      : (statusOfCode[code] ?? (code.startsWith('auth.') ? 401 : statusOf[kind]));
    const errors = placesIn(details);
    return { status, code, detail: message, ...(errors && { errors }), ...(details && { details }) };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const { validation, validationContext } = error as FastifyError & {
      validation: { instancePath: string; message?: string }[];
    };
    const place = (path: string) => [validationContext ?? 'body', ...path.split('/').filter(Boolean)].join('.');
    return {
      status: 400,
      code: 'request.invalid',
      detail: 'The request has fields that cannot be used; see errors for each place.',
      errors: validation.map((each) => ({
        place: place(each.instancePath),
        message: each.message ?? 'cannot be used',
      })),
    };
  }
  if (dataRefused(error)) {
    return {
      status: 422,
      code: 'request.data-refused',
      detail: 'The request holds a value that cannot be stored; the request id finds in the log which rule it broke.',
    };
  }
  const late = databaseLate(error);
  if (late !== null) return { status: 503, ...late };
  if (databaseAway(error)) {
    return {
      status: 503,
      code: 'database.unreachable',
      detail: 'The database does not answer; try again in a few seconds.',
    };
  }
  return (
    fastifyFault(error) ?? {
      status: 500,
      code: 'internal',
      detail: 'Something failed that is not your fault; the request id finds it in the log.',
    }
  );
}

/** Commands name a place as `field`, or several as `faults` of `field` and `message`; what is outside the body as `place`. */
function placesIn(details: AppError['details']): Fault['errors'] {
  if (typeof details?.['place'] === 'string') return [{ place: details['place'], message: 'cannot be used' }];
  const faults = Faults.safeParse(details);
  if (faults.success) return faults.data.faults.map(({ field, message }) => ({ place: `body.${field}`, message }));
  return typeof details?.['field'] === 'string'
    ? [{ place: `body.${details['field']}`, message: 'cannot be used' }]
    : undefined;
}
const Faults = z.object({ faults: z.array(z.object({ field: z.string(), message: z.string() })) });

/** What Fastify itself refuses. Its messages may repeat what was sent, so the sentences are ours. */
function fastifyFault(error: unknown): Fault | null {
  const { code, statusCode } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return { status: 413, code: 'request.too-large', detail: 'The body is larger than this route accepts.' };
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return {
      status: 415,
      code: 'request.media-type',
      detail: 'Send JSON as application/json (a file to import as text/csv or application/octet-stream).',
    };
  }
  if (
    code === 'FST_ERR_CTP_INVALID_JSON_BODY' ||
    code === 'FST_ERR_CTP_EMPTY_JSON_BODY' ||
    error instanceof SyntaxError
  ) {
    return {
      status: 400,
      code: 'request.not-json',
      detail: 'The body is not JSON; send one JSON document, or no content-type when there is no body.',
    };
  }
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return {
      status: 414,
      code: 'request.address-too-long',
      detail: 'A part of the address is longer than any that exists.',
    };
  if (code === 'FST_ERR_BAD_URL')
    return { status: 400, code: 'request.address', detail: 'The address holds a % that begins no character.' };
  if (code?.startsWith('FST_') && statusCode !== undefined && statusCode < 500) {
    return { status: statusCode, code: 'request.refused', detail: 'The request cannot be read as HTTP.' };
  }
  return null;
}

// Class 22 (data exceptions) and 54 (limits, such as an index row of more than 2,704 bytes): the last net below our own rules.
const dataCodes = /^(?:22\w{3}|54\w{3})$/;
function dataRefused(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && dataCodes.test(code);
}

/** What the time-outs of the pool's patience end (src/kernel/sql.db.ts). Nothing of the request was done: PostgreSQL undoes the transaction. */
function databaseLate(error: unknown): Pick<Fault, 'code' | 'detail'> | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === '55P03')
    return {
      code: 'database.busy',
      detail: 'Something else changes the same records right now; nothing was done, try again in a few seconds.',
    };
  if (code === '57014')
    return {
      code: 'database.too-slow',
      detail: 'The database took too long and was stopped; nothing was done. Try again, or ask for less at once.',
    };
  return null;
}

const awayCodes = /^(?:ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|57P0[123]|25P03|08\d{3}|53300)$/;
function databaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && syscall !== 'connect') return false;
  return (
    awayCodes.test(code ?? '') ||
    /^(?:Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/.test(
      error.message,
    )
  );
}
