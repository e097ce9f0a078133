import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** When a send reached the gateway, by the gateway's own clock, and to whom. */
export type Arrival = { at: number; outId: string; phones: string[] };

/** A gateway that takes every send at once and answers it after a while; its ledger of arrivals is its own. */
export async function openSlowWire(toPort: number) {
  const arrivals: Arrival[] = [];
  let answerAfterMs = 0;
  const server = createServer({ maxHeaderSize: 65_536 }, (incoming, outgoing) => {
    const { searchParams } = new URL(incoming.url ?? '/', 'http://wire.invalid');
    const sends = incoming.headers['x-acs-action'] === 'SendSms';
    const outId = searchParams.get('OutId') ?? '';
    if (sends) arrivals.push({ at: Date.now(), outId, phones: (searchParams.get('PhoneNumbers') ?? '').split(',') });
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    const onward = forward(
      { host: '127.0.0.1', port: toPort, method: incoming.method, path: incoming.url, headers: incoming.headers },
      (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('end', () => {
          const body = Buffer.concat(pieces);
          const write = (): void => {
            if (outgoing.destroyed) return;
            outgoing.writeHead(answer.statusCode ?? 502, {
              'content-type': 'application/json',
              'content-length': body.length,
            });
            outgoing.end(body);
          };
          if (sends && answerAfterMs > 0) setTimeout(write, answerAfterMs);
          else write();
        });
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    slowDown: (ms: number): void => void (answerAfterMs = ms),
    /** Arrivals of one campaign, in order. */
    of: (campaignKey: number): Arrival[] => arrivals.filter(({ outId }) => outId.startsWith(`wh-${campaignKey}-`)),
  };
}

/** Most messages in any one second that begins with one of them. */
export function busiestSecond(arrivals: readonly Arrival[]): number {
  const times = arrivals.flatMap(({ at, phones }) => phones.map(() => at)).toSorted((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; first < times.length; first += 1) {
    while (last < times.length && (times[last] ?? 0) < (times[first] ?? 0) + 1_000) last += 1;
    most = Math.max(most, last - first);
  }
  return most;
}
