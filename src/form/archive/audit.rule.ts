import { auditHash, auditRowDigest, genesisHash } from '../../house/audit/chain.rule.ts';
import { canonicalJson } from '../../kernel/digest.rule.ts';
import type { ArchiveAuditRow } from './format.rule.ts';
import type { ArchiveReport } from './report.rule.ts';
import type { ReadArchive } from './schema.rule.ts';
import type { Signed } from './signatures.rule.ts';

export type Step = { action: string; fits?: (row: ArchiveAuditRow) => boolean };

/** Clocks of several machines, and acts that waited for each other: so far may times that belong in order lie apart. */
export const clockToleranceMs = 60_000;

/** Whether the rows follow each other without a gap, and tell of every step that a campaign takes as the rest of the file does. */
export function checkAudit(archive: ReadArchive, sent: SentTimes, report: ArchiveReport): void {
  report.made('audit.chain', 'audit.events', 'audit.counts', 'audit.times');
  checkChain(archive, report);
  const own = archive.audit.rows;
  if (own.length === 0) report.fault('audit.events', 'audit.rows');
  for (const row of own) {
    if (row.objectKind !== 'campaign' || row.objectId !== archive.campaign.id)
      report.fault('audit.events', `audit.rows seq ${row.seq}`);
  }
  checkSteps(own, stepsOf(archive, sent.anySent), report);
  const { outcome } = archive.campaign;
  const ended = { cancelled: own.some(isAction('campaign.cancel')), voided: own.some(isAction('campaign.void')) };
  const stated = outcome === 'completed' ? !ended.cancelled && !ended.voided : ended[outcome];
  if (!stated) report.fault('audit.events', 'campaign.outcome');
  checkAccount(archive, own, report);
  checkTimes(archive, own, sent, report);
}

const same = (left: unknown, right: unknown): boolean =>
  left !== undefined && canonicalJson(left) === canonicalJson(right);

/** What was put on record when the ledger was closed, or counted anew for the archive, is what the ledger and the receipts say. */
function checkAccount({ ledger, receipts }: ReadArchive, own: readonly ArchiveAuditRow[], report: ArchiveReport): void {
  const account = own.findLast(({ action }) => action === 'campaign.finish' || action === 'campaign.recount');
  if (!account || !same(account.details['counts'], ledger.counts)) report.fault('audit.counts', 'ledger.counts');
  if (!account || !same(account.details['receipts'], receipts)) report.fault('audit.counts', 'receipts');
}

/** When messages were claimed and rows last changed, as far as the ledger's rows could be read; ms, null when there are none. */
export type SentTimes = {
  anySent: boolean;
  firstClaim: number | null;
  lastClaim: number | null;
  lastChange: number | null;
};

function checkTimes(
  archive: ReadArchive,
  own: readonly ArchiveAuditRow[],
  sent: SentTimes,
  report: ArchiveReport,
): void {
  const fault = (at: string): void => report.fault('audit.times', at);
  let latest = 0;
  for (const { at, seq } of own) {
    if (Date.parse(at) < latest - clockToleranceMs) fault(`audit.rows seq ${seq}`);
    latest = Math.max(latest, Date.parse(at));
  }
  const { madeAt, campaign, credentials, signatures } = archive;
  const told = [
    ...signatures.map(({ signedAt }) => signedAt),
    ...credentials.flatMap(({ requestedAt, decidedAt, revokedAt }) => [requestedAt, decidedAt, revokedAt ?? decidedAt]),
  ].map((at) => Date.parse(at));
  const end = Date.parse(madeAt) + clockToleranceMs;
  if (Math.max(latest, sent.lastClaim ?? 0, sent.lastChange ?? 0, ...told) > end) fault('madeAt');
  const finish = own.findLast(isAction('campaign.finish'));
  if (finish?.at !== campaign.finishedAt) fault('campaign.finishedAt');
  if (finish && (sent.lastClaim ?? 0) > Date.parse(finish.at) + clockToleranceMs) fault('campaign.finish');
  const start = own.find(isAction('campaign.start'));
  if (start && (sent.firstClaim ?? Infinity) < Date.parse(start.at) - clockToleranceMs) fault('campaign.start');
}

/** From when to when (ms) the campaign stood still, by its own record; an end without a resumption is Infinity. */
export function stillTimes(archive: ReadArchive): { from: number; until: number }[] {
  const times: { from: number; until: number }[] = [];
  for (const { action, at } of archive.audit.rows) {
    const last = times.at(-1);
    const open = last?.until === Number.POSITIVE_INFINITY;
    if (action === 'campaign.resume' && last && open) last.until = Date.parse(at);
    if (!open && ['campaign.pause', 'campaign.cancel', 'campaign.void'].includes(action)) {
      times.push({ from: Date.parse(at), until: Number.POSITIVE_INFINITY });
    }
  }
  return times;
}

/** Each row's hash is that of its content, and each names the one before: nothing about what was signed is missing between them. */
export function checkChain({ audit }: Pick<ReadArchive, 'audit'>, report: ArchiveReport): void {
  let before = { seq: 0, hash: genesisHash };
  for (const [index, row] of audit.rows.entries()) {
    const follows = row.seq > before.seq && row.objectPreviousHash === before.hash;
    if (!follows || row.hash !== auditHash(row.seq, row.previousHash, auditRowDigest(row, row.seq)))
      report.fault('audit.chain', `audit.rows[${index}]`);
    before = row;
  }
}

/** The rows with which both signatures were put on record. */
export const signingSteps = ({ form, signatures, credentials, people }: Signed, action: string): Step[] =>
  signatures.map(({ role, staffId, signedAt, credentialId }) => {
    const signer = people.find(({ id }) => id === staffId);
    const key = credentials.find(({ id }) => id === credentialId);
    return {
      action,
      // The time, the key and the name too: they stand nowhere else where they could not be changed alone.
      fits: ({ actor, at, details }) =>
        details['digest'] === form.digest &&
        actor === `staff:${staffId}` &&
        at === signedAt &&
        details['role'] === role &&
        details['credentialId'] === credentialId &&
        details['fingerprint'] === key?.fingerprint &&
        details['name'] === signer?.name &&
        details['unit'] === signer?.unit,
    };
  });

/** The first of these steps that the record does not have in this order is a fault, and so is each after it that is missing. */
export function checkSteps(rows: readonly ArchiveAuditRow[], steps: readonly Step[], report: ArchiveReport): void {
  let after = 0;
  for (const { action, fits } of steps) {
    const found = rows.find((row) => row.seq > after && row.action === action && (fits?.(row) ?? true));
    if (found) after = found.seq;
    else report.fault('audit.events', action);
  }
}

function stepsOf({ form, signatures, credentials, people }: ReadArchive, anySent: boolean): Step[] {
  const { audience, applicant } = form.body;
  const hasDigest = ({ details }: ArchiveAuditRow): boolean => details['digest'] === form.digest;
  return [
    { action: 'campaign.create' },
    { action: 'campaign.submit', fits: ({ actor }) => actor === `staff:${applicant.id}` },
    {
      action: 'campaign.freeze',
      fits: (row) =>
        hasDigest(row) && row.details['merkleRoot'] === audience.merkleRoot && row.details['size'] === audience.size,
    },
    ...signingSteps({ form, signatures, credentials, people }, 'campaign.sign'),
    ...(anySent
      ? [{ action: 'campaign.start', fits: (row: ArchiveAuditRow) => row.details['size'] === audience.size }]
      : []),
    { action: 'campaign.finish' },
  ];
}

const isAction =
  (action: string) =>
  (row: ArchiveAuditRow): boolean =>
    row.action === action;
