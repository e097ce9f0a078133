import { lockSendingOnAccount, moveCampaign } from '../src/campaign/campaign.db.ts';
import { record } from '../src/house/audit/audit.db.ts';
import { stopGatewayAccount } from '../src/sms/gateway-account.db.ts';
import { transaction, type Pool } from '../src/kernel/sql.db.ts';

/** Pauses one campaign for a reason that a person must look at. Once: a campaign that no longer sends is left as it is. */
export const pauseCampaign = (
  pool: Pool,
  campaignId: string,
  reason: { code: string } & Record<string, unknown>,
): Promise<void> =>
  transaction(pool, async (tx) => {
    const now = new Date();
    if (!(await moveCampaign(tx, campaignId, 'paused', { ...reason, by: 'system' }, now))) return;
    await record(
      tx,
      { actor: 'system', action: 'campaign.pause', objectKind: 'campaign', objectId: campaignId, details: reason },
      now,
    );
  });

/** Signatures no longer hold: nothing more leaves, for good. */
export const voidCampaign = (
  pool: Pool,
  campaignId: string,
  reason: { code: string; changed: string[] },
): Promise<void> =>
  transaction(pool, async (tx) => {
    const now = new Date();
    if (!(await moveCampaign(tx, campaignId, 'voided', reason, now))) return;
    await record(
      tx,
      { actor: 'system', action: 'campaign.void', objectKind: 'campaign', objectId: campaignId, details: reason },
      now,
    );
  });

/** Stops the account and pauses every campaign on it: the next call would fail alike, whoever makes it. */
export const stopAccount = (pool: Pool, accountId: string, code: string, until: Date | null): Promise<void> =>
  transaction(pool, async (tx) => {
    const now = new Date();
    // Campaigns before their account, as every claim locks them: the other way round the two would wait for each other.
    const sending = await lockSendingOnAccount(tx, accountId);
    if (!(await stopGatewayAccount(tx, accountId, code, until))) return;
    const reason = { code: 'gateway.account-stopped', gatewayCode: code, until: until?.toISOString() ?? null };
    for (const { id } of sending) {
      if (await moveCampaign(tx, id, 'paused', { ...reason, by: 'system' }, now)) {
        await record(
          tx,
          { actor: 'system', action: 'campaign.pause', objectKind: 'campaign', objectId: id, details: reason },
          now,
        );
      }
    }
    await record(
      tx,
      {
        actor: 'system',
        action: 'gateway.stop',
        objectKind: 'gateway',
        objectId: accountId,
        details: { code, until: until?.toISOString() ?? null },
      },
      now,
    );
  });
