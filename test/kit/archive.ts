import { messageStates, type MessageState } from '../../src/contact/message-state.rule.ts';
import type { Form } from '../../src/form/form.rule.ts';
import type { Calendar } from '../../src/kernel/working-day.rule.ts';
import { archiveWriter, type ArchiveMessage, type ArchiveParts } from '../../src/form/archive/archive.ts';
import type { Archive, ArchiveAuditRow, ArchiveCredential, LedgerRow } from '../../src/form/archive/format.rule.ts';
import { batchDigest, leafOf, merkleRoot, type Member } from '../../src/audience/digest.rule.ts';
import { writeCanonical } from '../../src/kernel/canonical-file.rule.ts';
import { canonicalJson, digestOf } from '../../src/kernel/digest.rule.ts';
import { fingerprintOf, signingMessage, type Evidence } from '../../src/house/evidence.rule.ts';
import { maskPhone } from '../../src/kernel/phone-mask.rule.ts';
import { chain } from './archive-chain.ts';
import { liaisonKey, passkey, saltKey, sealKey } from './archive-keys.ts';

const uuid = (n: number): string => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
export const ids = {
  campaign: uuid(1),
  template: uuid(2),
  audience: uuid(3),
  applicant: uuid(11),
  liaison: uuid(12),
  leader: uuid(13),
  administrator: uuid(14),
  liaisonCredential: uuid(21),
  leaderCredential: uuid(22),
};

export const members: readonly Member[] = ['赵一', '钱二', '孙三', '李四', '周五'].map((name, index) => ({
  seq: index + 1,
  phone: `+86138000000${index + 10}`,
  variables: { name },
}));

export const leaves = members.map((member) => leafOf(saltKey, member));
export const batches = [leaves.slice(0, 2), leaves.slice(2, 4), leaves.slice(4)].map((group, index) =>
  batchDigest(index + 1, group),
);

const calendar: Calendar = {
  version: 'cn-2026.1',
  coveredFrom: '2026-01-01',
  coveredUntil: '2026-12-31',
  days: { '2026-10-01': 'holiday', '2026-10-10': 'workday' },
};

export const form: Form = {
  format: 'waihu.form/2',
  number: 'QS-2026-0007',
  name: '十一月服务提醒',
  unit: '客户服务部',
  purpose: '提醒客户办理服务',
  applicant: { id: ids.applicant, name: '陈申请' },
  kind: 'notice',
  channel: 'sms',
  topic: null,
  text: {
    templateId: ids.template,
    templateName: '服务提醒',
    templateVersion: 3,
    source: '{{name}}您好，您预约的服务将于明日办理。',
    variables: [{ name: 'name', type: 'name', maxLength: 10, label: '姓名' }],
    signName: '外呼示例',
    gatewayTemplateCode: 'SMS_000000001',
  },
  gateway: {
    account: 'main',
    accountId: uuid(5),
    provider: 'aliyun',
    endpoint: 'dysmsapi.aliyuncs.com',
    protocol: 'https',
    credentials: 'default-chain',
    requests: 'single',
  },
  audience: { id: ids.audience, name: '十一月名单', size: 5, batchSize: 2, merkleRoot: merkleRoot(batches) },
  window: {
    startsAt: '2026-11-03T01:00:00.000Z',
    endsAt: '2026-11-05T10:00:00.000Z',
    dailyFrom: '09:00',
    dailyTo: '18:00',
    days: 'working-days',
    timeZone: 'Asia/Shanghai',
  },
  ratePerSecond: 50,
  cost: { pricePerSegmentMilliYuan: 45, segments: 5, estimateFen: 23, ceilingFen: 30 },
  checks: [{ code: 'text.length', passed: true, detail: { longest: 31 } }],
  calendarVersion: calendar.version,
  calendarDigest: digestOf(calendar),
  signBy: '2026-11-03T01:00:00.000Z',
};
export const formDigest = digestOf(form);

