import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with one request. `reset` reads it and breaks the connection; `silence` reads it and never answers;
 *  `half` breaks off in the middle of its answer, `drip` begins one and never ends it. */
export type Canned =
  | { status?: number; headers?: Record<string, string>; body: string }
  | 'reset'
  | 'silence'
  | 'half'
  | 'drip';

export type Seen = {
  action: string;
  method: string;
  url: string;
  query: Record<string, string>;
  form: Record<string, string>;
  headers: NodeJS.Dict<string | string[]>;
  /** The body byte by byte, as latin-1. */
  body: string;
};

const emptyObject = (_seen: Seen): Canned => ({ body: '{}' });

/** A gateway that says what it is told and remembers what it was asked. */
export async function startCannedServer() {
  let respond = emptyObject;
  const seen: Seen[] = [];
  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = request.url ?? '';
      const one: Seen = {
        action: String(request.headers['x-acs-action']),
        method: request.method ?? '',
        url,
        query: Object.fromEntries(new URLSearchParams(url.slice(url.indexOf('?') + 1))),
        form: Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString())),
        headers: request.headers,
        body: Buffer.concat(chunks).toString('latin1'),
      };
      seen.push(one);
      const canned = respond(one);
      if (canned === 'silence') return;
      if (canned === 'reset') {
        request.socket.destroy();
        return;
      }
      if (canned === 'half' || canned === 'drip') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
        response.write('{"Code":"OK",');
        if (canned === 'half') setTimeout(() => request.socket.destroy(), 20);
        return;
      }
      response.writeHead(canned.status ?? 200, { 'content-type': 'application/json', ...canned.headers });
      response.end(canned.body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer(next: Canned | ((seen: Seen) => Canned)) {
      seen.length = 0;
      respond = typeof next === 'function' ? next : () => next;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

export type CannedServer = Awaited<ReturnType<typeof startCannedServer>>;

/** An answer with a JSON body, as a sentence: status, body, headers. */
export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Canned => ({
  status,
  headers,
  body: JSON.stringify(body),
});
