import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLogger } from '../../../../src/kernel/log.ts';
import { createServer } from '../../../../src/app/http/server.ts';
import { deepJson } from '../../../kit/nasty.ts';
import { testDatabase } from '../../../kit/database.ts';
import { noProcesses } from '../../../kit/people.ts';
import { openHouse } from './kit.ts';
import { newKey } from '../../../kit/installation-key.ts';

const house = await openHouse({
  extraRoutes: (api) => {
    api.post('/odd', { config: { needs: 'nobody-signed-in' } }, () => house.pool.query("select '13800138078'::uuid"));
  },
});
const { administrator, operator } = house.people;

describe('what a route does not know', () => {
  test.each([
    ['/v1/suppressions?phone=13800138000', 'query.phone'],
    ['/v1/customers?tiers=gold', 'query.tiers'],
    ['/v1/topics?limit=1', 'query.limit'],
    ['/v1/suppressions?active=true&Limit=1', 'query.Limit'],
    ['/v1/customers?__proto__=1', 'query.__proto__'],
  ])('GET %s is refused, with its name', async (path, place) => {
    expect(await house.call('GET', path, { as: operator })).toMatchObject({
      status: 422,
      body: { code: 'request.unknown-parameter', errors: [{ place }] },
    });
  });

  test('in a body is refused too: a filter that is misspelt must not be everybody', async () => {
    const body = { phone: '13800138000', kinds: 'dnc' };
    const answer = await house.call('POST', '/v1/suppressions/search', { as: operator, body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    expect(answer.text).toContain('kinds');
  });

  test('on a page is passed over', async () => {
    const { statusCode } = await house.app.inject({
      url: '/topics?nobody=1',
      headers: { authorization: `Bearer ${administrator.key}`, accept: 'text/html' },
    });
    expect(statusCode).toBe(200);
  });
});

describe('a text that cannot be kept', () => {
  test.each([
    ['/v1/topics', { code: 'edge', name: 'a\u0000' }, 'body.name'],
    ['/v1/topics', { code: 'edge', name: 'a\uD83D' }, 'body.name'],
    ['/v1/topics', { code: 'edge', name: 'a\u202Eb' }, 'body.name'],
    ['/v1/keys', { staffId: administrator.id, name: 'a\u0007' }, 'body.name'],
    ['/v1/staff', { name: 'x', email: 'a@example.test', unit: 'a\u2028', roles: ['operator'] }, 'body.unit'],
  ])('POST %s %j names its field', async (path, body, place) => {
    const answer = await house.call('POST', path, { body });
    expect(answer).toMatchObject({ status: 422, body: { code: 'request.text', errors: [{ place }] } });
  });

  test('around a telephone number, as address books put it, is not seen', async () => {
    const body = { phone: '\u202D138 0013 8000\u202C' };
    expect((await house.call('POST', '/v1/suppressions/search', { as: operator, body })).status).toBe(200);
  });

  test.each([33, 10_000])('%i levels deep is refused', async (levels) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await house.call('POST', '/v1/topics', { body: deepJson(levels), headers });
    expect(answer).toMatchObject({ status: 422, body: { code: 'request.too-deep' } });
  });
});

test.each([
  ['/api/v1/campaigns/%zz', 400, 'request.address'],
  [`/api/v1/campaigns/${'9'.repeat(300)}`, 414, 'request.address-too-long'],
])('%s is refused with a problem document', async (url, status, code) => {
  const response = await house.app.inject({ url, headers: { authorization: `Bearer ${administrator.key}` } });
  expect(response.headers['content-type']).toContain('application/problem+json');
  expect({ status: response.statusCode, code: response.json<{ code: string }>().code }).toEqual({ status, code });
});

test('what the database refuses never reaches a log with the number in it', async () => {
  const lines: string[] = [];
  const { pool } = await testDatabase();
  const logger = createLogger('trace', {}, { write: (line) => void lines.push(line) });
  const app = await createServer({
    pool,
    processes: noProcesses,
    key: newKey(),
    publicUrl: 'https://waihu.example',
    logger,
    readiness: async () => ({ database: true, temporal: true, people: true, senders: true }),
    extraRoutes: (api) =>
      void api.post('/twice', { config: { needs: 'nobody-signed-in' } }, async (request) => {
        const phone = "insert into customer (id, phone) values (gen_random_uuid(), '+8613800138077')";
        await pool.query(phone);
        await pool.query(phone).catch((error: unknown) => {
          request.log.error({ err: error }, 'By the field that Fastify uses.');
          request.log.error(error);
          throw error;
        });
      }),
  });
  const { statusCode, body, headers } = await app.inject({ method: 'POST', url: '/twice' });
  await app.close();
  expect(statusCode).toBe(500);
  expect(lines.join('')).toContain('23505');
  expect(`${lines.join('')}${body}`).not.toMatch(/1380013807/);
  expect(headers['strict-transport-security']).toMatch(/max-age=31536000/);
});

test('a value that only the database refuses is the caller’s fault, and is logged as a rule of ours that is missing', async () => {
  const answer = await house.call('POST', '/odd', { body: {} });
  expect(answer).toMatchObject({ status: 422, body: { code: 'request.data-refused' } });
  expect(house.log()).toContain('The database refused a value that should have been refused before.');
  expect(house.log()).not.toContain('13800138078');
});

test.each(['/api/v1/me', '/api/openapi.json', '/healthz', '/topics', '/sign-in', '/nothing'])(
  'GET %s is not guessed at, framed, kept or told to others',
  async (url) => {
    const response = await house.app.inject({ url, headers: { authorization: `Bearer ${administrator.key}` } });
    expect(response.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': expect.stringMatching(/^(?:same-origin|no-referrer)$/),
    });
    expect(response.headers['strict-transport-security']).toBeUndefined();
  },
);

