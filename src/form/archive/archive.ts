import { AppError } from '../../kernel/app-error.rule.ts';
import { messageStates, type MessageState } from '../../contact/message-state.rule.ts';
import {
  ledgerColumns,
  maskedPhone,
  type ArchiveAudience,
  type ArchiveAuditRow,
  type ArchiveCampaign,
  type ArchiveContent,
  type ArchiveCredential,
  type ArchivePerson,
  type ArchiveReceipts,
  type ArchiveSignature,
  type ArchiveTemplate,
  type LedgerRow,
} from './format.rule.ts';
import type { Calendar } from '../../kernel/working-day.rule.ts';
import { writeCanonical } from '../../kernel/canonical-file.rule.ts';
import type { SealKey } from '../../house/audit/seal.ts';

/**
 * What the database holds of a finished campaign, as it was recorded: nothing is repaired here, so that the verifier sees what
 * the database says. Instants are `Date.toISOString()`; keys and signatures raw bytes.
 */
export type ArchiveParts = {
  madeAt: Date;
  campaign: ArchiveCampaign;
  /** `form.canonical` and `form.digest`, as stored. */
  form: { canonical: string; digest: string };
  people: readonly ArchivePerson[];
  /** The credentials that the signatures name. */
  credentials: readonly (Omit<ArchiveCredential, 'publicKey'> & { publicKey: Uint8Array })[];
  /** Liaison first, then leader. */
  signatures: readonly ArchiveSignature[];
  template: ArchiveTemplate;
  calendar: Calendar;
  audience: ArchiveAudience;
  /** Every message row in order of seq. Read once. */
  ledger: Iterable<ArchiveMessage>;
  receipts: ArchiveReceipts;
  /** Every audit row about the campaign, in order. */
  audit: { rows: readonly ArchiveAuditRow[] };
};

/** One message row with its member. `leaf`: 32 bytes; `phone`: masked; `segments`: of the receipt, else of the text; null when nothing was sent. */
export type ArchiveMessage = {
  seq: number;
  leaf: Uint8Array;
  phone: string;
  state: MessageState;
  reason: string | null;
  attempt: number;
  requestSeq: number | null;
  code: string | null;
  bizId: string | null;
  claimedAt: Date | null;
  changedAt: Date | null;
  segments: number | null;
};

/** The bytes of the archive file. Throws AppError `archive.phone-not-masked` rather than write a full number. */
export function buildArchive(parts: ArchiveParts, sealKey: SealKey): Uint8Array {
  const { ledger, madeAt, form, credentials, ...kept } = parts;
  const counts = Object.fromEntries(messageStates.map((state) => [state, 0])) as Record<MessageState, number>;
  const rows: LedgerRow[] = [];
  for (const message of ledger) {
    counts[message.state] += 1;
    rows.push(rowOf(message));
  }
  const content: ArchiveContent = {
    ...kept,
    format: 'waihu.archive/3',
    madeAt: madeAt.toISOString(),
    form: { digest: form.digest, body: JSON.parse(form.canonical) },
    credentials: credentials.map(({ publicKey, ...credential }) =>
      Object.assign(credential, { publicKey: Buffer.from(publicKey).toString('base64url') }),
    ),
    ledger: { columns: ledgerColumns, counts, rows },
  };
  const digest = writeCanonical(content, () => undefined);
  const chunks: Buffer[] = [];
  writeCanonical({ ...content, digest, seal: sealKey.seal(digest) }, (chunk) => chunks.push(chunk));
  return Buffer.concat(chunks);
}

function rowOf(message: ArchiveMessage): LedgerRow {
  if (!maskedPhone.test(message.phone)) {
    throw new AppError('invalid', 'archive.phone-not-masked', 'Mask phone numbers before they go into an archive.', {
      seq: message.seq,
    });
  }
  return [
    message.seq,
    Buffer.from(message.leaf).toString('base64url'),
    message.phone,
    message.state,
    message.reason,
    message.attempt,
    message.requestSeq,
    message.code,
    message.bizId,
    message.claimedAt?.getTime() ?? null,
    message.changedAt?.getTime() ?? null,
    message.segments,
  ];
}
