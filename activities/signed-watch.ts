import { voidCampaign } from './halt.ts';
import type { SendDeps } from './send-span.ts';
import { textStands } from './text-watch.ts';
import { listNow, papersNow, verifyBatch, type DigestTrust, type Seen } from './verified-batch.ts';
import type { LiveCampaign } from '../src/campaign/live-campaign.db.ts';
import type { SmsGateway } from '../src/sms/gateway.ts';

/** A slow batch takes minutes: what was verified at its start is looked at again, or a change in its middle would go unseen. */
const papersForMs = 1_000;
/** What leaves is the verified copy, whatever becomes of the list meanwhile; a change to it voids the campaign a little later. */
const listForMs = 10_000;

/** The next look begins so long before the last one is too old, beside the calls: each second's calls would wait for theirs. */
const aheadMs = 500;

type Verified = {
  campaignId: string;
  batch: number;
  trust: DigestTrust;
  live: LiveCampaign;
  gateway: SmsGateway;
  seen: Seen;
};

/**
 * Asked before each claim and each call: false, and the campaign void, when the batch holds no more. Papers and people are compared with
 * what was verified; only where they differ are the signatures verified anew.
 */
export function createSignedWatch(deps: SendDeps, verified: Verified): () => Promise<boolean> {
  const { campaignId, batch, trust, live, gateway } = verified;
  let { seen } = verified;
  let listDueAt = seen.at + listForMs;
  let dueAt = seen.at + papersForMs;

  const stands = async (began: number): Promise<boolean> => {
    if ((await papersNow(deps, campaignId)) !== seen.papers) return false;
    if (began < listDueAt) return true;
    if ((await listNow(deps.pool, live, batch)) !== seen.list) return false;
    listDueAt = began + listForMs;
    return true;
  };
  const look = async (began: number): Promise<boolean> => {
    if (!(await stands(began))) {
      const again = await verifyBatch(deps, campaignId, batch, trust);
      if (!again.holds) {
        await voidCampaign(deps.pool, campaignId, { code: again.code, changed: again.changed });
        return false;
      }
      seen = again.seen;
      listDueAt = began + listForMs;
    }
    const holds = await textStands(deps, live, gateway);
    // On a busy machine a look may take longer than it is trusted for: then as much time is left for sending.
    const now = performance.now();
    dueAt = now + Math.max(papersForMs, now - began);
    return holds;
  };
  let looking: Promise<boolean> | null = null;
  let fell = false;
  const begin = (now: number): Promise<boolean> =>
    (looking ??= look(now)
      .then((holds) => {
        fell ||= !holds;
        return holds;
      })
      .finally(() => {
        looking = null;
      }));
  return async () => {
    if (fell) return false;
    const now = performance.now();
    if (now >= dueAt) return begin(now);
    // A look that failed is made again by whoever finds the last one too old.
    if (now >= dueAt - aheadMs) begin(now).catch(() => undefined);
    return true;
  };
}
