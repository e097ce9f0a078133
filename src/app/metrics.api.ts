import { createHash, timingSafeEqual } from 'node:crypto';
import type { Api } from '../kit/http/api.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { Metrics } from './metrics.ts';

/** Who shows the token may read; without a token in the configuration there is no such page. */
export type MetricsPage = { metrics: Metrics; token: string };

/** Counts what is answered from now on; routes that are added later are counted too. */
export function countRequests(app: Api, { metrics }: MetricsPage): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'none';
    metrics.answered({ method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1_000 });
  });
}

export function metricsRoutes(app: Api, { metrics, token }: MetricsPage): void {
  app.get('/metrics', { config: { needs: 'nobody-signed-in' }, schema: { hide: true } }, async (request, reply) => {
    const shown = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    // Digests, because a comparison in constant time wants equal lengths.
    if (!timingSafeEqual(digestOf(shown), digestOf(token)))
      throw new AppError(
        'denied',
        'metrics.token',
        'Send the token of WAIHU_METRICS_TOKEN: `authorization: Bearer …`.',
      );
    return reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.page());
  });
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
