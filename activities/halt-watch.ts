import { goingOn, hasReached, type Watched } from '../src/campaign/halt.db.ts';
import type { Pool } from '../src/kernel/sql.db.ts';

export type HaltWatch = {
  /** No new call may begin now: somebody said stop, or the database has not answered lately. */
  halted(): boolean;
  /** Somebody said stop, and may have said go on since: this run ends all the same, and the next one sees what holds then. */
  ended(): boolean;
  stop(): void;
};
export type HaltWatches = {
  open(at: Watched): HaltWatch;
  /** Asked before a span is opened, whose first look is still to come: nothing is claimed on the word of an older database. */
  mayBegin(): Promise<boolean>;
  knownMark(): number;
};

const everyMs = 200;
const freshForMs = 900;

/**
 * Looks at the database several times a second while calls are being made, so that a committed pause, cancel, account stop or
 * take-over is followed by no new call after at most a second. Without an answer from the database nothing new goes out either.
 * One question for all spans of the process: two hundred that each asked would be a thousand queries a second.
 */
export function createHaltWatches(pool: Pool, knownMark: () => number = () => 0): HaltWatches {
  type Open = { at: Watched; halted: boolean; seenAt: number };
  const watches = new Set<Open>();
  let asking = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    const asked = [...watches];
    const askedAt = performance.now();
    try {
      const going = await goingOn(
        pool,
        asked.map(({ at }) => at),
        knownMark(),
      );
      asked.forEach((watch, index) => {
        watch.seenAt = askedAt;
        if (!going.has(index)) watch.halted = true;
      });
    } catch {
      // The age of the last answer halts the calls; the claim that follows reports the fault.
    } finally {
      asking = false;
    }
  };
  return {
    knownMark,
    mayBegin: () => hasReached(pool, knownMark()),
    open(at) {
      const watch: Open = { at, halted: false, seenAt: performance.now() };
      watches.add(watch);
      timer ??= setInterval(() => void look(), everyMs);
      return {
        halted: () => watch.halted || performance.now() - watch.seenAt > freshForMs,
        ended: () => watch.halted,
        stop() {
          watches.delete(watch);
          if (watches.size > 0) return;
          clearInterval(timer);
          timer = undefined;
        },
      };
    },
  };
}