/** Ledger rows of the five: delivered, delivered in two segments, failed, suppressed, unknown. */
const message = (seq: number, change: Partial<ArchiveMessage>): ArchiveMessage => ({
  seq,
  leaf: leaves[seq - 1] as Buffer,
  phone: maskPhone((members[seq - 1] as Member).phone),
  state: 'delivered',
  reason: null,
  attempt: 1,
  requestSeq: seq,
  code: 'DELIVERED',
  bizId: `90000000000000000${seq}`,
  claimedAt: new Date(`2026-11-03T01:00:0${seq}.000Z`),
  changedAt: new Date(`2026-11-03T01:00:2${seq}.250Z`),
  segments: 1,
  ...change,
});
const untouched = { attempt: 0, requestSeq: null, code: null, bizId: null, claimedAt: null, segments: null } as const;

const person = (id: string, name: string) => ({ id, name, unit: '客户服务部' });
const keyOf = (publicKey: Uint8Array) => ({ publicKey, fingerprint: fingerprintOf(publicKey) });

function credentials(): (Omit<ArchiveCredential, 'publicKey'> & { publicKey: Uint8Array })[] {
  const approval = {
    state: 'active' as const,
    requestedAt: '2026-10-10T02:00:00.000Z',
    decidedAt: '2026-10-11T02:00:00.000Z',
    decidedBy: ids.administrator,
    revokedAt: null,
  };
  return [
    {
      id: ids.liaisonCredential,
      staffId: ids.liaison,
      kind: 'ed25519',
      label: '命令行密钥',
      webauthn: null,
      ...keyOf(liaisonKey.publicKey),
      ...approval,
    },
    {
      id: ids.leaderCredential,
      staffId: ids.leader,
      kind: 'passkey',
      label: '安全密钥',
      webauthn: passkey.webauthn,
      ...keyOf(passkey.publicKey),
      ...approval,
    },
  ];
}

const counts = {
  ...Object.fromEntries(messageStates.map((state) => [state, 0])),
  delivered: 2,
  failed: 1,
  suppressed: 1,
  unknown: 1,
};
const receipts = { received: 3, delivered: 2, failed: 1, repeats: 1, codes: { DELIVERED: 2, UNDELIV: 1 } };

function auditRows(): ArchiveAuditRow[] {
  const entry = (at: string, actor: string, action: string, details: Record<string, unknown> = {}) => ({
    at: `2026-11-0${at}Z`,
    actor,
    action,
    objectKind: 'campaign',
    objectId: ids.campaign,
    details,
  });
  const foreign = (at: string) => ({
    ...entry(at, `staff:${ids.administrator}`, 'customer.change'),
    objectKind: 'customer',
    objectId: uuid(99),
    foreign: true,
  });
  const digest = formDigest;
  return chain(41, 'ab'.repeat(32), [
    entry('2T01:00:00.000', `staff:${ids.applicant}`, 'campaign.create'),
    foreign('2T01:01:00.000'),
    entry('2T01:10:00.000', `staff:${ids.applicant}`, 'campaign.submit'),
    entry('2T01:10:01.000', 'system', 'campaign.freeze', { digest, size: 5, merkleRoot: form.audience.merkleRoot }),
    entry('2T02:00:00.000', `staff:${ids.liaison}`, 'campaign.sign', {
      digest,
      role: 'liaison',
      credentialId: ids.liaisonCredential,
      fingerprint: fingerprintOf(liaisonKey.publicKey),
      name: '林联络',
      unit: '客户服务部',
    }),
    foreign('2T02:30:00.000'),
    entry('2T03:00:00.000', `staff:${ids.leader}`, 'campaign.sign', {
      digest,
      role: 'leader',
      credentialId: ids.leaderCredential,
      fingerprint: fingerprintOf(passkey.publicKey),
      name: '何负责',
      unit: '客户服务部',
    }),
    entry('3T01:00:00.000', 'system', 'campaign.start', { size: 5 }),
    entry('3T01:00:06.000', `staff:${ids.applicant}`, 'campaign.pause', { reason: 'operator' }),
    entry('3T01:05:00.000', `staff:${ids.applicant}`, 'campaign.resume'),
    entry('4T01:00:00.000', 'system', 'campaign.finish', { counts, receipts }),
  ]);
}

