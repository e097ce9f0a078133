import { AppError } from '../../kernel/app-error.rule.ts';

/** How fast an address is served that guesses: one attempt at a time, so many milliseconds apart, and so many may wait. */
export type LanePace = { gapMs: number; longest: number };
export const usualPace: LanePace = { gapMs: 500, longest: 40 };

export type SlowLane = {
  /** Resolves when it is this attempt's turn. Throws `auth.throttled` where the queue of that address is full. */
  turn(address: string): Promise<void>;
};

/**
 * Attempts of an address that has guessed too often wait in line: a whole house may sit behind it, so it is slowed down and never
 * locked. Two guesses a second are too few to find a password, and somebody with the right one is in after some seconds.
 */
export function createSlowLane({ gapMs, longest }: LanePace = usualPace): SlowLane {
  const lanes = new Map<string, { free: number; waiting: number }>();
  return {
    async turn(address) {
      const now = performance.now();
      const lane = lanes.get(address) ?? { free: now, waiting: 0 };
      if (lane.waiting >= longest)
        throw new AppError('denied', 'auth.throttled', 'Too many attempts from this address; try again in a minute.', {
          retryAfterSeconds: Math.ceil((longest * gapMs) / 1_000),
          minutes: 1,
        });
      lanes.set(address, lane);
      lane.free = Math.max(lane.free, now) + gapMs;
      lane.waiting += 1;
      await new Promise((resolve) => setTimeout(resolve, lane.free - now));
      lane.waiting -= 1;
      if (lane.waiting === 0) lanes.delete(address);
    },
  };
}
