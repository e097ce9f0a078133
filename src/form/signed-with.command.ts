import { AppError } from '../kernel/app-error.rule.ts';
import { moveCampaign } from '../campaign/campaign.db.ts';
import { findCredential, type CredentialRow } from '../house/credential.db.ts';
import { campaignsSignedWith, type SignedCampaign } from './signed-with.db.ts';
import { demand, mutate, type Context } from '../house/context.ts';

/** What a revoked key has signed and what can still go out on it: for its owner, and for whoever decides on keys. */
export async function listSignedWith(
  ctx: Context,
  credentialId: string,
): Promise<{ credential: CredentialRow; campaigns: SignedCampaign[] }> {
  const credential = await demandKey(ctx, credentialId);
  return { credential, campaigns: await campaignsSignedWith(ctx.pool, credentialId) };
}

/**
 * Stops every campaign that a revoked key has signed. Revoking alone undoes nothing, since a key is mostly given up for other
 * reasons than theft; after a theft these are the ones that nobody of us may have signed. A form that still awaits the leader
 * is voided either way: it has nothing to pause. Who may revoke the key may do so, whatever else they may.
 */
export async function stopSignedWith(
  ctx: Context,
  input: { credentialId: string; how: 'pause' | 'cancel' },
): Promise<{ stopped: SignedCampaign[] }> {
  const credential = await demandKey(ctx, input.credentialId);
  if (credential.state !== 'revoked')
    throw new AppError('conflict', 'credential.not-revoked', 'Revoke the key first; then stop what it has signed.');
  const stopped: SignedCampaign[] = [];
  for (const campaign of await campaignsSignedWith(ctx.pool, credential.id)) {
    const waiting = campaign.state === 'awaiting-leader';
    const to = waiting ? 'voided' : input.how === 'pause' ? 'paused' : 'cancelled';
    const action = waiting ? 'campaign.void' : input.how === 'pause' ? 'campaign.pause' : 'campaign.cancel';
    const reason = { code: 'signature.key-revoked', by: ctx.staff.id };
    const moved = await stopOne(ctx, campaign, to, { action, reason, fingerprint: credential.fingerprint });
    if (!moved) continue;
    stopped.push(campaign);
    await ctx.processes.notify(campaign.id, waiting ? 'ended' : input.how === 'pause' ? 'paused' : 'cancelled');
  }
  return { stopped };
}

/** False when it has been stopped or has ended meanwhile. */
async function stopOne(
  ctx: Context,
  campaign: SignedCampaign,
  to: 'voided' | 'paused' | 'cancelled',
  said: { action: string; reason: { code: string; by: string }; fingerprint: string },
): Promise<boolean> {
  try {
    return await mutate(ctx, 'credential:request', async (tx) => {
      if (!(await moveCampaign(tx, campaign.id, to, said.reason, ctx.now()))) throw new Standing();
      return {
        result: true,
        audit: {
          action: said.action,
          objectKind: 'campaign',
          objectId: campaign.id,
          details: { code: said.reason.code, fingerprint: said.fingerprint },
        },
      };
    });
  } catch (error) {
    if (error instanceof Standing) return false;
    throw error;
  }
}

// Rolls back: nothing happened, so nothing is put on record.
class Standing extends Error {}

async function demandKey(ctx: Context, credentialId: string): Promise<CredentialRow> {
  demand(ctx, 'credential:request');
  const credential = await findCredential(ctx.pool, credentialId);
  if (!credential) throw new AppError('missing', 'credential.missing', 'There is no such signing key.');
  if (credential.staffId !== ctx.staff.id) demand(ctx, 'credential:decide');
  return credential;
}
