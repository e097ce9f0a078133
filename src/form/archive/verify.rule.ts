import { constants } from 'node:buffer';
import type { z } from 'zod';
import type { LedgerCounts } from '../../contact/message-state.rule.ts';
import { checkAudit } from './audit.rule.ts';
import type { ArchiveCampaign } from './format.rule.ts';
import { sealMessage } from '../../house/audit/seal-key.rule.ts';
import { checkFormArchive, formArchiveFormat, FormArchiveShape, type FormArchive } from './form-archive.rule.ts';
import { checkLedger } from './ledger.rule.ts';
import { createReport, type ArchiveCheck, type ArchiveReport } from './report.rule.ts';
import { ArchiveShape, type ReadArchive } from './schema.rule.ts';
import { checkForm, checkSignatures } from './signatures.rule.ts';
import { bufferOf, bytesOf, findList, ListInFile, type ByteSource } from './source.rule.ts';
import { readBase64url, writeCanonical } from '../../kernel/canonical-file.rule.ts';
import { fingerprintOf, verifyEd25519 } from '../../house/evidence.rule.ts';
import type { SigningRole } from '../../house/signing-role.rule.ts';

/** What a person wants to read beside the verdict. Taken from the file as it stands: worth as much as the checks that hold. */
export type ArchiveFacts = {
  number: string;
  name: string;
  /** Of a form that is complete once it is signed: `signed`; it has no people and no ledger. */
  outcome: ArchiveCampaign['outcome'] | 'signed';
  size: number | null;
  counts: LedgerCounts | null;
  formDigest: string;
  signedBy: {
    role: SigningRole;
    name: string;
    unit: string;
    at: string;
    kind: 'ed25519' | 'passkey';
    fingerprint: string;
  }[];
  sealFingerprint: string;
  madeAt: string;
};

/**
 * `facts` is null when the file cannot be read as an archive. `ok`: no check failed. `anchored`: the sealing key was compared
 * with one that was given; without that a file that holds may have been made by anybody, with keys of their own.
 */
export type ArchiveVerdict = { ok: boolean; anchored: boolean; checks: ArchiveCheck[]; facts: ArchiveFacts | null };

/** Fingerprints (64 hex digits), one of which the sealing key must have; without them the report says that nothing was compared. */
export type VerifyOptions = { sealFingerprints?: readonly string[] };

/** Judges an archive file by its bytes alone: no database, no network. Never throws; whatever it cannot read is a fault. */
export const verifyArchive = (bytes: Uint8Array, options: VerifyOptions = {}): Promise<ArchiveVerdict> =>
  verifyArchiveIn(bytesOf(bytes), options);

/**
 * The same of a file of any length: the ledger's rows are read from it one by one, three times over. Some thirty bytes a row are
 * kept, for the known cost at each call. A file that is not laid out as Waihu writes it is read whole, if that can be.
 */
export async function verifyArchiveIn(source: ByteSource, options: VerifyOptions = {}): Promise<ArchiveVerdict> {
  const report = createReport();
  let facts: ArchiveFacts | null = null;
  try {
    const object = readObject(source, report);
    if (object && checkBytes(source, object, report)) {
      checkSeal(object, options, report);
      facts = await judge(object, report);
    }
  } catch {
    // Only input beyond all bounds comes here (nesting that exhausts the stack); it has no place in an archive.
    report.fault('archive.shape', '$');
  }
  const checks = report.checks();
  const ok = checks.every((check) => check.ok);
  return { ok, anchored: ok && options.sealFingerprints !== undefined, checks, facts };
}

/** By the format that the file names; what cannot be read as such has no facts. */
async function judge(object: Record<string, unknown>, report: ArchiveReport): Promise<ArchiveFacts | null> {
  if (object['format'] === formArchiveFormat) {
    if (!hasShape(FormArchiveShape, object, report)) return null;
    const form = object as unknown as FormArchive;
    await checkFormArchive(form, report);
    const { number, name } = form.subject;
    return {
      number,
      name,
      outcome: 'signed',
      size: null,
      counts: null,
      ...signingFacts(form, `${form.subject.kind}.sign`),
    };
  }
  const archive = readShape(object, report);
  if (!archive) return null;
  await checkContent(archive, report);
  return factsOf(archive);
}

async function checkContent(archive: ReadArchive, report: ArchiveReport): Promise<void> {
  checkForm(archive, report);
  await checkSignatures(archive, report);
  const sent = checkLedger(archive, report);
  checkAudit(archive, sent, report);
}

function readObject(source: ByteSource, report: ArchiveReport): Record<string, unknown> | null {
  report.made('archive.json');
  try {
    const value = parse(source);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Not JSON: said below. The parser's message would quote the content.
  }
  report.fault('archive.json', '$');
  return null;
}

/** The file's JSON; the ledger's rows stay in the file, once each of them is known to be JSON. */
function parse(source: ByteSource): unknown {
  const span = findList(source, 'ledger', 'rows');
  if (!span) return JSON.parse(textOf(source, 0, source.length));
  const value = JSON.parse(textOf(source, 0, span.from) + textOf(source, span.to, source.length)) as {
    ledger?: { rows?: unknown };
  };
  const rows = new ListInFile(source, span);
  for (const row of rows) void row;
  // Not where another member of that name came later: the last one counts.
  if (Array.isArray(value.ledger?.rows)) value.ledger.rows = rows;
  return value;
}

