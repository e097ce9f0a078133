import type { MessageState } from '../../contact/message-state.rule.ts';
import type { Form } from '../form.rule.ts';
import type { SigningRole } from '../../house/signing-role.rule.ts';
import type { Calendar } from '../../kernel/working-day.rule.ts';
import type { AuditRow } from '../../house/audit/chain.rule.ts';
import type { Evidence } from '../../house/evidence.rule.ts';
import type { ArchiveSeal } from '../../house/audit/seal-key.rule.ts';

/** The archive as JSON; docs/archive.md is its specification. Instants are ISO 8601 in UTC, digests 64 hex digits, bytes base64url. */
export type Archive = ArchiveContent & { digest: string; seal: ArchiveSeal };

export type ArchiveContent = {
  format: 'waihu.archive/3';
  madeAt: string;
  campaign: ArchiveCampaign;
  form: { digest: string; body: Form };
  people: readonly ArchivePerson[];
  credentials: readonly ArchiveCredential[];
  signatures: readonly ArchiveSignature[];
  template: ArchiveTemplate;
  calendar: Calendar;
  audience: ArchiveAudience;
  ledger: {
    columns: readonly string[];
    counts: Readonly<Record<MessageState, number>>;
    rows: readonly LedgerRow[];
  };
  receipts: ArchiveReceipts;
  audit: { rows: readonly ArchiveAuditRow[] };
};

/** `outcome` is how it ended; a campaign that ended before the leader's signature has nothing to archive. */
export type ArchiveCampaign = {
  id: string;
  key: number;
  number: string;
  name: string;
  outcome: 'completed' | 'cancelled' | 'voided';
  finishedAt: string;
};

/** Everyone whose id stands elsewhere as applicant, signer or approver. */
export type ArchivePerson = { id: string; name: string; unit: string };

export type ArchiveCredential = {
  id: string;
  staffId: string;
  kind: 'ed25519' | 'passkey';
  label: string;
  publicKey: string;
  webauthn: { credentialId: string; rpId: string; origin: string } | null;
  fingerprint: string;
  state: 'active' | 'revoked';
  requestedAt: string;
  decidedAt: string;
  decidedBy: string;
  revokedAt: string | null;
};

export type ArchiveSignature = {
  role: SigningRole;
  staffId: string;
  credentialId: string;
  digest: string;
  evidence: Evidence;
  signedAt: string;
};

/** The template version that the form names, as the database held it. */
export type ArchiveTemplate = {
  id: string;
  name: string;
  version: number;
  kind: Form['kind'];
  source: string;
  variables: Form['text']['variables'];
  signName: string;
  gatewayTemplateCode: string;
};

/** `batches`: the digest of each batch, in order. */
export type ArchiveAudience = {
  id: string;
  size: number;
  batchSize: number;
  merkleRoot: string;
  batches: readonly string[];
};

/** Receipts that belong to this campaign, a repeated one counted once; `codes` counts them by the gateway's error code. */
export type ArchiveReceipts = {
  received: number;
  delivered: number;
  failed: number;
  repeats: number;
  codes: Readonly<Record<string, number>>;
};

/** A row about the campaign. Each names the one before about it, so that none is missing between them. */
export type ArchiveAuditRow = AuditRow & { objectPreviousHash: string };

export const ledgerColumns = [
  'seq',
  'leaf',
  'phone',
  'state',
  'reason',
  'attempt',
  'requestSeq',
  'code',
  'bizId',
  'claimedMs',
  'changedMs',
  'segments',
] as const;

/** One recipient, in the order of `ledgerColumns`: arrays, because the names would double a file of a million rows. */
export type LedgerRow = readonly [
  seq: number,
  leaf: string,
  phone: string,
  state: MessageState,
  reason: string | null,
  attempt: number,
  requestSeq: number | null,
  code: string | null,
  bizId: string | null,
  claimedMs: number | null,
  changedMs: number | null,
  segments: number | null,
];

export const maskedPhone = /^(?:\d{3}\*{4}\d{4}|\*{4}\d{0,2})$/;
