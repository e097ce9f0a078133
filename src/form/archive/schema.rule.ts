import { z } from 'zod';
import { messageStates } from '../../contact/message-state.rule.ts';
import type { Form } from '../form.rule.ts';
import { isChinaDate } from '../../kernel/working-day.rule.ts';
import type { Archive, ArchiveAuditRow } from './format.rule.ts';
import { ListInFile } from './source.rule.ts';
import { readBase64url } from '../../kernel/canonical-file.rule.ts';

export const text = z.string().min(1);
const count = z.int().min(0);
export const digest = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.string().refine((value) => readBase64url(value) !== null, 'not base64url');
const isInstant = (value: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value));
export const instant = z.string().refine(isInstant, 'not an instant');
/** Exactly what `Date.toISOString()` writes, so that a time has one spelling. */
export const utc = z
  .string()
  .refine((value) => isInstant(value) && new Date(value).toISOString() === value, 'not a UTC instant');
const day = z.string().refine(isChinaDate, 'not a date');
const time = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/);
const variables = z.array(z.looseObject({ name: text, type: text, maxLength: count, label: z.string() }));

// Loose where the form's own digest covers more than the verifier reads; strict where only the archive's digest does.
const campaignForm = {
  number: text,
  name: text,
  unit: z.string(),
  purpose: z.string(),
  applicant: z.looseObject({ id: text, name: text }),
  kind: z.enum(['marketing', 'notice']),
  channel: z.literal('sms'),
  topic: z.string().nullable(),
  text: z.looseObject({
    templateId: text,
    templateName: text,
    templateVersion: count,
    source: text,
    variables,
    signName: text,
    gatewayTemplateCode: text,
  }),
  gateway: z.looseObject({
    account: text,
    accountId: text,
    provider: text,
    endpoint: text,
    protocol: z.enum(['http', 'https']),
    credentials: text,
    requests: z.enum(['single', 'batched']),
  }),
  audience: z.looseObject({ id: text, name: text, size: count, batchSize: z.int().min(1), merkleRoot: digest }),
  window: z.looseObject({
    startsAt: instant,
    endsAt: instant,
    dailyFrom: time,
    dailyTo: time,
    days: z.enum(['every-day', 'working-days']),
    timeZone: z.literal('Asia/Shanghai'),
  }),
  ratePerSecond: z.number().positive(),
  cost: z.looseObject({ pricePerSegmentMilliYuan: count, segments: count, estimateFen: count, ceilingFen: count }),
  checks: z.array(
    z.looseObject({
      code: text,
      passed: z.literal(true),
      detail: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  ),
  calendarVersion: text,
  calendarDigest: digest,
  signBy: instant,
};
const form = z.discriminatedUnion('format', [
  z.looseObject({ ...campaignForm, format: z.literal('waihu.form/2') }),
  z.looseObject({
    ...campaignForm,
    format: z.literal('sms-campaign/2'),
    leftOut: z.looseObject({ candidates: count, people: count, reasons: z.record(text, count) }),
    stop: z.looseObject({
      failurePercent: count,
      optOutsPerThousand: count,
      complaintsPerThousand: count,
      fromPeople: count,
    }),
  }),
]) satisfies z.ZodType<Form>;

const evidence = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ed25519'), signature: bytes }),
  z.strictObject({
    kind: z.literal('passkey'),
    credentialId: bytes,
    authenticatorData: bytes,
    clientDataJSON: bytes,
    signature: bytes,
  }),
]);

const credential = z
  .strictObject({
    id: text,
    staffId: text,
    kind: z.enum(['ed25519', 'passkey']),
    label: z.string(),
    publicKey: bytes,
    webauthn: z.strictObject({ credentialId: bytes, rpId: text, origin: text }).nullable(),
    fingerprint: digest,
    state: z.enum(['active', 'revoked']),
    requestedAt: utc,
    decidedAt: utc,
    decidedBy: text,
    revokedAt: utc.nullable(),
  })
  .refine(({ kind, webauthn }) => (kind === 'passkey') === (webauthn !== null), { path: ['webauthn'] });

const auditRow = z.strictObject({
  seq: z.int().min(1),
  at: utc,
  actor: z.string().regex(/^(?:system|staff:[!-~]+)$/),
  action: text,
  objectKind: text,
  objectId: text,
  details: z.record(z.string(), z.unknown()),
  previousHash: digest,
  objectPreviousHash: digest,
  hash: digest,
}) satisfies z.ZodType<ArchiveAuditRow>;
const people = z.array(z.strictObject({ id: text, name: text, unit: z.string() }));
const signatures = z.array(
  z.strictObject({
    role: z.enum(['liaison', 'leader']),
    staffId: text,
    credentialId: text,
    digest,
    evidence,
    signedAt: utc,
  }),
);
const seal = z.strictObject({ algorithm: z.literal('ed25519'), publicKey: bytes, signature: bytes });
/** What archives of every kind hold besides what was signed. */
export const proofShape = {
  people,
  credentials: z.array(credential),
  signatures,
  audit: z.strictObject({ rows: z.array(auditRow) }),
  digest,
  seal,
};

/** Everything but the ledger's rows, which are too many for a schema and are read one by one (ledger.rule.ts). */
export const ArchiveShape = z.strictObject({
  format: z.literal('waihu.archive/3'),
  madeAt: utc,
  campaign: z.strictObject({
    id: text,
    key: z.int().min(1),
    number: text,
    name: text,
    outcome: z.enum(['completed', 'cancelled', 'voided']),
    finishedAt: utc,
  }),
  form: z.strictObject({ digest, body: form }),
  ...proofShape,
  template: z.strictObject({
    id: text,
    name: text,
    version: count,
    kind: z.enum(['marketing', 'notice']),
    source: text,
    variables,
    signName: text,
    gatewayTemplateCode: text,
  }),
  calendar: z.strictObject({
    version: text,
    coveredFrom: day,
    coveredUntil: day,
    days: z.record(day, z.enum(['holiday', 'workday'])),
  }),
  audience: z.strictObject({
    id: text,
    size: count,
    batchSize: z.int().min(1),
    merkleRoot: digest,
    batches: z.array(digest),
  }),
  ledger: z.strictObject({
    columns: z.array(z.string()),
    counts: z.strictObject(
      Object.fromEntries(messageStates.map((state) => [state, count])) as Record<
        (typeof messageStates)[number],
        typeof count
      >,
    ),
    rows: z.custom<Iterable<unknown>>((value) => Array.isArray(value) || value instanceof ListInFile, 'not a list'),
  }),
  receipts: z.strictObject({
    received: count,
    delivered: count,
    failed: count,
    repeats: count,
    codes: z.record(z.string(), count),
  }),
});

/** An archive whose ledger rows have not been read yet. */
export type ReadArchive = Omit<Archive, 'ledger'> & {
  ledger: Omit<Archive['ledger'], 'rows'> & { rows: Iterable<unknown> };
};
