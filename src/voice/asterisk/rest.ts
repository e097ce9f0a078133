import { Pool } from 'undici';
import { wasSent, type Answer } from './answer.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export type Rest = {
  /** `path` is below `/ari` and holds ids alone: numbers and variables travel in the body, since URLs come into logs. */
  ask(method: Method, path: string, body?: object): Promise<Answer>;
  /** A sound; null where there is none. Throws where the PBX gives no answer. */
  bytes(path: string): Promise<{ type: string; bytes: Uint8Array } | null>;
  close(): Promise<void>;
};

export const basicOf = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** The code of a network fault; of several tries at several addresses, the first. */
export function faultCode(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  if (error instanceof AggregateError && error.errors.length > 0) return faultCode(error.errors[0]);
  return cause instanceof Error ? faultCode(cause) : 'no-answer';
}

/** ARI over HTTP. The password goes in a header and nowhere else; a fault carries its code, never the request. */
export function openRest(settings: { url: string; timeoutMs: number }, authorization: string): Rest {
  const { origin, pathname } = new URL(settings.url);
  const base = `${pathname.replace(/\/$/, '')}/ari`;
  const { timeoutMs } = settings;
  const pool = new Pool(origin, {
    connections: 64,
    connectTimeout: timeoutMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    // Below the 15 s after which Asterisk closes an idle session: a request on a closing connection would end in doubt.
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 4_000,
  });
  const headers = { authorization, accept: 'application/json' };
  return {
    async ask(method, path, body) {
      try {
        const response = await pool.request({
          method,
          path: `${base}${path}`,
          headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
          body: body === undefined ? null : JSON.stringify(body),
        });
        const text = await response.body.text();
        return { status: response.statusCode, body: read(text) };
      } catch (error) {
        const fault = faultCode(error);
        return { fault, wasSent: wasSent(fault) };
      }
    },
    async bytes(path) {
      const response = await pool.request({ method: 'GET', path: `${base}${path}`, headers });
      const bytes = await response.body.bytes();
      if (response.statusCode === 404) return null;
      if (response.statusCode !== 200) throw new Error(`The PBX answered ${response.statusCode} for a recording.`);
      return { type: String(response.headers['content-type'] ?? 'audio/wav'), bytes };
    },
    close: () => pool.destroy(),
  };
}

function read(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
