import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is a file: it may take as long as it needs, but must go on. */
    upload?: boolean;
  }
}

/** Milliseconds: for headers, for the whole of an ordinary body, and within which a file must bring `leastBytes` more. */
export type BodyPatience = { headersMs: number; bodyMs: number; fileMs: number; leastBytes: number };
export const usualPatience: BodyPatience = { headersMs: 20_000, bodyMs: 30_000, fileMs: 30_000, leastBytes: 16_384 };

/**
 * Ends requests whose body trickles: an ordinary one must be whole in half a minute, a file must bring 16 kB in each half
 * minute, which the slowest mobile line does. Somebody who opens connections and sends a byte a minute holds nothing for long.
 */
export function limitSlowBodies(app: FastifyInstance, { bodyMs, fileMs, leastBytes }: BodyPatience): void {
  app.addHook('preParsing', async (request, reply, payload) => {
    const { raw } = request;
    if (raw.headers['transfer-encoding'] === undefined && raw.headers['content-length'] === undefined) return payload;
    const file = request.routeOptions.config.upload === true;
    let before = raw.socket.bytesRead;
    const look = (): void => {
      const { bytesRead } = raw.socket;
      // What was answered before its body came is drained by Node.
      if (raw.complete || raw.destroyed || reply.raw.writableEnded) return clearInterval(timer);
      // What waits here to be read is held up by us, not by who sends it.
      if (file && (bytesRead - before >= leastBytes || raw.readableLength > 0)) before = bytesRead;
      else give(request, timer);
    };
    const timer = setInterval(look, file ? fileMs : bodyMs);
    timer.unref();
    for (const end of ['end', 'close', 'error']) payload.once(end, () => clearInterval(timer));
    return payload;
  });
}

function give(request: FastifyRequest, timer: NodeJS.Timeout): void {
  clearInterval(timer);
  const { socket } = request.raw;
  request.log.warn({ route: request.routeOptions.url ?? null }, 'A request was ended: its body did not come.');
  // The body is half read: there is no way back to a whole answer on this connection.
  const answer = 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
  if (socket.writable) socket.end(answer, () => socket.destroy());
  else request.raw.destroy();
}
