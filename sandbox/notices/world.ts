import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { createArrivals, noticeServers, type NoticeServer } from './arrivals.ts';
import { createMail } from './mail.ts';
import { createRobots, type RobotKind } from './robots.ts';

const FaultsBody = z.array(
  z.strictObject({
    server: z.enum(noticeServers),
    mode: z.enum(['lost', 'reset', 'hang', 'busy', 'error', 'html', 'too-fast', 'refuse', 'gone', 'slow-down']),
    times: z.int().min(1),
  }),
);
const SecretBody = z.strictObject({ secret: z.string().nullable() });

/** What `npm start` can be tried with at once. */
export const sandboxRobot = { key: 'sandbox-robot', secret: 'SECsandbox-secret' } as const;
export const sandboxHook = { name: 'house', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' } as const;

const json = (response: ServerResponse, status: number, body: unknown): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** The servers that notices go to, on the wire of their providers: robots, a mail relay, a system of the house. */
export function createNoticeWorld(now: () => number = Date.now) {
  const arrivals = createArrivals(now);
  const robots = createRobots(arrivals, now);
  const hooks = new Map<string, string>([[sandboxHook.name, sandboxHook.secret]]);
  const seen = new Set<string>();
  let mail: Awaited<ReturnType<typeof createMail>> | null = null;
  let mailPort = 0;
  robots.put('wecom', sandboxRobot.key, null);
  robots.put('dingtalk', sandboxRobot.key, sandboxRobot.secret);
  robots.put('feishu', sandboxRobot.key, sandboxRobot.secret);

  function hookAnswer(name: string, request: IncomingMessage, body: Buffer): { status: number; body: unknown } {
    const secret = hooks.get(name);
    if (secret === undefined) return { status: 404, body: { error: 'no such receiver' } };
    const of = (header: string): string => String(request.headers[header] ?? '');
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signed = `${of('webhook-id')}.${of('webhook-timestamp')}.${body.toString('utf8')}`;
    const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
    const fresh = Math.abs(now() / 1_000 - Number(of('webhook-timestamp'))) <= 300;
    if (!fresh || !of('webhook-signature').split(' ').includes(expected)) {
      arrivals.refuse();
      return { status: 401, body: { error: 'signature' } };
    }
    // The id is the receiver's key against doing one thing twice.
    if (!seen.has(`${name} ${of('webhook-id')}`)) {
      seen.add(`${name} ${of('webhook-id')}`);
      arrivals.add({ server: 'webhook', key: name, text: body.toString('utf8'), headers: { id: of('webhook-id') } });
    }
    return { status: 204, body: null };
  }

  /** What goes wrong before or after the server does its work; true when there is nothing more to say. */
  function faulty(server: NoticeServer, request: IncomingMessage, response: ServerResponse, work: () => void): boolean {
    const mode = arrivals.strike(server);
    if (mode === null) return false;
    if (mode === 'lost') work();
    if (mode === 'lost' || mode === 'reset') request.socket.destroy();
    else if (mode === 'error') response.writeHead(500).end('oops');
    else if (mode === 'html') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>maintenance</html>');
    else if (mode === 'slow-down') response.writeHead(429, { 'retry-after': '7' }).end();
    else if (mode === 'gone') response.writeHead(410).end();
    else if (mode === 'busy' || mode === 'too-fast' || mode === 'refuse') {
      if (server === 'webhook') response.writeHead(mode === 'refuse' ? 400 : 503).end();
      else json(response, 200, robots.say(server as RobotKind, mode));
    }
    return true;
  }

  function robot(
    kind: RobotKind,
    key: string,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ) {
    const answer = () => robots.answer({ kind, key, query: url.searchParams, body });
    if (!faulty(kind, request, response, () => void answer())) json(response, 200, answer());
  }

  function admin(method: string, place: string, body: Buffer): { status: number; body: unknown } {
    const read = (): unknown => JSON.parse(body.toString('utf8') || 'null');
    const [, noun = '', kind = '', key = ''] = place.split('/');
    if (method === 'GET' && noun === '') return { status: 200, body: { ...arrivals.read(), mailPort } };
    if (method === 'GET' && noun === 'certificate') return { status: 200, body: { pem: mail?.certificate ?? '' } };
    if (method === 'PUT' && noun === 'faults') arrivals.setFaults(FaultsBody.parse(read()));
    else if (method === 'PUT' && noun === 'robots' && (kind === 'wecom' || kind === 'dingtalk' || kind === 'feishu'))
      robots.put(kind, key, SecretBody.parse(read()).secret);
    else if (method === 'PUT' && noun === 'hooks') hooks.set(kind, SecretBody.parse(read()).secret ?? '');
    else if (method === 'DELETE' && noun === '') {
      arrivals.reset();
      robots.reset();
      seen.clear();
    } else return { status: 404, body: { error: 'no such route' } };
    return { status: 200, body: { ok: true } };
  }

  return {
    /** Takes the request if it is one of theirs. */
    handle(request: IncomingMessage, response: ServerResponse, body: Buffer): boolean {
      const url = new URL(request.url ?? '/', 'http://sandbox');
      const { pathname } = url;
      if (pathname === '/sandbox/notices' || pathname.startsWith('/sandbox/notices/')) {
        try {
          const answer = admin(request.method ?? 'GET', pathname.slice('/sandbox/notices'.length), body);
          json(response, answer.status, answer.body);
        } catch {
          json(response, 400, { error: 'body' });
        }
        return true;
      }
      if (request.method !== 'POST') return false;
      const feishu = /^\/open-apis\/bot\/v2\/hook\/([\w-]+)$/.exec(pathname)?.[1];
      const hook = /^\/house\/hooks\/([\w-]+)$/.exec(pathname)?.[1];
      if (pathname === '/cgi-bin/webhook/send')
        robot('wecom', url.searchParams.get('key') ?? '', url, request, response, body);
      else if (pathname === '/robot/send')
        robot('dingtalk', url.searchParams.get('access_token') ?? '', url, request, response, body);
      else if (feishu !== undefined) robot('feishu', feishu, url, request, response, body);
      else if (hook !== undefined) {
        const answer = () => hookAnswer(hook, request, body);
        if (faulty('webhook', request, response, () => void answer())) return true;
        const { status, body: said } = answer();
        if (said === null) response.writeHead(status).end();
        else json(response, status, said);
      } else return false;
      return true;
    },
    async listenMail(port: number): Promise<number> {
      mail = await createMail(arrivals);
      mailPort = await mail.listen(port);
      return mailPort;
    },
    close: async () => mail?.close(),
  };
}
