import { daysOf, mergePoints, stepFor } from './figure.rule.ts';
import {
  claimTimes,
  countAlone,
  countDelays,
  countLines,
  countPoints,
  figureSubject,
  findFigures,
  glanceFigures,
  storeFigures,
  type CampaignFigures,
  type FigureGlance,
} from './figures.db.ts';
import { takeTime, transaction, type Pool, type Tx } from '../kernel/sql.db.ts';

/** Counts what pages say about ledgers: beside the requests, one ledger at a time, however many people look. */
export type Figures = {
  /**
   * The figures as they stand; old ones are counted beside it. Waits up to `patienceMs` for what was never counted, and
   * with `stale` for what was counted more than ten seconds ago.
   */
  look(keys: readonly number[], patienceMs?: number, wait?: 'stale' | 'missing'): Promise<Map<number, CampaignFigures>>;
  /** The same for lists: counts without the points of the chart. */
  glance(keys: readonly number[], patienceMs?: number, wait?: 'stale' | 'missing'): Promise<Map<number, FigureGlance>>;
  /** Resolves when the campaign's figures are as new as the pace allows. */
  refresh(key: number): Promise<void>;
  /** Waits for what is being counted; nothing is counted afterwards. */
  close(): Promise<void>;
};

const secondMs = 1_000;
// A million rows take a second to count: four times as long they are left in peace, so one campaign costs a fifth of a core.
const restFactor = 4;
// Retries move a claim from one moment to another; counting all points again now and then sets that right.
const wholeEveryMs = 600_000;
// Late receipts may change what has ended.
const endedRestMs = 300_000;
const afterEndMs = 5_000;
// Younger figures are shown with their time; the page's own stream brings the next.
const staleMs = 10_000;

export function createFigures(pool: Pool, now: () => Date = () => new Date()): Figures {
  const running = new Map<number, Promise<void>>();
  let line: Promise<unknown> = Promise.resolve();
  let closed = false;

  const ageOf = (figures: FigureGlance | undefined): number =>
    figures ? now().getTime() - figures.at.getTime() : Infinity;
  const isOld = (figures: FigureGlance | undefined): boolean =>
    !figures || ageOf(figures) >= (figures.ended ? endedRestMs : Math.max(secondMs, figures.tookMs * restFactor));

  async function count(key: number): Promise<void> {
    if (closed) return;
    // Another process may have counted meanwhile.
    const known = (await findFigures(pool, [key])).get(key);
    const subject = await figureSubject(pool, key);
    if (!subject || !isOld(known)) return;
    const at = now();
    const counted = await transaction(pool, async (tx) => {
      await takeTime(tx);
      await countAlone(tx);
      return countFigures(tx, key, known ?? null, at);
    });
    const ended = subject.finishedAt !== null && at.getTime() > subject.finishedAt.getTime() + afterEndMs;
    await storeFigures(pool, key, { ...counted, ended });
  }

  function refresh(key: number): Promise<void> {
    if (closed) return Promise.resolve();
    const before = running.get(key);
    if (before) return before;
    const work = line.then(() => count(key)).finally(() => running.delete(key));
    running.set(key, work);
    line = work.catch(() => undefined);
    return work;
  }

  const lookWith =
    <Found extends FigureGlance>(find: (db: Pool, keys: readonly number[]) => Promise<Map<number, Found>>) =>
    async (
      keys: readonly number[],
      patienceMs = 0,
      wait: 'stale' | 'missing' = 'stale',
    ): Promise<Map<number, Found>> => {
      const known = await find(pool, keys);
      const old = keys.filter((key) => isOld(known.get(key)));
      if (old.length === 0) return known;
      const counted = Promise.allSettled(old.map(refresh));
      const worthIt = old.some((key) => !known.has(key) || (wait === 'stale' && ageOf(known.get(key)) > staleMs));
      if (patienceMs === 0 || !worthIt) return known;
      await Promise.race([counted, passing(patienceMs)]);
      return find(pool, keys);
    };

  return {
    refresh,
    look: lookWith(findFigures),
    glance: lookWith(glanceFigures),
    async close() {
      closed = true;
      await line;
    },
  };
}

const passing = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

/** Counts one ledger. Points older than the last look are taken over unless they are due to be counted again. */
async function countFigures(
  tx: Tx,
  key: number,
  known: CampaignFigures | null,
  at: Date,
): Promise<Omit<CampaignFigures, 'ended'>> {
  const began = performance.now();
  const lines = await countLines(tx, key, at);
  const claims = await claimTimes(tx, key);
  const step = stepFor(claims.first === null ? 0 : (at.getTime() - claims.first.getTime()) / secondMs);
  const goesOn = known !== null && known.step === step && at.getTime() - known.wholeAt.getTime() < wholeEveryMs;
  // Two points back: what was committed while it was being counted has a time of a moment ago.
  const since = goesOn ? Math.floor(known.at.getTime() / secondMs / step) * step - 2 * Math.max(step, 5) : 0;
  const from = Math.max(0, Math.floor(since / step) * step);
  const fresh = lines.length === 0 ? [] : await countPoints(tx, key, step, from);
  const points = goesOn ? mergePoints(known.points, fresh, from) : fresh;
  const delays = lines.length === 0 ? [] : await countDelays(tx, key);
  return {
    at,
    lines,
    oldestClaimAt: claims.oldestOpen,
    lastClaimAt: claims.last,
    oldestUnknownAt: claims.oldestUnknown,
    step,
    points,
    delays,
    days: daysOf(points),
    wholeAt: goesOn ? known.wholeAt : at,
    tookMs: Math.round(performance.now() - began),
  };
}
