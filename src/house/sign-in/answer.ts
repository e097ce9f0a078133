import type { IncomingHttpHeaders } from 'node:http';
import type { Pool } from '../../kernel/sql.db.ts';

/** The header in which we tell the library the client's address; a client's own of this name gets nowhere. */
export const addressHeader = 'x-waihu-client-address';

/** Who asks, before anybody knows who they are: the request's headers and the client's address. */
export type Visitor = { headers: IncomingHttpHeaders; address: string };
export type Answer = { ok: boolean; status: number; body: Record<string, unknown>; setCookie: string[] };

/** Only what the library needs: what a client claims about its own address must not get through. */
export function headersOf({ headers, address }: Visitor): Headers {
  const made = new Headers({ [addressHeader]: address });
  for (const name of ['cookie', 'user-agent', 'origin'] as const) {
    const value = headers[name];
    if (value !== undefined) made.set(name, value);
  }
  return made;
}

/** What the library answered. Its faults (status 500) are thrown: the database's own when that is the cause. */
export async function answerOf(response: Response, pool: Pool): Promise<Answer> {
  const text = await response.text();
  const parsed: unknown = text === '' ? null : JSON.parse(text);
  const body = typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  if (response.status >= 500) {
    await pool.query('select 1');
    // A session refused by our own hook reads as a fault of the library; so does an assertion made by nobody's passkey.
    if (!refusals.has(String(body['code']))) throw new Error(`The sign-in library failed: ${String(body['code'])}.`);
  }
  return { ok: response.ok, status: response.status, body, setCookie: response.headers.getSetCookie() };
}

const refusals = new Set(['UNABLE_TO_CREATE_SESSION', 'FAILED_TO_CREATE_SESSION', 'FAILED_TO_VERIFY_REGISTRATION']);
