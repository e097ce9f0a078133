import { record } from '../house/audit/audit.db.ts';
import { moveCampaign } from './campaign.db.ts';
import { transaction, type Pool } from '../kernel/sql.db.ts';
import { stopReasonFor } from '../form/stop-condition.rule.ts';
import { stopFigures, watchedCampaigns } from './stop-condition.db.ts';

/** Pauses what has met a condition that was signed, with the figures, on record. Gives the campaigns that it paused. */
export async function keepStopConditions(pool: Pool, now = (): Date => new Date()): Promise<string[]> {
  const paused: string[] = [];
  for (const campaign of await watchedCampaigns(pool)) {
    const reason = stopReasonFor(campaign.conditions, await stopFigures(pool, campaign));
    if (reason === null) continue;
    const moved = await transaction(pool, async (tx) => {
      const at = now();
      if (!(await moveCampaign(tx, campaign.id, 'paused', { ...reason, by: 'system' }, at))) return false;
      const entry = { actor: 'system', action: 'campaign.pause', objectKind: 'campaign', objectId: campaign.id };
      await record(tx, { ...entry, details: { ...reason } }, at);
      return true;
    });
    if (moved) paused.push(campaign.id);
  }
  return paused;
}
