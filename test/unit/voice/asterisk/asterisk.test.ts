import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createAsteriskDialer } from '../../../../src/voice/asterisk/asterisk.ts';
import { AsteriskSettings } from '../../../../src/voice/asterisk/settings.rule.ts';
import type { Dialer, Heard } from '../../../../src/voice/dialer.ts';

const leg = '0193b6f0-7a10-7000-8000-000000000001';
const call = { leg, to: { phone: '+8613800001234' }, callerNumber: '01060000000', ringSeconds: 30 };
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

type Seen = { method: string; url: string; authorization: string; body: string };
/** A server that answers each request by `answer`, and keeps what it saw. */
async function serve(answer: (seen: Seen) => { status: number; body?: unknown }) {
  const seen: Seen[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      const each = {
        method: request.method ?? '',
        url: request.url ?? '',
        authorization: request.headers.authorization ?? '',
        body,
      };
      seen.push(each);
      const { status, body: said } = answer(each);
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(said === undefined ? '' : JSON.stringify(said));
    });
  });
  const sockets = new WebSocketServer({ server });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

function dialerAt(url: string): Dialer {
  const dialer = createAsteriskDialer(AsteriskSettings.parse({ url, user: 'waihu', timeoutMs: 1_000 }), 's3cret');
  cleanUp.push(() => dialer.close());
  return dialer;
}

async function connected(dialer: Dialer): Promise<Heard[]> {
  const heard: Heard[] = [];
  await new Promise<void>((resolve) =>
    dialer.listen((each) => {
      heard.push(each);
      if (each.kind === 'restored') resolve();
    }),
  );
  return heard;
}

test('nobody is dialled while no event could be heard', async () => {
  const { url, seen } = await serve(() => ({ status: 200, body: {} }));
  const asked = await dialerAt(url).dial(call);
  expect(asked).toEqual({ kind: 'refused', disposition: 'not-dialled', code: 'line-down' });
  expect(seen).toEqual([]);
});

test('numbers and password stand in no URL; the id of the leg is the channel’s', async () => {
  const { url, seen, sockets } = await serve(() => ({ status: 200, body: {} }));
  const urls: string[] = [];
  sockets.on('connection', (_, request) => urls.push(request.url ?? ''));
  const dialer = dialerAt(url);
  await connected(dialer);
  expect(await dialer.dial(call)).toEqual({ kind: 'done' });
  const dialled = seen.find((each) => each.method === 'POST' && each.url === '/ari/channels');
  expect(JSON.parse(dialled?.body ?? '')).toMatchObject({
    endpoint: 'PJSIP/13800001234@carrier',
    app: 'waihu',
    channelId: leg,
    timeout: 30,
    callerId: '01060000000',
  });
  expect(dialled?.authorization).toBe(`Basic ${Buffer.from('waihu:s3cret').toString('base64')}`);
  expect([...urls, ...seen.map((each) => each.url)].join(' ')).not.toMatch(/13800001234|s3cret|api_key/);
});

test.each([
  [200, {}, { kind: 'done' }],
  [409, { message: 'Channel with given unique ID already exists' }, { kind: 'exists' }],
  [400, { message: 'Invalid endpoint' }, { kind: 'refused', disposition: 'config', code: 'http-400' }],
  [401, undefined, { kind: 'refused', disposition: 'config', code: 'http-401' }],
  [404, undefined, { kind: 'refused', disposition: 'config', code: 'http-404' }],
  [500, { error: 'Allocation failed' }, { kind: 'unknown', code: 'http-500' }],
  [502, undefined, { kind: 'unknown', code: 'http-502' }],
])('a dial that is answered %i', async (status, body, expected) => {
  const { url } = await serve((each) => (each.url === '/ari/channels' ? { status, body } : { status: 204 }));
  const dialer = dialerAt(url);
  await connected(dialer);
  expect(await dialer.dial(call)).toEqual(expected);
});

test('where nobody listens, nothing was asked: a dial is refused, a look tells nothing', async () => {
  const dialer = dialerAt('http://127.0.0.1:1');
  expect(await dialer.hangUp(leg)).toEqual({ kind: 'refused', disposition: 'network', code: 'ECONNREFUSED' });
  expect(await dialer.find(leg)).toEqual({ kind: 'cannot-tell' });
  await expect(dialer.legs()).rejects.toThrow('does not tell');
});

test('a request that is not answered in time is in doubt', async () => {
  const { url, sockets } = await serve(() => ({ status: 204 }));
  const dialer = dialerAt(url);
  await connected(dialer);
  // The server takes the request and says nothing.
  sockets.options.server?.removeAllListeners('request');
  expect(await dialer.dial(call)).toMatchObject({ kind: 'unknown' });
});

test('who is replaced hears that last, and does not come back', async () => {
  const { url, sockets } = await serve(() => ({ status: 204 }));
  let connections = 0;
  sockets.on('connection', (socket) => {
    connections += 1;
    setTimeout(() => {
      socket.send(JSON.stringify({ type: 'ApplicationReplaced', application: 'waihu' }));
      socket.send(JSON.stringify({ type: 'StasisStart', args: [], channel: { id: leg, state: 'Up' } }));
    }, 100);
  });
  const dialer = dialerAt(url);
  const heard = await connected(dialer);
  await expect.poll(() => heard.map(({ kind }) => kind)).toEqual(['restored', 'replaced']);
  // Longer than the first back-off.
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(connections).toBe(1);
  expect(heard.length).toBe(2);
  expect(await dialer.dial(call)).toMatchObject({ kind: 'refused', code: 'line-down' });
});

test('only channels of ours that the application is subscribed to are told', async () => {
  const other = '0193b6f0-7a10-7000-8000-000000000002';
  const { url } = await serve(({ url: path }) =>
    path === '/ari/channels'
      ? {
          status: 200,
          body: [
            { id: leg, state: 'Ringing' },
            { id: other, state: 'Up' },
            { id: '1764126000.17', state: 'Up' },
          ],
        }
      : { status: 200, body: { name: 'waihu', channel_ids: [leg, '1764126000.17'] } },
  );
  expect(await dialerAt(url).legs()).toEqual(new Map([[leg, 'ringing']]));
});