function textOf(source: ByteSource, from: number, to: number): string {
  if (to - from > constants.MAX_STRING_LENGTH) throw new RangeError('longer than a string may be');
  return bufferOf(source, from, to).toString('utf8');
}

/** Writes the canonical file again and compares as it goes; bytes that are not UTF-8 come out different too. */
function checkBytes(source: ByteSource, object: Record<string, unknown>, report: ArchiveReport): boolean {
  report.made('archive.canonical', 'archive.digest');
  let offset = 0;
  let firstFault = -1;
  let digest: string;
  try {
    digest = writeCanonical(object, (chunk) => {
      if (firstFault < 0 && !chunk.equals(bufferOf(source, offset, offset + chunk.length))) firstFault = offset;
      offset += chunk.length;
    });
  } catch {
    // No canonical form: a lone surrogate, a number beyond double precision, nesting without end.
    report.fault('archive.canonical', '$');
    return false;
  }
  if (firstFault < 0 && offset !== source.length) firstFault = offset;
  if (firstFault >= 0) report.fault('archive.canonical', `byte ${firstDifference(firstFault, object, source)}`);
  if (object['digest'] !== digest) report.fault('archive.digest', 'digest');
  return true;
}

/** Chunks are long: writes once more to name the byte itself. */
function firstDifference(from: number, object: Record<string, unknown>, source: ByteSource): number {
  let offset = 0;
  let found = -1;
  writeCanonical(object, (chunk) => {
    if (found < 0 && offset + chunk.length > from) {
      const there = bufferOf(source, offset, offset + chunk.length);
      const index = chunk.findIndex((byte, place) => byte !== there[place]);
      if (index >= 0) found = offset + index;
    }
    offset += chunk.length;
  });
  return found < 0 ? offset : found;
}

function checkSeal(object: Record<string, unknown>, options: VerifyOptions, report: ArchiveReport): void {
  report.made('archive.seal', 'archive.seal-key');
  const { digest, seal } = object;
  const { algorithm, publicKey, signature } = (seal ?? {}) as Record<string, unknown>;
  const key = typeof publicKey === 'string' ? readBase64url(publicKey) : null;
  const signed = typeof signature === 'string' ? readBase64url(signature) : null;
  const readable = algorithm === 'ed25519' && typeof digest === 'string' && key && signed;
  if (!readable || !verifyEd25519(key, sealMessage(digest), signed)) report.fault('archive.seal', 'seal');
  const fingerprint = key ? fingerprintOf(key) : null;
  if (options.sealFingerprints === undefined) {
    report.leave(
      'archive.seal-key',
      `The sealing key was not compared: compare its fingerprint ${fingerprint ?? '(none)'} with the one that the installation publishes.`,
      `封签密钥未作比对：请将指纹 ${fingerprint ?? '（无）'} 与系统公布的指纹核对。`,
    );
  } else if (!options.sealFingerprints.some((given) => given.toLowerCase() === fingerprint))
    report.fault('archive.seal-key', 'seal.publicKey');
}

function readShape(object: Record<string, unknown>, report: ArchiveReport): ReadArchive | null {
  if (object['format'] === 'waihu.archive/3')
    return hasShape(ArchiveShape, object, report) ? (object as unknown as ReadArchive) : null;
  report.made('archive.format');
  report.fault('archive.format', 'format');
  return null;
}

/** The value itself is used on, not zod's copy: digests must be taken over what the file says. */
function hasShape(shape: z.ZodType, object: Record<string, unknown>, report: ArchiveReport): boolean {
  report.made('archive.format', 'archive.shape');
  const { success, error } = shape.safeParse(object);
  if (success) return true;
  for (const { path } of error.issues) report.fault('archive.shape', path.join('.') || '$');
  return false;
}

const factsOf = (archive: ReadArchive): ArchiveFacts => ({
  number: archive.campaign.number,
  name: archive.campaign.name,
  outcome: archive.campaign.outcome,
  size: archive.audience.size,
  counts: archive.ledger.counts,
  ...signingFacts(archive, 'campaign.sign'),
});

type Proof = Pick<ReadArchive, 'credentials' | 'signatures' | 'audit' | 'seal' | 'madeAt'> & {
  form: { digest: string };
};

/** Names and units of signers come from the record of their signing, which the checks compare with all the rest. */
function signingFacts(
  archive: Proof,
  signAction: string,
): Pick<ArchiveFacts, 'formDigest' | 'signedBy' | 'sealFingerprint' | 'madeAt'> {
  const fingerprints = new Map(archive.credentials.map(({ id, fingerprint }) => [id, fingerprint]));
  const recorded = (credentialId: string, field: 'name' | 'unit'): string => {
    const row = archive.audit.rows.find(
      (each) => each.action === signAction && each.details['credentialId'] === credentialId,
    );
    const value = row?.details[field];
    return typeof value === 'string' ? value : '?';
  };
  return {
    formDigest: archive.form.digest,
    signedBy: archive.signatures.map(({ role, signedAt, evidence, credentialId }) => ({
      role,
      name: recorded(credentialId, 'name'),
      unit: recorded(credentialId, 'unit'),
      at: signedAt,
      kind: evidence.kind,
      fingerprint: fingerprints.get(credentialId) ?? '?',
    })),
    sealFingerprint: fingerprintOf(readBase64url(archive.seal.publicKey) ?? Buffer.alloc(0)),
    madeAt: archive.madeAt,
  };
}
