import type { LedgerRow } from './format.rule.ts';
import type { ArchiveReport } from './report.rule.ts';
import type { ReadArchive } from './schema.rule.ts';

// A receipt may be taken in while a call is being made; a second later the sender knows of it.
const knownAfterMs = 1_000;

type Billed = { claimedMs: number; changedMs: number; segments: number };

/**
 * Nothing was sent once it was known to be above the ceiling. Known of a message is what its receipt bills, from the receipt on;
 * one segment before, from its call on. What receipts tell after the last call is no sender's fault, and is said.
 */
export function costCheck(
  { form }: ReadArchive,
  report: ArchiveReport,
): { add(row: LedgerRow, isBilled: boolean, at: string): void; finish(): void } {
  const { pricePerSegmentMilliYuan: price, estimateFen, ceilingFen } = form.body.cost;
  const billed: Billed[] = [];
  const calls: { ms: number; at: string }[] = [];
  return {
    add([, , , , , , , , , claimedMs, changedMs, segments], isBilled, at) {
      if (claimedMs === null) return;
      calls.push({ ms: claimedMs, at });
      if (isBilled) billed.push({ claimedMs, changedMs: changedMs ?? claimedMs, segments: segments ?? 0 });
    },
    finish() {
      if (estimateFen > ceilingFen) report.fault('cost.ceiling', 'form.body.cost.estimateFen');
      const total = billed.reduce((sum, { segments }) => sum + segments, 0);
      if (total * price <= ceilingFen * 10) return;
      const told = yuan(Math.ceil((total * price) / 10));
      report.say(
        'cost.ceiling',
        `Nothing was sent once it was known to be above the ceiling; receipts that came later bill ¥${told} of ¥${yuan(ceilingFen)}.`,
        `已知超过上限后无任何发送；其后到达的回执计费共 ¥${told}，所签上限 ¥${yuan(ceilingFen)}。`,
      );
      for (const at of callsAbove(billed, calls, (ceilingFen * 10) / price)) report.fault('cost.ceiling', at);
    },
  };
}

function callsAbove(billed: readonly Billed[], calls: readonly { ms: number; at: string }[], limit: number): string[] {
  const begun = billed.toSorted((a, b) => a.claimedMs - b.claimedMs);
  const settled = billed.toSorted((a, b) => a.changedMs - b.changedMs);
  const above: string[] = [];
  let [known, nextBegun, nextSettled] = [0, 0, 0];
  for (const call of calls.toSorted((a, b) => a.ms - b.ms)) {
    const until = call.ms - knownAfterMs;
    for (let row = begun[nextBegun]; row && row.claimedMs <= until; row = begun[(nextBegun += 1)]) known += 1;
    for (let row = settled[nextSettled]; row && row.changedMs <= until; row = settled[(nextSettled += 1)])
      known += row.segments - 1;
    if (known > limit) above.push(call.at);
  }
  return above;
}

const yuan = (fen: number): string => (fen / 100).toFixed(2);
