import { createHash } from 'node:crypto';
import { AppError } from '../../kernel/app-error.rule.ts';
import { messageStates, type LedgerCounts, type MessageState } from '../../contact/message-state.rule.ts';
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
import { canonicalJson } from '../../kernel/digest.rule.ts';
import type { SealKey } from '../../house/audit/seal-key.rule.ts';

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
  /** How many rows of each state will follow: the file says so before it shows them. */
  counts: LedgerCounts;
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

export type ArchiveWriter = {
  /** How many bytes will stand before the first row. */
  headLength: number;
  /** The next row's bytes. Throws AppError `archive.phone-not-masked` rather than write a full number. */
  row(message: ArchiveMessage): string;
  /** Puts what was gathered of the rows under the digest, and gives its bytes. */
  take(rows: string): Buffer;
  /** What stands before the rows, and after them: both name the digest, which is known at the end. Throws where other rows came than were counted. */
  finish(): { head: Buffer; tail: Buffer };
};

/** Writes an archive file row by row; whoever calls stores the pieces. The file is `head`, all that `take` gave, `tail`. */
export function archiveWriter(parts: ArchiveParts, sealKey: SealKey): ArchiveWriter {
  const content: Record<string, unknown> = contentOf(parts);
  const member = (key: string): string => `${canonicalJson(key)}:${canonicalJson(content[key])}`;
  const keys = [...Object.keys(content), 'digest', 'seal'].sort();
  const before = keys.slice(0, keys.indexOf('ledger'));
  const after = keys.slice(keys.indexOf('ledger') + 1);
  const join = (names: readonly string[], digest: string | null): string =>
    names
      .flatMap((key) => {
        if (key !== 'digest' && key !== 'seal') return [member(key)];
        if (digest === null) return [];
        return [`${canonicalJson(key)}:${canonicalJson(key === 'digest' ? digest : sealKey.seal(digest))}`];
      })
      .join(',');
  // The list of rows is empty here: its last two bytes close it and its object, and come after the rows.
  const opening = member('ledger').slice(0, -2);
  const headOf = (digest: string | null): string => `{${join(before, digest)},${opening}`;
  const hash = createHash('sha256').update(headOf(null));
  const counted = Object.fromEntries(messageStates.map((state) => [state, 0])) as Record<MessageState, number>;
  let rows = 0;
  return {
    headLength: Buffer.byteLength(headOf('0'.repeat(64))),
    row(message) {
      counted[message.state] += 1;
      rows += 1;
      return `${rows === 1 ? '' : ','}${canonicalJson(rowOf(message))}`;
    },
    take(text) {
      const bytes = Buffer.from(text);
      hash.update(bytes);
      return bytes;
    },
    finish() {
      if (canonicalJson(counted) !== canonicalJson(parts.counts))
        throw new Error('The ledger moved while its archive was made.');
      const digest = hash.update(`]},${join(after, null)}}`).digest('hex');
      return { head: Buffer.from(headOf(digest)), tail: Buffer.from(`]},${join(after, digest)}}\n`) };
    },
  };
}

/** Everything but digest, seal and the rows. */
function contentOf({ madeAt, form, credentials, counts, ...kept }: ArchiveParts): ArchiveContent {
  return {
    ...kept,
    format: 'waihu.archive/3',
    madeAt: madeAt.toISOString(),
    form: { digest: form.digest, body: JSON.parse(form.canonical) },
    credentials: credentials.map(({ publicKey, ...credential }) =>
      Object.assign(credential, { publicKey: Buffer.from(publicKey).toString('base64url') }),
    ),
    ledger: { columns: ledgerColumns, counts, rows: [] },
  };
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
