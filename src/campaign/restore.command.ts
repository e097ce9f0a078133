import { purposeOfText } from '../kernel/reach.rule.ts';
import { record } from '../house/audit/audit.db.ts';
import { leapMark, loadInstallation, lockInstallation, type Installation } from '../house/installation.db.ts';
import { takeTime, transaction, type Pool, type Tx } from '../kernel/sql.db.ts';
import { findTemplate } from '../sms/template/template.db.ts';
import { findCampaign, moveCampaign } from './campaign.db.ts';
import { findListToOpen } from './message.db.ts';
import * as db from './restore.db.ts';
import { originOf, type Noted, type Origin } from './restore.rule.ts';

export type Recognised = { origin: Origin; stands: Installation; campaigns: number; lostFrom: Date | null };

/**
 * Looks whether the database is the one that this machine worked with. An older one was restored: what was sent in the time that
 * is lost is known to the gateway alone, so every campaign that could have sent stops, everybody who could have been written to
 * is in doubt, and the processes begin anew. Once, whoever finds it first.
 */
export async function recogniseDatabase(pool: Pool, noted: Noted | null, now = new Date()): Promise<Recognised> {
  const stands = await loadInstallation(pool);
  const origin = originOf(noted, stands, await db.othersLive(pool));
  if (origin !== 'restored') return { origin, stands, campaigns: 0, lostFrom: null };
  return transaction(pool, async (tx) => {
    await takeTime(tx);
    const locked = await lockInstallation(tx);
    const still = originOf(noted, locked, await db.othersLive(tx));
    if (still !== 'restored') return { origin: still, stands: locked, campaigns: 0, lostFrom: null };
    return declareRestored(tx, locked, Math.max(locked.mark, noted?.mark ?? 0), now);
  });
}

const beijing = (at: Date): string =>
  new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');

/** `lostFrom`: since when the database knows nothing; by its own mark unless a person knows better. */
export async function declareRestored(
  tx: Tx,
  stands: Installation,
  beyond: number,
  now: Date,
  lostFrom = stands.markedAt ?? now,
): Promise<Recognised> {
  const campaigns = await db.putInDoubt(tx, lostFrom, now);
  for (const { id, key, audienceId, state } of campaigns) {
    const campaign = await findCampaign(tx, id);
    const template = campaign && (await findTemplate(tx, campaign.templateId));
    const list = campaign?.startedAt ? await findListToOpen(tx, id) : null;
    if (audienceId && template) {
      const purpose = purposeOfText({ kind: template.kind, contactPurpose: campaign.contactPurpose });
      await db.doubtLedger(tx, { key, audienceId, until: now, purpose, list });
    }
    if (state !== 'sending' && state !== 'scheduled') continue;
    const details = { code: 'database.restored', since: beijing(lostFrom) };
    // Who said no in the time that is lost is not known any more either: a person looks before anything leaves.
    await moveCampaign(tx, id, 'paused', { ...details, by: 'system' }, now);
    await record(tx, { actor: 'system', action: 'campaign.pause', objectKind: 'campaign', objectId: id, details }, now);
  }
  await db.doubtTestSends(tx, now);
  await db.leapCampaignKeys(tx);
  const leapt = await leapMark(tx, beyond);
  await record(
    tx,
    {
      actor: 'system',
      action: 'installation.restore',
      objectKind: 'installation',
      objectId: leapt.id,
      details: { lostFrom: lostFrom.toISOString(), lostUntil: now.toISOString(), campaigns: campaigns.length },
    },
    now,
  );
  return { origin: 'restored', stands: leapt, campaigns: campaigns.length, lostFrom };
}
