import { findGatewayAccountByToken } from '../../db/gateway-account.ts';
import type { Pool } from '../../db/sql.ts';
import { keepDelivery } from '../../db/webhook.ts';
import { AppError } from '../../domain/app-error.ts';
import { z } from 'zod';
import type { Api } from '../api.ts';
import type { TakeIn } from './take-in.ts';

// A push of 100 receipts is about 30 kB.
const longestBody = 4 * 1024 * 1024;

/**
 * Where Alibaba pushes receipts and replies: kept raw, answered at once with a numeric code, taken in afterwards. No signature
 * is documented for these pushes; the unguessable token in the path names the account.
 */
export function receiveAliyun(app: Api, { pool, takeIn }: { pool: Pool; takeIn: TakeIn }): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: longestBody }, (_request, body, done) =>
      done(null, body),
    );
    for (const [path, kind] of [
      ['reports', 'receipts'],
      ['replies', 'replies'],
    ] as const) {
      scope.post(
        `/webhooks/aliyun/:token/${path}`,
        {
          config: { needs: 'nobody-signed-in' },
          schema: { hide: true, params: z.object({ token: z.string().min(20).max(100) }) },
        },
        async (request, reply) => {
          const { token } = request.params as { token: string };
          const account = await findGatewayAccountByToken(pool, token);
          if (!account)
            throw new AppError('missing', 'webhook.unknown', 'There is no gateway account behind this address.');
          await keepDelivery(pool, account.id, kind, typeof request.body === 'string' ? request.body : '');
          takeIn.wake();
          return reply.send({ code: 0, msg: 'ok' });
        },
      );
    }
  });
}
