import { canonicalJson, digestOf } from '../../kernel/digest.rule.ts';
import { evidenceHolds, fingerprintOf } from '../../house/evidence.rule.ts';
import type { ArchiveCredential, ArchiveSignature } from './format.rule.ts';
import type { ArchiveReport } from './report.rule.ts';
import type { SignedText } from '../form.rule.ts';
import type { ReadArchive } from './schema.rule.ts';
import { readBase64url } from '../../kernel/canonical-file.rule.ts';

const roles = ['liaison', 'leader'] as const;

/** The form, and whether what stands beside it in the archive is what it names. */
export function checkForm(archive: ReadArchive, report: ArchiveReport): void {
  report.made('form.digest', 'form.matches', 'calendar.version');
  const { digest, body } = archive.form;
  if (digestOf(body) !== digest) report.fault('form.digest', 'form.digest');
  const same = (at: string, left: unknown, right: unknown): void => {
    if (canonicalJson(left) !== canonicalJson(right)) report.fault('form.matches', at);
  };
  const { templateId, templateName, templateVersion, source, variables, signName, gatewayTemplateCode } = body.text;
  same('campaign.number', archive.campaign.number, body.number);
  same('campaign.name', archive.campaign.name, body.name);
  same('template', archive.template, {
    id: templateId,
    name: templateName,
    version: templateVersion,
    kind: body.kind,
    source,
    variables,
    signName,
    gatewayTemplateCode,
  });
  for (const field of ['id', 'size', 'batchSize', 'merkleRoot'] as const) {
    same(`audience.${field}`, archive.audience[field], body.audience[field]);
  }
  if (archive.calendar.version !== body.calendarVersion) report.fault('calendar.version', 'calendar.version');
  if (digestOf(archive.calendar) !== body.calendarDigest) report.fault('calendar.version', 'calendar');
}

/** What two people signed, and what shows that they did. */
export type Signed = Pick<ReadArchive, 'people' | 'credentials' | 'signatures'> & {
  form: { digest: string; body: Pick<SignedText, 'applicant' | 'signBy'> };
};

/** Two signatures by two other people than the applicant, each with an approved key, over this form, in order, in time. */
export async function checkSignatures(archive: Signed, report: ArchiveReport): Promise<void> {
  report.made('signature.digest', 'signature.roles', 'signature.people', 'signature.credential', 'signature.evidence');
  report.made('signature.expired', 'credential.fingerprint', 'credential.active');
  const { signatures, form } = archive;
  const [liaison, leader] = signatures;
  const roleFault = roles.findIndex((role, index) => signatures[index]?.role !== role);
  if (roleFault >= 0) report.fault('signature.roles', `signatures[${roleFault}]`);
  else if (signatures.length > roles.length) report.fault('signature.roles', `signatures[${roles.length}]`);
  else if (liaison && leader && !(Date.parse(liaison.signedAt) < Date.parse(leader.signedAt))) {
    report.fault('signature.roles', 'signatures[1].signedAt');
  }
  checkPeople(archive, report);
  checkFingerprints(archive, report);
  for (const [index, signature] of signatures.entries()) {
    const at = `signatures[${index}]`;
    if (signature.digest !== form.digest) report.fault('signature.digest', `${at}.digest`);
    if (Date.parse(signature.signedAt) > Date.parse(form.body.signBy))
      report.fault('signature.expired', `${at}.signedAt`);
    const credentials = archive.credentials.filter(({ id }) => id === signature.credentialId);
    const [credential] = credentials;
    if (!credential || credentials.length > 1 || credential.staffId !== signature.staffId) {
      report.fault('signature.credential', `${at}.credentialId`);
    }
    if (credential && !activeAt(credential, signature)) report.fault('credential.active', at);
    if (!credential || !(await holds(credential, signature, form.digest)))
      report.fault('signature.evidence', `${at}.evidence`);
  }
}

function checkPeople({ people, form, signatures, credentials }: Signed, report: ArchiveReport): void {
  const known = new Set(people.map(({ id }) => id));
  if (known.size < people.length) report.fault('signature.people', 'people');
  const three = [form.body.applicant.id, ...signatures.map(({ staffId }) => staffId)];
  if (new Set(three).size !== 3) report.fault('signature.people', 'signatures');
  const { applicant } = form.body;
  if (people.some(({ id, name }) => id === applicant.id && name !== applicant.name))
    report.fault('signature.people', 'people');
  for (const id of [...three, ...credentials.map(({ decidedBy }) => decidedBy)]) {
    if (!known.has(id)) report.fault('signature.people', 'people');
  }
}

function checkFingerprints({ credentials }: Signed, report: ArchiveReport): void {
  const seen = new Set<string>();
  for (const [index, { publicKey, fingerprint }] of credentials.entries()) {
    if (fingerprintOf(bytesOf(publicKey)) !== fingerprint || seen.has(fingerprint)) {
      report.fault('credential.fingerprint', `credentials[${index}].fingerprint`);
    }
    seen.add(fingerprint);
  }
}

function activeAt(credential: ArchiveCredential, { signedAt }: ArchiveSignature): boolean {
  const { staffId, state, requestedAt, decidedAt, decidedBy, revokedAt } = credential;
  if (decidedBy === staffId || decidedAt < requestedAt || decidedAt > signedAt) return false;
  return state === 'active' ? revokedAt === null : revokedAt !== null && revokedAt > signedAt;
}

async function holds(credential: ArchiveCredential, signature: ArchiveSignature, digest: string): Promise<boolean> {
  const verifying = { kind: credential.kind, publicKey: bytesOf(credential.publicKey), webauthn: credential.webauthn };
  return evidenceHolds(verifying, signature.role, digest, signature.evidence);
}

const bytesOf = (text: string): Buffer => readBase64url(text) ?? Buffer.alloc(0);
