import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../src/kernel/digest.rule.ts';
import { fingerprintOf, signingMessage, type Evidence } from '../../src/house/evidence.rule.ts';
import { formArchiveFile, formArchiveFormat, type FormArchive } from '../../src/form/archive/form-archive.rule.ts';
import { insider, type BrokenCase, type Edit } from './archive-edits.ts';
import { chain } from './archive-chain.ts';
import { liaisonKey, passkey, sealingKey, sealKey } from './archive-keys.ts';
import { archiveParts, ids, leaderEvidence } from './archive.ts';

const nameOf = (file: 'valid' | 'broken'): string =>
  join(import.meta.dirname, '../../docs/vectors', `form-archive-${file}.json`);

/** The passkey's signature in the committed file: ES256 gives another each time. */
export function storedEvidence(): Evidence | null {
  try {
    return (JSON.parse(readFileSync(nameOf('valid'), 'utf8')) as FormArchive).signatures[1]?.evidence ?? null;
  } catch {
    return null;
  }
}

const subject = {
  kind: 'script',
  id: '019a0000-0000-7000-8000-000000000031',
  number: 'SC-2026-0003',
  name: '回访话术',
};
const body = {
  format: 'script/1',
  number: subject.number,
  name: subject.name,
  unit: '客户服务部',
  applicant: { id: ids.applicant, name: '陈申请' },
  lines: ['您好，这里是示例公司。', '请问现在方便接听吗？'],
  signBy: '2026-11-03T01:00:00.000Z',
};
export const bodyDigest = digestOf(body);

type Act = { at: string; actor: string; action: string; details?: Record<string, unknown>; foreign?: boolean };
const made = '2026-11-02T01:10:00.000Z';
const signedAt = { liaison: '2026-11-02T02:00:00.000Z', leader: '2026-11-02T03:00:00.000Z' };

/** What is on record of the form, after whatever else was done in the house. */
function recordOf(digest: string, more: readonly Act[] = []) {
  const signer = (role: 'liaison' | 'leader', name: string, publicKey: Uint8Array): Act => ({
    at: signedAt[role],
    actor: `staff:${ids[role]}`,
    action: 'script.sign',
    details: {
      digest,
      role,
      credentialId: ids[`${role}Credential`],
      fingerprint: fingerprintOf(publicKey),
      name,
      unit: '客户服务部',
    },
  });
  const acts: Act[] = [
    { at: made, actor: `staff:${ids.applicant}`, action: 'script.form', details: { digest, number: subject.number } },
    { at: '2026-11-02T01:30:00.000Z', actor: `staff:${ids.administrator}`, action: 'customer.change', foreign: true },
    {
      at: '2026-11-02T01:40:00.000Z',
      actor: 'system',
      action: 'script.process-restart',
      details: { lost: 'terminated', state: 'awaiting-liaison' },
    },
    signer('liaison', '林联络', liaisonKey.publicKey),
    signer('leader', '何负责', passkey.publicKey),
    ...more,
  ];
  return chain(
    71,
    'cd'.repeat(32),
    acts.map(({ details = {}, ...rest }) =>
      Object.assign(rest, { details, objectKind: subject.kind, objectId: subject.id }),
    ),
  );
}

/** A call script that both have signed. Everything is the same every time but the passkey's signature. */
export function buildFormArchive(evidence: Evidence = leaderEvidence(bodyDigest)): Buffer {
  const { people, credentials } = archiveParts(evidence);
  const signature = (role: 'liaison' | 'leader', given: Evidence) => ({
    role,
    staffId: ids[role],
    credentialId: ids[`${role}Credential`],
    digest: bodyDigest,
    evidence: given,
    signedAt: signedAt[role],
  });
  const ed25519 = { kind: 'ed25519' as const, signature: liaisonKey.sign(signingMessage('liaison', bodyDigest)) };
  const content: Omit<FormArchive, 'digest' | 'seal'> = {
    format: formArchiveFormat,
    madeAt: '2026-11-02T03:00:01.000Z',
    subject,
    form: { digest: bodyDigest, body },
    people: [...people],
    credentials: credentials.map(({ publicKey, ...key }) =>
      Object.assign(key, { publicKey: Buffer.from(publicKey).toString('base64url') }),
    ),
    signatures: [signature('liaison', ed25519), signature('leader', evidence)],
    audit: { rows: recordOf(bodyDigest) },
  };
  return formArchiveFile(content, (sealed) => sealKey.seal(sealed));
}

