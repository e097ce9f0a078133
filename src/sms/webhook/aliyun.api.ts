import { findGatewayAccountByToken } from '../gateway-account.db.ts';
import { keepDelivery } from '../delivery.db.ts';
import type { Pool } from '../../kernel/sql.db.ts';

import { AppError } from '../../kernel/app-error.rule.ts';
import { z } from 'zod';
import type { Api } from '../../kit/http/api.ts';
import type { TakeIn } from './take-in.ts';

// A push of 100 receipts is about 30 kB, one of 10,000 about 3 MB. A body that is refused comes three times and never again.
const longestBody = 16 * 1024 * 1024;

/**
 * Where Alibaba pushes receipts and replies: kept raw, answered at once with a numeric code, taken in afterwards. No signature
 * is documented for these pushes; the unguessable token in the path names the account.
 */
export function receiveAliyun(app: Api, { pool, takeIn }: { pool: Pool; takeIn: TakeIn }): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: longestBody }, (_request, body, done) =>
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
          const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
          const contentType = request.headers['content-type'] ?? null;
          await keepDelivery(pool, { accountId: account.id, kind, raw, contentType });
          takeIn.wake(kind);
          return reply.send({ code: 0, msg: 'ok' });
        },
      );
    }
  });
}
