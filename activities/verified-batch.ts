import { batchDigestAt, batchDigests, batchMembers, type ListedMember } from '../src/campaign/message.db.ts';
import { findForm, findLiveCampaign, formOf, signaturesOf, type LiveCampaign } from '../src/form/form.db.ts';
import { actsOnRecord } from '../src/house/audit/audit-seal.db.ts';
import type { Db } from '../src/kernel/sql.db.ts';
import { faultOnRecord } from '../src/house/audit/on-record.rule.ts';
import type { SendDeps } from './send-span.ts';
import { batchDigest, leafOf, merkleRoot } from '../src/audience/digest.rule.ts';
import { checkForm } from '../src/form/form-check.rule.ts';

export type VerifiedBatch =
  | { holds: true; live: LiveCampaign; members: ReadonlyMap<number, ListedMember> }
  | { holds: false; code: string; changed: string[] };

/** The digests of all batches, once they were proven by the root that was signed. They cannot change without it. */
export type DigestTrust = { root: string; digests: readonly string[] };
export const createDigestTrust = (): DigestTrust => ({ root: '', digests: [] });

/**
 * Invariant 1, for every batch: form rebuilt from the live rows, digest recomputed, both signatures verified over it, and the
 * members' digest recomputed up to the Merkle root that was signed. Form, signatures and keys must also be those on record, in
 * rows that the installation's key has sealed. What is sent afterwards is this copy in memory.
 */
export async function verifyBatch(
  { pool: db, seals }: Pick<SendDeps, 'pool' | 'seals'>,
  campaignId: string,
  batch: number,
  trust = createDigestTrust(),
): Promise<VerifiedBatch> {
  const live = await findLiveCampaign(db, campaignId);
  const form = await findForm(db, campaignId);
  if (!live || !form) return { holds: false, code: 'form.missing', changed: [] };
  const signatures = await signaturesOf(db, form.id);
  const verdict = await checkForm(formOf(live, form.format), form, signatures);
  if (!verdict.holds) return verdict;
  const credentialIds = signatures.map(({ credentialId }) => credentialId);
  const acts = await actsOnRecord(db, { campaignId, credentialIds }, seals.key.publicKey);
  const fault = faultOnRecord({ campaignId, digest: form.digest }, signatures, acts, seals.key.publicKey);
  if (fault !== null) return { holds: false, code: fault, changed: [] };

  const { id, size, batchSize, saltKey, merkleRoot: signedRoot } = live.audience;
  if (!(await digestsHold(db, id, signedRoot, batch, trust)))
    return { holds: false, code: 'audience.digests-changed', changed: ['audience'] };
  const first = (batch - 1) * batchSize + 1;
  const last = Math.min(batch * batchSize, size);
  // To the batch's full width: somebody added behind the last one makes the digest another.
  const members = await batchMembers(db, id, first, batch * batchSize);
  const digest = batchDigest(
    batch,
    members.map((member) => leafOf(saltKey, member)),
  );
  if (digest !== trust.digests[batch - 1] || members.length !== last - first + 1)
    return { holds: false, code: 'audience.batch-changed', changed: [`audience.batch.${batch}`] };
  return { holds: true, live, members: new Map(members.map((member) => [member.seq, member])) };
}

// All of them once, then only the batch's own: a thousand digests for each of a thousand batches would cost more than the people.
async function digestsHold(
  db: Db,
  audienceId: string,
  signedRoot: string,
  batch: number,
  trust: DigestTrust,
): Promise<boolean> {
  if (trust.root === signedRoot) return (await batchDigestAt(db, audienceId, batch)) === trust.digests[batch - 1];
  const digests = await batchDigests(db, audienceId);
  if (merkleRoot(digests) !== signedRoot) return false;
  trust.root = signedRoot;
  trust.digests = digests;
  return true;
}