test('an Idempotency-Key on a page stays nobody’s', async () => {
  const send = () =>
    house.app.inject({
      method: 'POST',
      url: '/topics',
      headers: {
        authorization: `Bearer ${administrator.key}`,
        'idempotency-key': 'page-1',
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: 'code=paged&name=x',
    });
  const first = await send();
  const again = await send();
  expect([first.statusCode, again.statusCode]).not.toContain(500);
  expect(again.body).not.toContain('in-flight');
  const { rowCount } = await house.pool.query("select from idempotency_key where key = 'page-1'");
  expect(rowCount).toBe(0);
});

/** Whom the server believes to talk to, where those proxies are trusted. */
const addressSeen = async (trustedProxies: string[]) => {
  const { pool } = await testDatabase();
  const app = await createServer({
    pool,
    processes: noProcesses,
    key: newKey(),
    publicUrl: 'http://waihu.example',
    trustedProxies,
    logger: pino({ level: 'silent' }),
    readiness: async () => ({ database: true, temporal: true, people: true, senders: true }),
    extraRoutes: (api) =>
      void api.get('/address', { config: { needs: 'nobody-signed-in' } }, (request) => ({ ip: request.ip })),
  });
  const headers = { 'x-forwarded-for': '198.51.100.9, 203.0.113.5, 10.1.2.3' };
  const { body } = await app.inject({ url: '/address', headers, remoteAddress: '10.9.9.9' });
  await app.close();
  return (JSON.parse(body) as { ip: string }).ip;
};

describe('behind a proxy', () => {
  test.each([
    [[], '10.9.9.9'],
    [['192.0.2.1'], '10.9.9.9'],
    [['10.0.0.0/8'], '203.0.113.5'],
    [['10.9.9.9', '::1'], '10.1.2.3'],
  ])('that is trusted as %j, the client is %s', async (trusted, address) => {
    expect(await addressSeen(trusted)).toBe(address);
  });
});

/** Resolves when the connection is gone, however it went. */
const ended = (socket: Socket): Promise<void> => {
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.once('close', () => resolve()));
};

