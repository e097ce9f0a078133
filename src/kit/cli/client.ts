import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { CliFault, exits } from './fault.ts';

type Query = Record<string, string | number | boolean | undefined>;

/** The HTTP API as the commands use it. Every refusal is thrown as a CliFault. */
export type Client = {
  url: string;
  get<Answer>(path: string, query?: Query): Promise<Answer>;
  post<Answer>(path: string, body?: unknown): Promise<Answer>;
  upload<Answer>(path: string, query: Query, file: Readable): Promise<Answer>;
  /** The body as it comes, for what may be larger than memory. */
  download(path: string, query?: Query): Promise<Readable>;
};

/** By API key, or in the session of these cookies. */
export type Identity = { key: string } | { cookie: string };

export function createClient({ url, ...identity }: { url: string } & Identity): Client {
  // A session answers only to pages of its own server; the command says where it believes to be.
  const who: Record<string, string> =
    'key' in identity
      ? { authorization: `Bearer ${identity.key}` }
      : { cookie: identity.cookie, origin: new URL(url).origin };
  const call = async (path: string, init: RequestInit & { duplex?: 'half' }, query: Query = {}): Promise<Response> => {
    const address = new URL(`${url.replace(/\/+$/, '')}/api/v1${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) address.searchParams.set(name, String(value));
    let response: Response;
    try {
      response = await fetch(address, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), ...who },
      });
    } catch (cause) {
      throw unreachable(url, cause);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  };
  const post = async (path: string, body: unknown, idempotencyKey: string): Promise<Response> =>
    call(path, {
      method: 'POST',
      headers: { 'idempotency-key': idempotencyKey, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });

  return {
    url,
    get: async (path, query) => read(await call(path, {}, query)),
    async post(path, body) {
      const idempotencyKey = randomUUID();
      try {
        return await read(await post(path, body, idempotencyKey));
      } catch (error) {
        // The answer was lost, maybe not the work: with the same key, asking again is safe.
        if (!(error instanceof CliFault) || error.exit !== exits.unreachable) throw error;
        return read(await post(path, body, idempotencyKey));
      }
    },
    async upload(path, query, file) {
      const body = Readable.toWeb(file) as ReadableStream<Uint8Array>;
      return read(
        await call(path, { method: 'POST', headers: { 'content-type': 'text/csv' }, body, duplex: 'half' }, query),
      );
    },
    async download(path, query) {
      const { body } = await call(path, {}, query);
      return body === null ? Readable.from([]) : Readable.fromWeb(body);
    },
  };
}

/**
 * Signs in as a person, by password or by one-time link (`place` is `/session` or `/session/welcome`), and gives the cookies
 * of the session.
 */
export async function enter(url: string, place: string, body: Record<string, unknown>): Promise<string> {
  let response: Response;
  try {
    response = await fetch(`${url.replace(/\/+$/, '')}/api/v1${place}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: new URL(url).origin },
      body: JSON.stringify(body),
    });
  } catch (cause) {
    throw unreachable(url, cause);
  }
  if (!response.ok) throw await refusal(response);
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}

async function read<Answer>(response: Response): Promise<Answer> {
  const text = await response.text();
  try {
    return (text === '' ? null : JSON.parse(text)) as Answer;
  } catch (cause) {
    throw new CliFault(exits.unreachable, 'server.not-waihu', 'The answer is not one of Waihu’s.', {
      cause,
      todo: 'Check WAIHU_URL.',
    });
  }
}

function unreachable(url: string, cause: unknown): CliFault {
  const inner = (cause as { cause?: { code?: string } }).cause?.code;
  return new CliFault(
    exits.unreachable,
    'server.unreachable',
    `Waihu does not answer at ${url}${inner ? ` (${inner})` : ''}.`,
    {
      cause,
      todo: 'Start it with `waihu up`, or set WAIHU_URL to where it runs.',
    },
  );
}

type Problem = { code?: string; detail?: string; errors?: { place: string; message: string }[]; requestId?: string };

async function refusal(response: Response): Promise<CliFault> {
  const problem = (await response.json().catch(() => ({}))) as Problem;
  const { status } = response;
  const exit =
    status === 401 || status === 403
      ? exits.denied
      : status === 503
        ? exits.unreachable
        : status === 400
          ? exits.usage
          : exits.refused;
  const todo =
    status === 401
      ? 'Set WAIHU_API_KEY to a valid key, or run where the data folder with admin-key is (WAIHU_DATA).'
      : status >= 500 && problem.requestId !== undefined
        ? `Look for request ${problem.requestId} in the log of the API.`
        : undefined;
  return new CliFault(exit, problem.code ?? `http.${status}`, problem.detail ?? `The server answered ${status}.`, {
    todo,
    ...(problem.errors && { places: problem.errors }),
  });
}
