import {
  failureReasons,
  messageStates,
  suppressionReasons,
  type MessageState,
} from '../../contact/message-state.rule.ts';
import { chinaDateAt, chinaInstant, isWorkingDay } from '../../kernel/working-day.rule.ts';
import { createBatchCutter, merkleRoot } from '../../audience/digest.rule.ts';
import { ledgerColumns, maskedPhone, type LedgerRow } from './format.rule.ts';
import { stillTimes, type SentTimes } from './audit.rule.ts';
import { costCheck } from './cost.rule.ts';
import type { ArchiveReport } from './report.rule.ts';
import type { ReadArchive } from './schema.rule.ts';
import { readBase64url } from '../../kernel/canonical-file.rule.ts';

const openStates: ReadonlySet<MessageState> = new Set(['pending', 'claimed']);
const sentStates: ReadonlySet<MessageState> = new Set(['accepted', 'delivered', 'failed', 'unknown']);
const noReasons: ReadonlySet<string | null> = new Set([null]);
const reasonsOf: Partial<Record<MessageState, ReadonlySet<string | null>>> = {
  suppressed: new Set(suppressionReasons),
  failed: new Set(failureReasons),
};
// A pause may be committed while a batch is being claimed; a second later nothing more may be.
const stopGraceMs = 1_000;
const lastMs = Date.parse('9999-12-31T00:00:00Z');

/** Every recipient: who was signed for, what became of them, when. Returns whether and when messages were tried. */
export function checkLedger(archive: ReadArchive, report: ArchiveReport): SentTimes {
  report.made(
    'ledger.rows',
    'audience.batches',
    'audience.root',
    'ledger.masked',
    'ledger.states',
    'ledger.reasons',
    'ledger.counts',
  );
  report.made(
    'ledger.out-ids',
    'ledger.signed',
    'ledger.window',
    'ledger.hours',
    'ledger.stopped',
    'cost.ceiling',
    'receipts.sums',
  );
  const { audience, ledger } = archive;
  if (ledger.columns.join() !== ledgerColumns.join()) report.fault('ledger.rows', 'ledger.columns');
  const counts = Object.fromEntries(messageStates.map((state) => [state, 0])) as Record<MessageState, number>;
  const checkTimes = timeCheck(archive, report);
  const checkOutId = outIdCheck(archive, report);
  const batches = batchCheck(archive, report);
  const cost = costCheck(archive, report);
  const sent: SentTimes = { anySent: false, firstClaim: null, lastClaim: null, lastChange: null };
  let index = -1;
  for (const raw of ledger.rows) {
    index += 1;
    const at = `ledger.rows[${index}]`;
    const row = readRow(raw);
    const leaf = row && readBase64url(row[1]);
    if (!row || row[0] !== index + 1 || leaf?.length !== 32) report.fault('ledger.rows', at);
    batches.add(leaf ?? Buffer.alloc(0));
    if (!row) continue;
    counts[row[3]] += 1;
    checkState(row, at, report);
    checkOutId(row, at);
    checkTimes(row[9], at);
    noteTimes(sent, row);
    cost.add(row, isBilled(row), index);
  }
  if (index + 1 !== audience.size) report.fault('ledger.rows', 'ledger.rows');
  batches.finish();
  checkCounts(archive, counts, report);
  cost.finish();
  return sent;
}

function noteTimes(sent: SentTimes, [, , , , , attempt, , , , claimedMs, changedMs]: LedgerRow): void {
  if (attempt > 0) sent.anySent = true;
  if (claimedMs !== null) {
    sent.firstClaim = Math.min(sent.firstClaim ?? claimedMs, claimedMs);
    sent.lastClaim = Math.max(sent.lastClaim ?? claimedMs, claimedMs);
  }
  if (changedMs !== null) sent.lastChange = Math.max(sent.lastChange ?? changedMs, changedMs);
}

function readRow(raw: unknown): LedgerRow | null {
  if (!Array.isArray(raw) || raw.length !== ledgerColumns.length) return null;
  const [seq, leaf, phone, state, reason, attempt, requestSeq, code, bizId, claimedMs, changedMs, segments] =
    raw as unknown[];
  const readable =
    isCount(seq) &&
    typeof leaf === 'string' &&
    typeof phone === 'string' &&
    messageStates.includes(state as MessageState) &&
    [reason, code, bizId].every((value) => value === null || (typeof value === 'string' && value !== '')) &&
    isCount(attempt) &&
    [requestSeq, claimedMs, changedMs, segments].every((value) => value === null || isCount(value)) &&
    (claimedMs === null || (claimedMs as number) < lastMs);
  return readable ? (raw as unknown as LedgerRow) : null;
}

