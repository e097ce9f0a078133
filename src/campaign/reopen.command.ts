import { record } from '../house/audit/audit.db.ts';
import { transaction, type Pool, type Tx } from '../kernel/sql.db.ts';
import { reopenGatewayAccount } from '../sms/gateway-account.db.ts';
import { moveCampaign } from './campaign.db.ts';
import type { Processes } from '../house/processes.ts';
import { accountsDue, lockPausedWithAccount } from './reopen.db.ts';

/**
 * Opens accounts again whose time has come (a day's limit is over at midnight), and resumes what Waihu itself had paused for them:
 * nobody has to come for it each day. What a person paused, or what was paused for another reason, waits for a person.
 */
export async function reopenDue(pool: Pool, processes: Pick<Processes, 'notify'>): Promise<number> {
  const due = await accountsDue(pool);
  for (const account of due) {
    const resumed = await transaction(pool, (tx) => reopen(tx, account, new Date()));
    for (const id of resumed) await processes.notify({ kind: 'campaign', id }, 'resumed');
  }
  return due.length;
}

async function reopen(tx: Tx, account: { id: string; stopCode: string | null }, now: Date): Promise<string[]> {
  // Campaigns before their account, as every claim locks them.
  const paused = await lockPausedWithAccount(tx, account.id);
  if (!(await reopenGatewayAccount(tx, account.id, { due: true }))) return [];
  const resumed: string[] = [];
  for (const { id, startedAt } of paused) {
    if (!(await moveCampaign(tx, id, startedAt ? 'sending' : 'scheduled', null, now))) continue;
    resumed.push(id);
    const details = { code: 'gateway.account-reopened' };
    await record(
      tx,
      { actor: 'system', action: 'campaign.resume', objectKind: 'campaign', objectId: id, details },
      now,
    );
  }
  await record(
    tx,
    {
      actor: 'system',
      action: 'gateway.reopen',
      objectKind: 'gateway',
      objectId: account.id,
      details: { stopCode: account.stopCode },
    },
    now,
  );
  return resumed;
}
