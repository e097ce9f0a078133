import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { choosePort, freePort } from '../../../../src/app/run/ports.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function takenPort(): Promise<number> {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return port;
}

test('a port that was asked for and is taken is refused with its variable', async () => {
  const port = await takenPort();
  await expect(choosePort('WAIHU_PORT', port, undefined)).rejects.toMatchObject({
    code: 'run.port-in-use',
    message: expect.stringMatching(new RegExp(`${port}.*WAIHU_PORT`)),
  });
});

test('a remembered port is kept while it is free', async () => {
  const port = await freePort();
  expect(await choosePort('WAIHU_SANDBOX_PORT', 0, port)).toBe(port);
});

test('a remembered port that somebody took is replaced', async () => {
  const port = await takenPort();
  expect(await choosePort('WAIHU_SANDBOX_PORT', 0, port)).not.toBe(port);
});

test('a port that was asked for wins over the remembered one', async () => {
  const wanted = await freePort();
  expect(await choosePort('WAIHU_SANDBOX_PORT', wanted, wanted + 1)).toBe(wanted);
});

test('an address of another machine is refused', async () => {
  await expect(choosePort('WAIHU_PORT', 18_080, undefined, '192.0.2.1')).rejects.toMatchObject({
    code: 'run.host-unknown',
  });
});
