import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freeAddress } from '../../../../src/app/run/free-address.ts';

const listen = (port = 0): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(port, '127.0.0.1', () => resolve(server));
    onTestFinished(() => void server.close());
  });

test('a second process takes the next port', async () => {
  const { port } = (await listen()).address() as AddressInfo;
  const taken = await freeAddress({ host: '127.0.0.1', port });
  expect(Number(taken.split(':')[1])).toBeGreaterThan(port);
});

test('an address of another machine is refused by name', async () => {
  await expect(freeAddress({ host: '192.0.2.1', port: 9_464 })).rejects.toMatchObject({
    code: 'run.port-in-use',
    details: { faults: [expect.stringContaining('WAIHU_WORKER_METRICS')] },
  });
});
