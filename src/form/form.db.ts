import { z } from 'zod';
import type { Form } from './form.rule.ts';
import type { Calendar } from '../kernel/working-day.rule.ts';
import type { Evidence, VerifyingCredential } from '../house/evidence.rule.ts';
import { buildForm } from './formats/formats.rule.ts';
import { findCalendar } from '../kernel/calendar.db.ts';
import { findCampaign, type Campaign } from '../campaign/campaign.db.ts';
import { findGatewayAccount, type GatewayAccount } from '../sms/gateway-account.db.ts';
import { execute, many, maybe, sql, type Db } from '../kernel/sql.db.ts';
import { findTemplate, type Template } from '../sms/template/template.db.ts';

const FormRow = z.object({
  id: z.uuid(),
  campaignId: z.uuid(),
  applicantId: z.uuid(),
  /** Which builder makes it again. */
  format: z.string(),
  canonical: z.string(),
  digest: z.string(),
  expiresAt: z.date(),
});
export type StoredForm = z.infer<typeof FormRow>;

export const findForm = (db: Db, campaignId: string): Promise<StoredForm | null> =>
  maybe(
    db,
    FormRow,
    sql`select id, campaign_id as "campaignId", applicant_id as "applicantId", format, canonical, digest, expires_at as "expiresAt" from form where campaign_id = ${campaignId}`,
  );

/** The form of a campaign, as it awaits its first signature. */
export const insertForm = (tx: Db, form: Omit<StoredForm, 'format'>, now: Date) =>
  execute(
    tx,
    sql`insert into form (id, subject_kind, subject_id, applicant_id, canonical, digest, expires_at, state, state_at)
      values (${form.id}, 'campaign', ${form.campaignId}, ${form.applicantId}, ${form.canonical}, ${form.digest}, ${form.expiresAt},
        'awaiting-liaison', ${now})`,
  );

const EvidenceJson = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ed25519'), signature: z.string() }),
  z.object({
    kind: z.literal('passkey'),
    credentialId: z.string(),
    authenticatorData: z.string(),
    clientDataJSON: z.string(),
    signature: z.string(),
  }),
]) satisfies z.ZodType<Evidence>;

const SignatureRow = z.object({
  id: z.uuid(),
  role: z.enum(['liaison', 'leader']),
  staffId: z.uuid(),
  staffName: z.string(),
  credentialId: z.uuid(),
  digest: z.string(),
  evidence: EvidenceJson,
  signedAt: z.date(),
  kind: z.enum(['ed25519', 'passkey']),
  publicKey: z.instanceof(Buffer),
  fingerprint: z.string(),
  webauthn: z.object({ credentialId: z.string(), rpId: z.string(), origin: z.string() }).nullable(),
  credentialState: z.enum(['requested', 'active', 'revoked']),
  requestedAt: z.date(),
  decidedAt: z.date().nullable(),
  decidedBy: z.uuid().nullable(),
  revokedAt: z.date().nullable(),
});
export type StoredSignature = z.infer<typeof SignatureRow> & VerifyingCredential;

/** Signatures of a form with the credentials that made them, in order of time. */
export const signaturesOf = (db: Db, formId: string): Promise<StoredSignature[]> =>
  many(
    db,
    SignatureRow,
    sql`select s.id, s.role, s.staff_id as "staffId", p.name as "staffName", s.credential_id as "credentialId", s.digest, s.evidence, s.signed_at as "signedAt",
        c.kind, c.public_key as "publicKey", c.fingerprint, c.webauthn, c.state as "credentialState", c.requested_at as "requestedAt",
        c.decided_at as "decidedAt", c.decided_by as "decidedBy", c.revoked_at as "revokedAt"
      from signature s join credential c on c.id = s.credential_id join staff p on p.id = s.staff_id
      where s.form_id = ${formId} order by s.signed_at, s.role desc`,
  );

export type NewSignature = {
  id: string;
  formId: string;
  applicantId: string;
  role: 'liaison' | 'leader';
  staffId: string;
  credentialId: string;
  digest: string;
  evidence: Evidence;
  signedAt: Date;
};
/** Whether the id stands already, for anything but this person's signature of this form. */
export async function signatureTaken(db: Db, id: string, formId: string, staffId: string): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`select from signature where id = ${id} and not (form_id = ${formId} and staff_id = ${staffId})`,
  );
  return (rowCount ?? 0) > 0;
}

export const insertSignature = (tx: Db, signature: NewSignature) =>
  execute(
    tx,
    sql`insert into signature (id, form_id, applicant_id, role, staff_id, credential_id, digest, evidence, signed_at)
      values (${signature.id}, ${signature.formId}, ${signature.applicantId}, ${signature.role}, ${signature.staffId}, ${signature.credentialId}, ${signature.digest},
        ${JSON.stringify(signature.evidence)}, ${signature.signedAt})`,
  );

const Frozen = z.object({
  id: z.uuid(),
  name: z.string(),
  size: z.number(),
  batchSize: z.number(),
  merkleRoot: z.string(),
  excluded: z.record(z.string(), z.number()),
  saltKey: z.instanceof(Buffer),
});
export type FrozenAudience = z.infer<typeof Frozen>;
export const findFrozenAudience = (db: Db, id: string): Promise<FrozenAudience | null> =>
  maybe(
    db,
    Frozen,
    sql`select id, name, size, batch_size as "batchSize", merkle_root as "merkleRoot", coalesce(excluded, '{}') as excluded, salt_key as "saltKey" from audience where id = ${id} and state = 'frozen'`,
  );

/** Everything that decides what would be sent if it were sent now. */
export type LiveCampaign = {
  campaign: Campaign;
  template: Template;
  account: GatewayAccount;
  audience: FrozenAudience;
  /** The one that the campaign was frozen with; null when its rows are gone. */
  calendar: Calendar | null;
};

export async function findLiveCampaign(db: Db, campaignId: string): Promise<LiveCampaign | null> {
  const campaign = await findCampaign(db, campaignId);
  const audience = campaign?.frozenAudienceId ? await findFrozenAudience(db, campaign.frozenAudienceId) : null;
  const template = campaign && (await findTemplate(db, campaign.templateId));
  const account = template && (await findGatewayAccount(db, template.gatewayAccountId));
  if (!campaign || !audience || !template || !account) return null;
  const calendar = campaign.calendarVersion === null ? null : await findCalendar(db, campaign.calendarVersion);
  return { campaign, template, account, audience, calendar };
}

/** The form of what stands in the database now, in the format that it was signed in. Equal to the signed one as long as nothing was changed. */
export const formOf = (live: LiveCampaign, format: string): Form => buildForm(format, live);
