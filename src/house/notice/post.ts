import { lookup } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { hostAndPort, isPublicAddress, type AllowedHosts } from './host.ts';

/** What a server said, or why nothing is known. `no-connection` is proven "not sent". */
export type Answer =
  | { kind: 'answer'; status: number; body: string; retryAfterMs: number | null }
  | { kind: 'no-connection'; code: string }
  | { kind: 'lost'; code: string };

export type Post = (url: string, body: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

const mostBytes = 64 * 1024;

/** The address to connect to: looked up once, judged, and then used as it is, so that a name cannot answer otherwise the second time. */
export async function publicAddressOf(host: string, known: boolean): Promise<string | null> {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0) return known || isPublicAddress(bare) ? bare : null;
  const found = await lookup(bare, { all: true });
  const [first] = found;
  return first && (known || found.every(({ address }) => isPublicAddress(address))) ? first.address : null;
}

/** Posts JSON, follows no redirect, reads no more than it needs, and reaches nothing inside the house that is not allowed. */
export function createPost(options: { allowed: AllowedHosts; timeoutMs?: number }): Post {
  return async (text, body, headers = {}) => {
    const url = new URL(text);
    const known = options.allowed.has(hostAndPort(url));
    let address: string | null;
    try {
      address = await publicAddressOf(url.hostname, known);
    } catch {
      return { kind: 'no-connection', code: 'dns' };
    }
    if (address === null) return { kind: 'no-connection', code: 'address-not-public' };
    return send(url, address, body, headers, options.timeoutMs ?? 15_000);
  };
}

function send(
  url: URL,
  address: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve) => {
    const bytes = Buffer.from(body);
    let connected = false;
    const fail = (code: string): void => {
      clearTimeout(timer);
      resolve({ kind: connected ? 'lost' : 'no-connection', code });
    };
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
      {
        host: address,
        port: url.port || undefined,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        agent: false,
        ...(isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0 && { servername: url.hostname }),
        headers: {
          ...headers,
          host: url.host,
          'content-type': 'application/json; charset=utf-8',
          'content-length': bytes.length,
        },
      },
      (response) => {
        const pieces: Buffer[] = [];
        let size = 0;
        response.on('data', (piece: Buffer) => {
          size += piece.length;
          if (size <= mostBytes) pieces.push(piece);
          else response.destroy();
        });
        response.on('error', () => fail('answer-cut'));
        response.on('close', () => {
          clearTimeout(timer);
          if (!response.complete && size <= mostBytes) return fail('answer-cut');
          const text = Buffer.concat(pieces).toString('utf8');
          const retryAfterMs = retryAfterOf(response.headers['retry-after']);
          resolve({ kind: 'answer', status: response.statusCode ?? 0, body: text, retryAfterMs });
        });
      },
    );
    const timer = setTimeout(() => request.destroy(new Error('timeout')), timeoutMs);
    request.on('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => (connected = true));
    });
    // The error's own words may hold the address, which is a credential.
    request.on('error', (error: NodeJS.ErrnoException) =>
      fail(error.message === 'timeout' ? 'timeout' : (error.code ?? 'error').toLowerCase()),
    );
    request.end(bytes);
  });
}

function retryAfterOf(header: string | undefined): number | null {
  if (header === undefined) return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, 86_400_000) : null;
}
