import { z } from 'zod';
import { createDelegation, revokeDelegation } from './delegation.command.ts';
import type { Delegation } from './delegation.db.ts';
import type { Api } from '../kit/http/api.ts';
import { nextOf, type Pages } from '../kit/page/page.ts';

/** Beijing time as <input type="datetime-local"> gives it. */
const LocalTime = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/)
  .transform((text) => new Date(`${text}:00+08:00`));
const Body = z.object({
  staffId: z.uuid().optional(),
  delegateId: z.uuid(),
  role: z.enum(['liaison', 'leader']),
  unit: z.preprocess((value) => (value === '' ? undefined : value), z.string().trim().max(100).optional()),
  fromAt: LocalTime,
  untilAt: LocalTime,
  back: z.string().max(200).optional(),
});

/** With whether it has ended. */
export const withEnd = (delegation: Delegation, now: Date) => ({
  ...delegation,
  over: delegation.revokedAt !== null || delegation.untilAt <= now,
});

/** Who signs while somebody is away: asked for on one's own page and on the page of a person. */
export function delegationPages(app: Api, pages: Pages): void {
  app.post(
    '/delegations',
    { config: { needs: 'delegation:write' }, schema: { body: Body } },
    async (request, reply) => {
      const { back, unit = '*', staffId, ...given } = request.body;
      await createDelegation(pages.contextOf(request), { ...given, unit, ...(staffId && { staffId }) });
      pages.forgetCallers();
      return pages.done(request, reply, nextOf(back ?? '/account'), 'account.delegation-made');
    },
  );
  app.post(
    '/delegations/:id/end',
    {
      config: { needs: 'delegation:write' },
      schema: { params: z.object({ id: z.uuid() }), body: z.object({ back: z.string().max(200).optional() }) },
    },
    async (request, reply) => {
      await revokeDelegation(pages.contextOf(request), { delegationId: request.params.id });
      pages.forgetCallers();
      return pages.done(request, reply, nextOf(request.body.back ?? '/account'), 'account.delegation-ended');
    },
  );
}
