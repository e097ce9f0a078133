import { z } from 'zod';
import type { Evidence, VerifyingCredential } from '../house/evidence.rule.ts';
import { execute, many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';
import { formStates } from './form-state.rule.ts';
import type { SubjectRef } from './subject.ts';

const FormRow = z.object({
  id: z.uuid(),
  subjectKind: z.string(),
  subjectId: z.uuid(),
  applicantId: z.uuid(),
  /** Which builder makes it again. */
  format: z.string(),
  canonical: z.string(),
  digest: z.string(),
  expiresAt: z.date(),
  state: z.enum(formStates),
});
export type StoredForm = z.infer<typeof FormRow>;

export const findForm = (db: Db, subject: SubjectRef): Promise<StoredForm | null> =>
  maybe(
    db,
    FormRow,
    sql`select id, subject_kind as "subjectKind", subject_id as "subjectId", applicant_id as "applicantId", format, canonical, digest,
        expires_at as "expiresAt", state
      from form where subject_kind = ${subject.kind} and subject_id = ${subject.id}`,
  );

/** The same, held until the transaction ends: of two signatures at one moment the second sees the first. */
export const lockForm = (tx: Tx, { kind, id }: SubjectRef) =>
  execute(tx, sql`select from form where subject_kind = ${kind} and subject_id = ${id} for update`);

/** `unit`: as it is called now, where the text may state an older name. */
export type NewForm = Omit<StoredForm, 'format' | 'state'> & { unit: string };

/** A form as it awaits its first signature. */
export const insertForm = (tx: Db, form: NewForm, now: Date) =>
  execute(
    tx,
    sql`insert into form (id, subject_kind, subject_id, unit, applicant_id, canonical, digest, expires_at, state, state_at)
      values (${form.id}, ${form.subjectKind}, ${form.subjectId}, ${form.unit}, ${form.applicantId}, ${form.canonical}, ${form.digest},
        ${form.expiresAt}, 'awaiting-liaison', ${now})`,
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

/** Of audit `a`, form `f` and signature `g`: the row that the signature was put on record with. */
export const isActOfSignature = sql`a.object_kind = f.subject_kind and a.object_id = f.subject_id::text
    and a.action = f.subject_kind || '.sign' and a.details->>'signatureId' = g.id::text`;

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

/** Who has signed this form, and in whose place; the place stands in the audit row of the signature. */
export const signersOf = (db: Db, formId: string): Promise<{ staffId: string; onBehalfOf: string | null }[]> =>
  many(
    db,
    z.object({ staffId: z.string(), onBehalfOf: z.string().nullable() }),
    sql`select g.staff_id as "staffId", a.details->>'onBehalfOf' as "onBehalfOf"
      from signature g join form f on f.id = g.form_id left join audit a on ${isActOfSignature}
      where g.form_id = ${formId}`,
  );