function checkState(row: LedgerRow, at: string, report: ArchiveReport): void {
  const [, , phone, state, reason, attempt, requestSeq, , bizId, claimedMs, changedMs, segments] = row;
  if (!maskedPhone.test(phone)) report.fault('ledger.masked', at);
  if (!(reasonsOf[state] ?? noReasons).has(reason)) report.fault('ledger.reasons', at);
  const tried = attempt > 0 && requestSeq !== null && claimedMs !== null;
  const untouched = attempt === 0 && requestSeq === null && claimedMs === null && bizId === null;
  const inOrder = claimedMs === null || (changedMs !== null && changedMs >= claimedMs);
  const priced = !isBilled(row) || (segments !== null && segments > 0);
  if (
    openStates.has(state) ||
    (sentStates.has(state) && !tried) ||
    (attempt === 0 && !untouched) ||
    !inOrder ||
    !priced ||
    (bizId !== null && !sentStates.has(state))
  ) {
    report.fault('ledger.states', at);
  }
}

/** What the carrier may charge: all that it took or may have taken. A refusal (`failed` without a bizId) costs nothing. */
const isBilled = ([, , , state, , , , , bizId]: LedgerRow): boolean =>
  sentStates.has(state) && (state !== 'failed' || bizId !== null);

/** An out id is (requestSeq, attempt), and ours. A bizId is the gateway's word: one that gives it again does not make ours false. */
function outIdCheck({ form }: ReadArchive, report: ArchiveReport): (row: LedgerRow, at: string) => void {
  const single = form.body.gateway.requests === 'single';
  return ([seq, , , , , , requestSeq], at) => {
    if (requestSeq === null) return;
    if (requestSeq < 1 || (single ? requestSeq !== seq : requestSeq > seq)) report.fault('ledger.out-ids', at);
  };
}

function timeCheck(archive: ReadArchive, report: ArchiveReport): (claimedMs: number | null, at: string) => void {
  const { window } = archive.form.body;
  const leader = archive.signatures.find(({ role }) => role === 'leader');
  const signed = leader ? Date.parse(leader.signedAt) : Number.POSITIVE_INFINITY;
  const [starts, ends] = [Date.parse(window.startsAt), Date.parse(window.endsAt)];
  const still = stillTimes(archive);
  const opening = openings(archive);
  return (claimedMs, at) => {
    if (claimedMs === null) return;
    if (claimedMs < signed) report.fault('ledger.signed', at);
    if (claimedMs < starts || claimedMs >= ends) report.fault('ledger.window', at);
    if (!opening(claimedMs)) report.fault('ledger.hours', at);
    if (still.some(({ from, until }) => claimedMs > from + stopGraceMs && claimedMs < until))
      report.fault('ledger.stopped', at);
  };
}

/** Whether an instant (ms) lies in the daily hours of a day that was signed. Days are few and rows many: each is computed once. */
function openings({ form, calendar }: ReadArchive): (ms: number) => boolean {
  const { dailyFrom, dailyTo, days } = form.body.window;
  const known = new Map<string, readonly [from: number, to: number] | null>();
  return (ms) => {
    const day = chinaDateAt(new Date(ms));
    let span = known.get(day);
    if (span === undefined) {
      const answer = days === 'every-day' ? ({ kind: 'known', working: true } as const) : isWorkingDay(calendar, day);
      const open = answer.kind === 'known' && answer.working;
      span = open ? [chinaInstant(day, dailyFrom).getTime(), chinaInstant(day, dailyTo).getTime()] : null;
      known.set(day, span);
    }
    return span !== null && span[0] <= ms && ms < span[1];
  };
}

function batchCheck(
  { audience, form }: ReadArchive,
  report: ArchiveReport,
): { add(leaf: Buffer): void; finish(): void } {
  const { batchSize, merkleRoot: signedRoot } = form.body.audience;
  let batches = 0;
  const cut = createBatchCutter(batchSize, ({ batch, digest }) => {
    batches = batch;
    if (digest !== audience.batches[batch - 1]) report.fault('audience.batches', `audience.batches[${batch - 1}]`);
  });
  return {
    add: cut.add,
    finish() {
      cut.finish();
      if (batches !== audience.batches.length) report.fault('audience.batches', 'audience.batches');
      if (merkleRoot(audience.batches) !== signedRoot) report.fault('audience.root', 'form.body.audience.merkleRoot');
    },
  };
}

function checkCounts(
  { ledger, audience, receipts }: ReadArchive,
  counts: Record<MessageState, number>,
  report: ArchiveReport,
): void {
  for (const state of messageStates) {
    if (ledger.counts[state] !== counts[state]) report.fault('ledger.counts', `ledger.counts.${state}`);
  }
  if (sum(Object.values(ledger.counts)) !== audience.size) report.fault('ledger.counts', 'ledger.counts');
  const { received, delivered, failed, codes } = receipts;
  if (delivered + failed !== received || sum(Object.values(codes)) !== received)
    report.fault('receipts.sums', 'receipts');
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
