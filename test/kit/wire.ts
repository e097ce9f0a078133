import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** What happens to a campaign's sends: `swallow` never reaches the gateway; `hold` does, but its answer stays on the way. */
export type Manner = 'pass' | 'swallow' | 'hold';
export type Wire = Awaited<ReturnType<typeof openWire>>;

/** A wire between worker and sandbox that can be cut on either side of the gateway's acceptance, one campaign apart from the other. */
export async function openWire(toPort: number) {
  const manners = new Map<number, Manner>();
  const seen = new Map<number, number>();
  const held = new Map<number, (() => void)[]>();
  const server = createServer({ maxHeaderSize: 65_536 }, (incoming, outgoing) => {
    const { searchParams } = new URL(incoming.url ?? '/', 'http://wire.invalid');
    const key = Number(/^wh-(\d+)-/.exec(searchParams.get('OutId') ?? '')?.[1] ?? 0);
    const manner = manners.get(key) ?? 'pass';
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    const note = (): void => void seen.set(key, (seen.get(key) ?? 0) + 1);
    if (manner === 'swallow') {
      incoming.resume();
      return note();
    }
    const onward = forward(
      { host: '127.0.0.1', port: toPort, method: incoming.method, path: incoming.url, headers: incoming.headers },
      (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('end', () => {
          const body = Buffer.concat(pieces);
          const write = (): void => answerWith(outgoing, answer, body);
          if (manners.get(key) === 'hold') held.set(key, [...(held.get(key) ?? []), write]);
          else write();
          note();
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
    port: (server.address() as AddressInfo).port,
    set: (campaignKey: number, manner: Manner): void => void manners.set(campaignKey, manner),
    /** Sends of the campaign that have come as far as its manner lets them. */
    seen: (campaignKey: number): number => seen.get(campaignKey) ?? 0,
    letGo(campaignKey: number): void {
      manners.set(campaignKey, 'pass');
      for (const write of held.get(campaignKey) ?? []) write();
      held.delete(campaignKey);
    },
  };
}

function answerWith(outgoing: ServerResponse, { statusCode = 502, headers }: IncomingMessage, body: Buffer): void {
  if (outgoing.destroyed) return;
  const { 'transfer-encoding': _, connection: __, 'keep-alive': ___, ...rest } = headers;
  outgoing.writeHead(statusCode, { ...rest, 'content-length': body.length });
  outgoing.end(body);
}
