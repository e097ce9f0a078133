import { batchDigests, batchMembers } from '../src/db/message.ts';
import { findForm, findLiveCampaign, formOf, signaturesOf, type LiveCampaign } from '../src/db/form.ts';
import type { Db } from '../src/db/sql.ts';
import { batchDigest, leafOf, merkleRoot, type Member } from '../src/signing/audience-digest.ts';
import { checkForm } from '../src/signing/form-check.ts';

export type VerifiedBatch = { holds: true; live: LiveCampaign; members: ReadonlyMap<number, Member> } | { holds: false; code: string; changed: string[] };

/**
 * Invariant 1, for every batch: form rebuilt from the live rows, digest recomputed, both signatures verified over it, and the
 * members' digest recomputed up to the Merkle root that was signed. What is sent afterwards is this copy in memory.
 */
export async function verifyBatch(db: Db, campaignId: string, batch: number): Promise<VerifiedBatch> {
  const live = await findLiveCampaign(db, campaignId);
  const form = await findForm(db, campaignId);
  if (!live || !form) return { holds: false, code: 'form.missing', changed: [] };
  const verdict = await checkForm(formOf(live), form, await signaturesOf(db, form.id));
  if (!verdict.holds) return verdict;

  const { id, size, batchSize, saltKey, merkleRoot: signedRoot } = live.audience;
  const digests = await batchDigests(db, id);
  if (merkleRoot(digests) !== signedRoot) return { holds: false, code: 'audience.digests-changed', changed: ['audience'] };
  const first = (batch - 1) * batchSize + 1;
  const last = Math.min(batch * batchSize, size);
  // To the batch's full width: somebody added behind the last one makes the digest another.
  const members = await batchMembers(db, id, first, batch * batchSize);
  const digest = batchDigest(batch, members.map((member) => leafOf(saltKey, member)));
  if (digest !== digests[batch - 1] || members.length !== last - first + 1) return { holds: false, code: 'audience.batch-changed', changed: [`audience.batch.${batch}`] };
  return { holds: true, live, members: new Map(members.map((member) => [member.seq, member])) };
}
