import { setImmediate } from 'node:timers/promises';
import { batchDigestAt, batchDigests, batchMark, batchMembers, type ListedMember } from '../src/campaign/message.db.ts';
import { signaturesOf, type StoredForm, type StoredSignature } from '../src/form/form.db.ts';
import { findCampaignForm, findLiveCampaign, formOf, type LiveCampaign } from '../src/campaign/live-campaign.db.ts';
import { actsOnRecord } from '../src/house/audit/audit-seal.db.ts';
import { sha256Hex } from '../src/kernel/digest.rule.ts';
import type { Db } from '../src/kernel/sql.db.ts';
import { faultOnRecord, type SealedAct } from '../src/house/audit/on-record.rule.ts';
import type { SendDeps } from './send-span.ts';
import { batchDigest, leafOf, merkleRoot } from '../src/audience/digest.rule.ts';
import { checkForm } from '../src/form/form-check.rule.ts';

export type VerifiedBatch =
  | { holds: true; live: LiveCampaign; members: ReadonlyMap<number, ListedMember>; seen: Seen }
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
  { pool: db, seals }: Deps,
  campaignId: string,
  batch: number,
  trust = createDigestTrust(),
): Promise<VerifiedBatch> {
  const at = performance.now();
  const papers = await readPapers({ pool: db, seals }, campaignId);
  if (!papers) return { holds: false, code: 'form.missing', changed: [] };
  const { live, form, signatures, acts } = papers;
  const verdict = await checkForm(formOf(live, form.format), form, signatures);
  if (!verdict.holds) return verdict;
  const fault = faultOnRecord(
    { subject: { kind: 'campaign', id: campaignId }, digest: form.digest },
    signatures,
    acts,
    seals.key.publicKey,
  );
  if (fault !== null) return { holds: false, code: fault, changed: [] };

  const { id, size, batchSize, saltKey, merkleRoot: signedRoot } = live.audience;
  if (!(await digestsHold(db, id, signedRoot, batch, trust)))
    return { holds: false, code: 'audience.digests-changed', changed: ['audience'] };
  const first = (batch - 1) * batchSize + 1;
  const last = Math.min(batch * batchSize, size);
  // Before the people are read: what is changed between the two is found in one of them.
  const list = await listNow(db, live, batch);
  // To the batch's full width: somebody added behind the last one makes the digest another.
  const members = await batchMembers(db, id, first, batch * batchSize);
  const digest = batchDigest(batch, await leavesOf(saltKey, members));
  if (digest !== trust.digests[batch - 1] || members.length !== last - first + 1)
    return { holds: false, code: 'audience.batch-changed', changed: [`audience.batch.${batch}`] };
  const seen = { papers: markOf(papers), list, at };
  return { holds: true, live, members: new Map(members.map((member) => [member.seq, member])), seen };
}

// A thousand at once hold the loop for 20 ms and more, and every other campaign's calls are so much later.
const leavesAtOnce = 100;
async function leavesOf(saltKey: Buffer, members: readonly ListedMember[]): Promise<Buffer[]> {
  const leaves: Buffer[] = [];
  for (let from = 0; from < members.length; from += leavesAtOnce) {
    if (from > 0) await setImmediate();
    for (const member of members.slice(from, from + leavesAtOnce)) leaves.push(leafOf(saltKey, member));
  }
  return leaves;
}

type Deps = Pick<SendDeps, 'pool' | 'seals'>;
/** All that the verdict on a form rests on. The same papers always get the same verdict. */
type Papers = {
  live: LiveCampaign;
  form: StoredForm;
  signatures: readonly StoredSignature[];
  acts: readonly SealedAct[];
};
/** Marks of the papers and of the batch's rows as they were verified: equal marks, equal verdict. `at`: when, by `performance.now()`. */
export type Seen = { papers: string; list: string; at: number };

async function readPapers({ pool: db, seals }: Deps, campaignId: string): Promise<Papers | null> {
  const live = await findLiveCampaign(db, campaignId);
  const form = await findCampaignForm(db, campaignId);
  if (!live || !form) return null;
  const signatures = await signaturesOf(db, form.id);
  const credentialIds = signatures.map(({ credentialId }) => credentialId);
  const acts = await actsOnRecord(
    db,
    { subject: { kind: 'campaign', id: campaignId }, credentialIds },
    seals.key.publicKey,
  );
  return { live, form, signatures, acts };
}
const markOf = (papers: Papers | null): string => sha256Hex(JSON.stringify(papers));

/** The mark of the papers as they are now: every row is read again, and no signature is verified again. */
export const papersNow = async (deps: Deps, campaignId: string): Promise<string> =>
  markOf(await readPapers(deps, campaignId));

/** The mark of a batch's people and of its digest, as they are now. */
export async function listNow(db: Db, { audience }: LiveCampaign, batch: number): Promise<string> {
  const { id, batchSize } = audience;
  const people = await batchMark(db, id, (batch - 1) * batchSize + 1, batch * batchSize);
  return `${people} ${await batchDigestAt(db, id, batch)}`;
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
