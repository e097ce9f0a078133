import type { FastifyReply } from 'fastify';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { Api } from '../http/api.ts';

export type EventStream = {
  /** True while the reader does not keep up. */
  behind: () => boolean;
  send: (event: string, data: unknown) => void;
  end: () => void;
};
export type EventStreams = {
  /** 503 `events.too-many` before anything is opened. */
  demandRoom(): void;
  /** Takes the connection over for server-sent events; the browser asks again three seconds after their end. `onEnd` is called once. */
  open(reply: FastifyReply, onEnd: () => void): EventStream;
};

/** Streams of one kind, at most so many at once; all end before the server waits for its connections, which they would keep open. */
export function createEventStreams(app: Api, most: number, onClose: () => void): EventStreams {
  const running = new Set<() => void>();
  app.addHook('preClose', async () => {
    for (const end of running) end();
    onClose();
  });
  return {
    demandRoom() {
      if (running.size >= most)
        throw new AppError('unavailable', 'events.too-many', 'Too many pages are open; reload this one later.');
    },
    open(reply, onEnd) {
      reply.hijack();
      const { raw } = reply;
      const cookies = reply.getHeader('set-cookie');
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
        ...(cookies !== undefined && { 'set-cookie': cookies as string | string[] }),
      });
      raw.write('retry: 3000\n\n');
      const end = (): void => {
        if (!running.delete(end)) return;
        onEnd();
        raw.end();
      };
      running.add(end);
      raw.on('close', end);
      raw.on('error', end);
      return {
        end,
        behind: () => raw.writableNeedDrain,
        send: (event, data) => void raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
      };
    },
  };
}
