import { firstRunLines, nextLine, type FirstRunLine } from './first-run.rule.ts';
import { rightsOf } from '../kernel/permission.rule.ts';
import * as firstRun from './first-run.db.ts';
import { demand, mutate, unitsFor, type Context } from '../house/context.ts';

/** The way to the first archived campaign, for this person; null once it is over or put away. */
export async function showFirstRun(ctx: Context): Promise<FirstRunLine[] | null> {
  demand(ctx, 'self:read');
  if (await firstRun.firstRunOver(ctx.pool, ctx.staff.id)) return null;
  const rights = rightsOf(ctx.staff.grants);
  const facts = await firstRun.firstRunFacts(ctx.pool, ctx.staff.id, unitsFor(ctx, 'campaign:read'));
  return firstRunLines(facts, {
    may: (right) => rights.has(right),
    liaison: ctx.staff.roles.includes('liaison'),
    leader: ctx.staff.roles.includes('leader'),
  });
}

/** The one act that this person takes next on the way to the first archived campaign, if there is one. */
export async function showNextAct(ctx: Context): Promise<FirstRunLine | null> {
  return nextLine((await showFirstRun(ctx)) ?? []);
}

/** Puts the list away for oneself. */
export const hideFirstRun = (ctx: Context): Promise<void> =>
  mutate(ctx, 'self:write', async (tx) => {
    await firstRun.hideFirstRun(tx, ctx.staff.id, ctx.now());
    return {
      result: undefined,
      audit: { action: 'staff.first-run-hidden', objectKind: 'staff', objectId: ctx.staff.id, details: {} },
    };
  });
