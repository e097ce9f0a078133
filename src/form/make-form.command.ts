import { randomUUIDv7 } from 'node:crypto';
import { record } from '../house/audit/audit.db.ts';
import type { AuditSeals } from '../house/audit/seals.ts';
import { canonicalJson, sha256Hex } from '../kernel/digest.rule.ts';
import type { Tx } from '../kernel/sql.db.ts';
import { askSigners } from './ask-signers.db.ts';
import { insertForm } from './form.db.ts';
import type { SignedText } from './form.rule.ts';
import type { SubjectRef } from './subject.ts';

/**
 * Makes the form of a subject in the transaction that hands it in, puts it on record under the installation's seal and asks for the first
 * signature; whoever calls starts the process of its sign-off after the commit. `unit`: as it is called now. Gives the digest.
 */
export async function makeForm(
  tx: Tx,
  seals: AuditSeals,
  made: { about: SubjectRef; text: SignedText; unit: string; by: string },
  now: Date,
): Promise<string> {
  const { about, text, unit, by } = made;
  const canonical = canonicalJson(text);
  const digest = sha256Hex(canonical);
  const form = { id: randomUUIDv7(), subjectKind: about.kind, subjectId: about.id, unit };
  const signed = { applicantId: text.applicant.id, canonical, digest, expiresAt: new Date(text.signBy) };
  await insertForm(tx, { ...form, ...signed }, now);
  await record(
    tx,
    {
      actor: `staff:${by}`,
      action: `${about.kind}.form`,
      objectKind: about.kind,
      objectId: about.id,
      details: { digest, number: text.number },
    },
    now,
    seals.key,
  );
  await askSigners(tx, about, now);
  return digest;
}
