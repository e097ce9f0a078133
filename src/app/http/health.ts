import { z } from 'zod';
import type { Api } from '../../kit/http/api.ts';

/** Whether each part answers; `people` and `senders`: a living worker takes signatures and steps, and the sending; `pushes`: opt-outs and receipts do not wait to be taken in. A part that is not there (no sandbox) is left out. */
export type Readiness = {
  database: boolean;
  temporal: boolean;
  people: boolean;
  senders: boolean;
  pushes?: boolean;
  sandbox?: boolean;
};

const Answer = z.object({ ready: z.boolean(), parts: z.record(z.string(), z.boolean()) });

export function healthRoutes(app: Api, readiness: () => Promise<Readiness>): void {
  const open = { needs: 'nobody-signed-in' } as const;
  app.get('/healthz', { config: open, schema: { hide: true } }, () => ({ alive: true }));
  app.get(
    '/readyz',
    {
      config: open,
      schema: { summary: 'Whether every part answers', security: [], response: { 200: Answer, 503: Answer } },
    },
    async (_, reply) => {
      const parts = await readiness();
      const ready = Object.values(parts).every(Boolean);
      return reply.code(ready ? 200 : 503).send({ ready, parts });
    },
  );
}
