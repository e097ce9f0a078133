import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { delayFor } from '../draw.ts';
import { adminOfCalls } from './admin.ts';
import { answerAri, type AriAnswer } from './ari.ts';
import { createAriFaults } from './faults.ts';
import type { PbxOptions } from './pbx.ts';
import { createSwitch } from './switch.ts';

type AriLogin = { user: string; password: string };

function send(response: ServerResponse, { status, body, bytes }: AriAnswer): void {
  if (bytes) response.writeHead(status, { 'content-type': 'audio/wav' }).end(bytes);
  else if (body === undefined) response.writeHead(status).end();
  else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** The sandbox's Asterisk: ARI over HTTP and WebSocket below `/ari`, its witness below `/sandbox/calls`. Without a login it lets nobody in. */
export function createAsterisk(options: PbxOptions, login: AriLogin | null) {
  const pbx = createSwitch(options);
  const faults = createAriFaults();
  const sockets = new WebSocketServer({ noServer: true, autoPong: false });
  const admin = adminOfCalls(pbx, faults, () => sockets.clients);

  function isLetIn(request: IncomingMessage, query: URLSearchParams): boolean {
    if (login === null) return false;
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const given = basic === undefined ? (query.get('api_key') ?? '') : Buffer.from(basic, 'base64').toString('utf8');
    const right = Buffer.from(`${login.user}:${login.password}`);
    return given.length === right.length && timingSafeEqual(Buffer.from(given), right);
  }

  function ari(request: IncomingMessage, response: ServerResponse, url: URL, body: Buffer): void {
    if (!isLetIn(request, url.searchParams)) {
      response.setHeader('www-authenticate', 'Basic realm="Asterisk REST Interface"');
      return send(response, { status: 401, body: { message: 'Authentication required' } });
    }
    const method = request.method ?? 'GET';
    const path = url.pathname.slice('/ari'.length);
    let fields: Record<string, unknown>;
    try {
      const read = body.length > 0 ? (JSON.parse(body.toString('utf8')) as Record<string, unknown>) : {};
      fields = { ...Object.fromEntries(url.searchParams), ...read };
    } catch {
      return send(response, { status: 400, body: { message: 'Failed to parse JSON' } });
    }
    const fault = faults.strike(method, path);
    if (fault === 'reset-before') return void request.socket.destroy();
    if (fault === 'error-before') return send(response, { status: 500, body: { error: 'Allocation failed' } });
    const answer = answerAri(pbx, method, path, fields);
    if (fault === 'reset-after') return void request.socket.destroy();
    if (fault === 'error-after') return send(response, { status: 500, body: { error: 'Allocation failed' } });
    if (fault === 'silence-after') return;
    setTimeout(() => send(response, answer), delayFor(pbx.scenario.latencyMs, Math.random()));
  }

  function welcome(socket: WebSocket, app: string): void {
    // A frozen socket is open and says nothing: what a pulled cable looks like.
    socket.on('ping', (data) => faults.areSocketsFrozen() || socket.pong(data));
    socket.on('error', () => undefined);
    pbx.apps.connect(app, socket);
  }

  return {
    witness: pbx.witness,
    /** Takes the request if it is for the PBX or its witness. */
    handle(request: IncomingMessage, response: ServerResponse, body: Buffer): boolean {
      const url = new URL(request.url ?? '/', 'http://sandbox.invalid');
      if (url.pathname.startsWith('/ari/')) ari(request, response, url, body);
      else if (url.pathname === '/sandbox/calls' || url.pathname.startsWith('/sandbox/calls/'))
        admin(request, response, url, body);
      else return false;
      return true;
    },
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      const url = new URL(request.url ?? '/', 'http://sandbox.invalid');
      const app = url.searchParams.get('app') ?? '';
      const refuse = (line: string) => socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      socket.on('error', () => undefined);
      if (url.pathname !== '/ari/events') return void refuse('404 Not Found');
      if (!isLetIn(request, url.searchParams)) return void refuse('401 Unauthorized');
      if (app === '') return void refuse('400 Bad Request');
      sockets.handleUpgrade(request, socket, head, (opened) => welcome(opened, app));
    },
    start(): void {
      pbx.witness.load();
      pbx.sounds.load();
    },
    stop(): void {
      pbx.sounds.stop();
      pbx.stop();
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}