/** Another text, and everything that names its digest but the signatures themselves, which only the signers can make. */
function changedText(): Edit[] {
  const changed = { ...body, lines: ['请立即还款。'] };
  const digest = digestOf(changed);
  return [
    { path: ['form'], value: { digest, body: changed } },
    { path: ['signatures', 0, 'digest'], value: digest },
    { path: ['signatures', 1, 'digest'], value: digest },
    { path: ['audit', 'rows'], value: recordOf(digest) },
  ];
}

const act = (action: string): Act => ({ at: signedAt.leader, actor: `staff:${ids.applicant}`, action });

/** Every fault of meaning with the checks that find it. */
export function brokenFormCases(): BrokenCase[] {
  const lines: Edit = { path: ['form', 'body', 'lines', 0], value: '喂？' };
  const elsewhere = recordOf(bodyDigest).map((row) => Object.assign(row, { objectId: ids.campaign }));
  return [
    {
      name: 'a text changed by somebody without the sealing key',
      reseal: false,
      edits: [lines],
      codes: ['archive.digest', 'form.digest'],
    },
    insider('another format', [{ path: ['format'], value: 'waihu.form-archive/2' }], 'archive.format'),
    insider('an unknown member', [{ path: ['note'], value: '' }], 'archive.shape'),
    insider('no date to sign by', [{ path: ['form', 'body', 'signBy'] }], 'archive.shape'),
    insider('a kind that is no word', [{ path: ['subject', 'kind'], value: 'Script' }], 'archive.shape'),
    insider('a changed text', [lines], 'form.digest'),
    insider('a changed text with its digests and its record', changedText(), 'signature.evidence'),
    insider('another number', [{ path: ['subject', 'number'], value: 'SC-2026-0004' }], 'form.matches'),
    insider('another name', [{ path: ['subject', 'name'], value: '催收话术' }], 'form.matches'),
    insider('a record of something else', [{ path: ['subject', 'kind'], value: 'survey' }], 'audit.events'),
    insider('rows about another one', [{ path: ['audit', 'rows'], value: elsewhere }], 'audit.chain', 'audit.events'),
    insider('no leader', [{ path: ['signatures', 1] }], 'signature.roles', 'signature.people'),
    insider(
      'the same person twice',
      [{ path: ['signatures', 1, 'staffId'], value: ids.liaison }],
      'signature.people',
      'signature.credential',
      'audit.events',
    ),
    insider(
      'signed too late',
      [
        { path: ['signatures', 1, 'signedAt'], value: '2026-11-03T02:00:00.000Z' },
        { path: ['madeAt'], value: '2026-11-04T01:00:00.000Z' },
      ],
      'signature.expired',
      'audit.events',
    ),
    insider(
      'a key that its owner approved',
      [{ path: ['credentials', 1, 'decidedBy'], value: ids.leader }],
      'credential.active',
    ),
    insider('another name of the applicant', [{ path: ['people', 0, 'name'], value: '陈某' }], 'signature.people'),
    insider('another name of a signer', [{ path: ['people', 2, 'name'], value: '何某' }], 'audit.events'),
    insider('a row left out', [{ path: ['audit', 'rows', 1] }], 'audit.chain'),
    insider('no record', [{ path: ['audit', 'rows'], value: [] }], 'audit.events'),
    insider('made before it was signed', [{ path: ['madeAt'], value: '2026-11-02T02:30:00.000Z' }], 'audit.times'),
    ...['reject', 'withdraw', 'expire', 'void'].map((verb) =>
      insider(
        `undone: ${verb}`,
        [{ path: ['audit', 'rows'], value: recordOf(bodyDigest, [act(`script.${verb}`)]) }],
        'audit.events',
      ),
    ),
  ];
}

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

export const formVectorFiles = (evidence: Evidence): Record<'valid' | 'broken', string> => ({
  valid: buildFormArchive(evidence).toString('utf8'),
  broken: pretty({ sealingKeySeed: sealingKey.seed.toString('hex'), cases: brokenFormCases() }),
});

if (import.meta.main) {
  const files = formVectorFiles(storedEvidence() ?? leaderEvidence(bodyDigest));
  writeFileSync(nameOf('valid'), files.valid);
  writeFileSync(nameOf('broken'), files.broken);
}
