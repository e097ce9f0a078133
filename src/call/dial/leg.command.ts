import { transaction, type Pool } from '../../kernel/sql.db.ts';
import { moveAgent, tellLineKeeper } from '../desk/agent-session.db.ts';
import { wishHangUp } from './attempt.db.ts';
import * as db from './leg.db.ts';
import { browserGoneMs } from './leg.rule.ts';

export const beginLeg = (pool: Pool, leg: Parameters<typeof db.beginLeg>[1]): Promise<boolean> =>
  transaction(pool, (tx) => db.beginLeg(tx, leg));

/**
 * An agent's phone is gone. Whoever waits for a call is busy for it; whoever talks has hung up, so the customer's leg is to end too.
 * `again`: it went with the engine, not with the phone, and is called again at once. Gives the call to hang up, or null; undefined
 * when it is no agent's leg.
 */
export const hearLegDown = (
  pool: Pool,
  { legId, accountId, again }: { legId: string; accountId: string; again: boolean },
  at: Date,
): Promise<{ staffId: string; hangUp: string | null } | undefined> =>
  transaction(pool, async (tx) => {
    // Calls are locked before agents, by everybody.
    const attemptId = await db.callOfLeg(tx, legId);
    if (attemptId !== null) await wishHangUp(tx, attemptId, at);
    const agent = await db.lockAgentOfLeg(tx, legId);
    if (!agent) return undefined;
    const { staffId, state } = agent;
    await db.noteLegDown(tx, legId, again && state !== 'away' ? 'wanted' : 'down');
    if (state === 'ready' && !again) await moveAgent(tx, { staffId, to: 'busy', reason: 'phone-gone' }, at);
    await tellLineKeeper(tx, accountId);
    return { staffId, hangUp: attemptId };
  });

/** Nobody sits at the page of these: they get no calls. */
export async function setUnseenBusy(pool: Pool, accountId: string, now: Date): Promise<void> {
  const before = new Date(now.getTime() - browserGoneMs);
  for (const { staffId } of await db.readyUnseen(pool, accountId, before))
    await transaction(pool, async (tx) => {
      if (await db.lockReadyUnseen(tx, staffId, before))
        await moveAgent(tx, { staffId, to: 'busy', reason: 'browser-gone' }, now);
    });
}
