import type { LedgerRow } from './format.rule.ts';
import type { ArchiveReport } from './report.rule.ts';
import type { ReadArchive } from './schema.rule.ts';

// A receipt may be taken in while a call is being made; a second later the sender knows of it.
const knownAfterMs = 1_000;

/**
 * Nothing was sent once it was known to be above the ceiling. Known of a message is what its receipt bills, from the receipt on;
 * one segment before, from its call on. What receipts tell after the last call is no sender's fault, and is said.
 */
export function costCheck(
  { form }: ReadArchive,
  report: ArchiveReport,
): { add(row: LedgerRow, isBilled: boolean, index: number): void; finish(): void } {
  const { pricePerSegmentMilliYuan: price, estimateFen, ceilingFen } = form.body.cost;
  // Numbers alone, side by side: an object a row would be the largest thing that the verifier holds.
  const calls: Calls = { ms: [], index: [] };
  const billed: Billed = { claimedMs: [], changedMs: [], segments: [] };
  return {
    add([, , , , , , , , , claimedMs, changedMs, segments], isBilled, index) {
      if (claimedMs === null) return;
      calls.ms.push(claimedMs);
      calls.index.push(index);
      if (!isBilled) return;
      billed.claimedMs.push(claimedMs);
      billed.changedMs.push(changedMs ?? claimedMs);
      billed.segments.push(segments ?? 0);
    },
    finish() {
      if (estimateFen > ceilingFen) report.fault('cost.ceiling', 'form.body.cost.estimateFen');
      const total = billed.segments.reduce((sum, segments) => sum + segments, 0);
      if (total * price <= ceilingFen * 10) return;
      const told = yuan(Math.ceil((total * price) / 10));
      report.say(
        'cost.ceiling',
        `Nothing was sent once it was known to be above the ceiling; receipts that came later bill ¥${told} of ¥${yuan(ceilingFen)}.`,
        `已知超过上限后无任何发送；其后到达的回执计费共 ¥${told}，所签上限 ¥${yuan(ceilingFen)}。`,
      );
      for (const index of callsAbove(billed, calls, (ceilingFen * 10) / price))
        report.fault('cost.ceiling', `ledger.rows[${index}]`);
    },
  };
}

type Calls = { ms: number[]; index: number[] };
type Billed = { claimedMs: number[]; changedMs: number[]; segments: number[] };

function* callsAbove(billed: Billed, calls: Calls, limit: number): Generator<number> {
  const [begun, settled] = [inOrder(billed.claimedMs), inOrder(billed.changedMs)];
  let [known, nextBegun, nextSettled] = [0, 0, 0];
  for (const call of inOrder(calls.ms)) {
    const until = at(calls.ms, call) - knownAfterMs;
    for (; nextBegun < begun.length && at(billed.claimedMs, begun[nextBegun]) <= until; nextBegun += 1) known += 1;
    for (; nextSettled < settled.length && at(billed.changedMs, settled[nextSettled]) <= until; nextSettled += 1)
      known += at(billed.segments, settled[nextSettled]) - 1;
    if (known > limit) yield at(calls.index, call);
  }
}

const at = (values: readonly number[], place: number | undefined): number => values[place ?? 0] as number;

/** The places of these instants, earliest first. */
const inOrder = (ms: readonly number[]): Uint32Array =>
  Uint32Array.from(ms.keys()).sort((a, b) => at(ms, a) - at(ms, b) || a - b);

const yuan = (fen: number): string => (fen / 100).toFixed(2);
