import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleAdmin } from './admin.ts';
import { createAsterisk } from './asterisk/server.ts';
import type { CallWitness } from './asterisk/witness.ts';
import { handleRpc } from './rpc.ts';
import { createNoticeWorld } from './notices/world.ts';
import type { Witness } from './witness.ts';
import { createWorld, type SandboxOptions } from './world.ts';

/** A sandbox gateway that can run inside a test or behind `main.ts`. */
export interface Sandbox {
  /** Loads what an earlier run left, then listens; resolves to the port (`0` asks for a free one). */
  listen: (port?: number) => Promise<number>;
  /** Drops all connections, writes what is pending, and frees every timer. */
  close: () => Promise<void>;
  witness: Witness;
  /** Of the calls that its Asterisk took on. */
  calls: CallWitness;
  /** Where receipts and replies go; null stops the push. */
  pushTo: (urls: { reportUrl?: string | null; replyUrl?: string | null }) => void;
}

// Far above what a 1,000-number call needs, far below what could fill the memory.
const MAX_BODY = 4 * 2 ** 20;
const EMPTY = Buffer.alloc(0);

/** Creates a sandbox. Throws an Error listing every fault of an invalid scenario. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const world = createWorld(options);
  const notices = createNoticeWorld(options.now);
  const asterisk = createAsterisk(
    {
      scenario: {
        read: () => world.scenario.calls,
        write: (calls) => {
          world.scenario = { ...world.scenario, calls };
        },
      },
      folder: options.dataDir,
      now: options.now ?? Date.now,
    },
    options.ari ?? null,
  );

  function route(request: IncomingMessage, response: ServerResponse, body: Buffer) {
    if (notices.handle(request, response, body)) return;
    if (asterisk.handle(request, response, body)) return;
    if (request.url?.startsWith('/sandbox/')) void handleAdmin(world, request, response, body);
    else handleRpc(world, request, response, body);
  }

  // 1,000 numbers make a URL of 14 kB, near Node's default limit of 16 kB for all headers together.
  const server = createServer({ maxHeaderSize: 65_536, keepAliveTimeout: 60_000 }, (request, response) => {
    // A client that hangs up is one of the things this server is here to bring about.
    response.on('error', () => undefined);
    const length = request.headers['content-length'];
    if (request.headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) {
      request.resume();
      route(request, response, EMPTY);
      return;
    }
    const pieces: Buffer[] = [];
    let size = 0;
    request.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size <= MAX_BODY) pieces.push(piece);
    });
    request.on('error', () => undefined);
    request.on('end', () => {
      if (size <= MAX_BODY) route(request, response, Buffer.concat(pieces));
      else response.writeHead(413).end();
    });
  });

  server.on('upgrade', (request, socket, head) => asterisk.upgrade(request, socket, head));

  return {
    witness: world.witness,
    calls: asterisk.witness,
    pushTo({ reportUrl, replyUrl }) {
      if (reportUrl !== undefined) world.push.reportUrl = reportUrl;
      if (replyUrl !== undefined) world.push.replyUrl = replyUrl;
    },
    async listen(port = 0) {
      await world.start();
      asterisk.start();
      if (options.mailPort !== undefined) await notices.listenMail(options.mailPort);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, options.host ?? '127.0.0.1', resolve);
      });
      return (server.address() as AddressInfo).port;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      asterisk.stop();
      server.closeAllConnections();
      await closed;
      await notices.close();
      await world.stop();
    },
  };
}
