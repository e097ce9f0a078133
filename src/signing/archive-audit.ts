import { auditHash, auditRowDigest } from './audit-chain.ts';
import type { ArchiveAuditRow } from './archive-format.ts';
import type { ArchiveReport } from './archive-report.ts';
import type { ReadArchive } from './archive-schema.ts';

type OwnRow = Extract<ArchiveAuditRow, { hash: string }>;
type Step = { action: string; fits?: (row: OwnRow) => boolean };

/** Whether the rows continue each other's hashes without a gap, and tell of every step that a campaign takes. */
export function checkAudit(archive: ReadArchive, anySent: boolean, report: ArchiveReport): void {
  report.made('audit.chain', 'audit.events');
  checkChain(archive, report);
  const own = ownRows(archive);
  if (own[0]?.seq !== archive.audit.rows[0]?.seq || own.at(-1)?.seq !== archive.audit.rows.at(-1)?.seq) {
    report.fault('audit.events', 'audit.rows');
  }
  for (const row of own) {
    if (row.objectKind !== 'campaign' || row.objectId !== archive.campaign.id)
      report.fault('audit.events', `audit.rows seq ${row.seq}`);
  }
  let after = 0;
  for (const { action, fits } of stepsOf(archive, anySent)) {
    const found = own.find((row) => row.seq > after && row.action === action && (fits?.(row) ?? true));
    if (found) after = found.seq;
    else report.fault('audit.events', action);
  }
  const { outcome } = archive.campaign;
  const ended = { cancelled: own.some(isAction('campaign.cancel')), voided: own.some(isAction('campaign.void')) };
  const stated = outcome === 'completed' ? !ended.cancelled && !ended.voided : ended[outcome];
  if (!stated) report.fault('audit.events', 'campaign.outcome');
}

/** From when to when (ms) the campaign stood still, by its own record; an end without a resumption is Infinity. */
export function stillTimes(archive: ReadArchive): { from: number; until: number }[] {
  const times: { from: number; until: number }[] = [];
  for (const { action, at } of ownRows(archive)) {
    const last = times.at(-1);
    const open = last?.until === Number.POSITIVE_INFINITY;
    if (action === 'campaign.resume' && last && open) last.until = Date.parse(at);
    if (!open && ['campaign.pause', 'campaign.cancel', 'campaign.void'].includes(action)) {
      times.push({ from: Date.parse(at), until: Number.POSITIVE_INFINITY });
    }
  }
  return times;
}

function checkChain({ audit }: ReadArchive, report: ArchiveReport): void {
  let hash = audit.previousHash;
  let seq = audit.rows[0]?.seq ?? 0;
  for (const [index, row] of audit.rows.entries()) {
    const at = `audit.rows[${index}]`;
    if (row.seq !== seq) report.fault('audit.chain', at);
    const own = 'hash' in row;
    if (own && row.previousHash !== hash) report.fault('audit.chain', at);
    hash = auditHash(row.seq, hash, own ? auditRowDigest(row, row.seq) : row.rowDigest);
    if (own && row.hash !== hash) {
      report.fault('audit.chain', at);
      hash = row.hash;
    }
    seq = row.seq + 1;
  }
}

function stepsOf({ form, signatures }: ReadArchive, anySent: boolean): Step[] {
  const hasDigest = ({ details }: OwnRow): boolean => details['digest'] === form.digest;
  return [
    { action: 'campaign.create' },
    { action: 'campaign.submit', fits: ({ actor }) => actor === `staff:${form.body.applicant.id}` },
    { action: 'campaign.freeze', fits: hasDigest },
    ...signatures.map(({ role, staffId, signedAt }) => ({
      action: 'campaign.sign',
      // The time too: it stands nowhere else where it could not be changed alone.
      fits: (row: OwnRow) =>
        hasDigest(row) && row.details['role'] === role && row.actor === `staff:${staffId}` && row.at === signedAt,
    })),
    ...(anySent ? [{ action: 'campaign.start' }] : []),
    { action: 'campaign.finish' },
  ];
}

const isAction =
  (action: string) =>
  (row: OwnRow): boolean =>
    row.action === action;

const ownRows = ({ audit }: ReadArchive): OwnRow[] => audit.rows.filter((row) => 'hash' in row);