export const leaderEvidence = (digest = formDigest): Evidence =>
  passkey.assert({ challenge: Buffer.from(digest, 'hex') });

type SampleParts = Omit<ArchiveParts, 'counts'> & { ledger: readonly ArchiveMessage[] };

/** A campaign of five that went well. Everything is the same every time but the passkey's signature. */
export function archiveParts(evidence: Evidence = leaderEvidence()): SampleParts {
  const { templateId, templateName, templateVersion, ...text } = form.text;
  return {
    madeAt: new Date('2026-11-04T01:00:01.000Z'),
    campaign: {
      id: ids.campaign,
      key: 7,
      number: form.number,
      name: form.name,
      outcome: 'completed',
      finishedAt: '2026-11-04T01:00:00.000Z',
    },
    form: { canonical: canonicalJson(form), digest: formDigest },
    people: [
      person(ids.applicant, '陈申请'),
      person(ids.liaison, '林联络'),
      person(ids.leader, '何负责'),
      person(ids.administrator, '高管理'),
    ],
    credentials: credentials(),
    signatures: [
      {
        role: 'liaison',
        staffId: ids.liaison,
        credentialId: ids.liaisonCredential,
        digest: formDigest,
        evidence: { kind: 'ed25519', signature: liaisonKey.sign(signingMessage('liaison', formDigest)) },
        signedAt: '2026-11-02T02:00:00.000Z',
      },
      {
        role: 'leader',
        staffId: ids.leader,
        credentialId: ids.leaderCredential,
        digest: formDigest,
        evidence,
        signedAt: '2026-11-02T03:00:00.000Z',
      },
    ],
    template: { id: templateId, name: templateName, version: templateVersion, kind: form.kind, ...text },
    calendar,
    audience: { id: ids.audience, size: 5, batchSize: 2, merkleRoot: form.audience.merkleRoot, batches },
    ledger: [
      message(1, {}),
      message(2, { segments: 2 }),
      message(3, { state: 'failed', reason: 'undelivered', code: 'UNDELIV' }),
      message(4, { state: 'suppressed', reason: 'opted-out', ...untouched }),
      message(5, { state: 'unknown', code: null, bizId: null, attempt: 2 }),
    ],
    receipts,
    audit: { rows: auditRows() },
  };
}

/** The whole file, as the installation stores it in parts. */
export function buildArchive({ ledger, ...parts }: SampleParts, key: typeof sealKey): Uint8Array {
  const byState = Object.fromEntries(messageStates.map((state) => [state, 0])) as Record<MessageState, number>;
  for (const { state } of ledger) byState[state] += 1;
  const writer = archiveWriter({ ...parts, counts: byState }, key);
  const rows = ledger.map((each) => writer.take(writer.row(each)));
  const { head, tail } = writer.finish();
  if (head.length !== writer.headLength) throw new Error('The head is longer than was said.');
  return Buffer.concat([head, ...rows, tail]);
}

/** What an insider with the sealing key would hand out: digest and seal fit whatever `archive` says. */
export function reseal(archive: Readonly<Record<string, unknown>>): Uint8Array {
  const digest = writeCanonical(archive, () => undefined);
  return fileOf({ ...archive, digest, seal: sealKey.seal(digest) });
}

export function fileOf(archive: Readonly<Record<string, unknown>>): Uint8Array {
  const chunks: Buffer[] = [];
  writeCanonical(archive, (chunk) => chunks.push(chunk));
  return Buffer.concat(chunks);
}

export const parseArchive = (bytes: Uint8Array): Archive & { ledger: { rows: LedgerRow[] } } =>
  JSON.parse(Buffer.from(bytes).toString('utf8'));
