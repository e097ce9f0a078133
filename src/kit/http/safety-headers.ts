import type { FastifyInstance } from 'fastify';

const year = 365 * 86_400;

/**
 * On every answer, unless its route says otherwise: no guessing of content types, nothing kept in caches, no address given to
 * other sites, nothing framed; behind https never http again.
 */
export function addSafetyHeaders(app: FastifyInstance, publicUrl: string): void {
  const secure = publicUrl.startsWith('https:');
  app.addHook('onRequest', async (_, reply) => {
    void reply.headers({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
      ...(secure && { 'strict-transport-security': `max-age=${year}` }),
    });
  });
}