describe('a connection that trickles', () => {
  let port = 0;
  let app: Awaited<ReturnType<typeof createServer>>;
  let pool: Awaited<ReturnType<typeof testDatabase>>['pool'];
  beforeAll(async () => {
    ({ pool } = await testDatabase());
    app = await createServer({
      pool,
      processes: noProcesses,
      key: newKey(),
      publicUrl: 'http://waihu.example',
      patience: { headersMs: 300, bodyMs: 300, fileMs: 300, leastBytes: 100 },
      logger: pino({ level: 'silent' }),
      readiness: async () => ({ database: true, temporal: true, people: true, senders: true }),
      extraRoutes: (api) => {
        api.post('/plain', { config: { needs: 'nobody-signed-in' } }, () => 'whole');
        api.register(async (scope) => {
          scope.addContentTypeParser('text/csv', (_, payload, done) => done(null, payload));
          scope.post('/file', { config: { needs: 'nobody-signed-in', upload: true } }, async (request) => {
            let bytes = 0;
            for await (const chunk of request.body as AsyncIterable<Buffer>) bytes += chunk.length;
            return `took ${bytes}`;
          });
        });
      },
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    port = (app.server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    app.server.closeAllConnections();
    await app.close();
  });

  /** What the server said until it hung up. `drip` is sent again and again until then. */
  async function hold(start: string, drip: string): Promise<string> {
    const socket: Socket = connect(port, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const closed = ended(socket);
    await once(socket, 'connect');
    socket.write(start);
    const timer = setInterval(() => drip !== '' && socket.writable && socket.write(drip), 20);
    await closed;
    clearInterval(timer);
    return said;
  }

  test.each([
    ['with nothing', '', ''],
    ['in its headers', 'POST /plain HTTP/1.1\r\nhost: x\r\n', 'a: b\r\n'],
    [
      'in its body',
      'POST /plain HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n',
      ' ',
    ],
    [
      'in its chunks',
      'POST /plain HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
      '1\r\n \r\n',
    ],
    ['in a file', 'POST /file HTTP/1.1\r\nhost: x\r\ncontent-type: text/csv\r\ncontent-length: 999999\r\n\r\n', 'a'],
  ])('%s is ended', async (_, start, drip) => {
    expect(await hold(start, drip)).not.toContain('200 OK');
  });

  test('slowly but steadily brings a file to its end', async () => {
    const socket = connect(port, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const closed = ended(socket);
    await once(socket, 'connect');
    socket.write(
      'POST /file HTTP/1.1\r\nhost: x\r\ncontent-type: text/csv\r\ncontent-length: 8000\r\nconnection: close\r\n\r\n',
    );
    for (let n = 0; n < 8; n += 1) {
      socket.write('x'.repeat(1_000));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await closed;
    expect(said).toContain('took 8000');
  });

  test('with twenty files leaves the database to everybody else', async () => {
    const half = { 'content-type': 'text/csv', authorization: `Bearer ${operator.key}` };
    const url = await house.app.listen({ port: 0, host: '127.0.0.1' });
    const gone = new AbortController();
    const uploads = Array.from({ length: 20 }, () => {
      const body = new ReadableStream({ start: (control) => control.enqueue(new TextEncoder().encode('手机号\n')) });
      const address = `${url}/api/v1/imports?kind=customers&fileName=half.csv`;
      const options = { method: 'POST', headers: half, body, duplex: 'half', signal: gone.signal } as RequestInit;
      return fetch(address, options).then(
        async (answer) => ((await answer.json()) as { code: string }).code,
        () => 'held',
      );
    });
    expect(await Promise.race(uploads)).toBe('import.busy');
    expect((await house.call('GET', '/v1/customers', { as: operator })).status).toBe(200);
    gone.abort();
    await Promise.all(uploads);
  });

  test('holds no connection of the database, however many do so', async () => {
    const start = 'POST /plain HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n';
    const held = Array.from({ length: 30 }, () => hold(start, ' '));
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await Promise.all(held);
    expect(pool.totalCount - pool.idleCount).toBe(0);
  });
});
