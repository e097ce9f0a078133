/** How Temporal describes one process, asked by its id; `stuck`: a step of it has failed ten times on end. */
export type ProcessSeen =
  | 'running'
  | 'stuck'
  | 'missing'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'terminated'
  | 'timed-out';

export type WatchedProcess = {
  /** The database was restored since the process began: what it knows is of another time. */
  stale: boolean;
  /** How often it was lost within the hour, and when last. */
  losses: number;
  lostAt: Date | null;
};

/** What must have a process, as its own table has it; `kind` and `id` name it on record. */
export type LiveProcess = WatchedProcess & { kind: string; id: string; state: string };

export type WatchVerdict = { kind: 'lives' } | { kind: 'restart'; lost: ProcessSeen | 'restored' } | { kind: 'wait' };

const hourMs = 3_600_000;
const firstPauseMs = 30_000;

/** A process that dies again and again is started ever more seldom: twice as long from one to the next, at most an hour. */
export const restartPauseMs = (losses: number): number =>
  losses === 0 ? 0 : Math.min(hourMs, firstPauseMs * 2 ** Math.min(losses - 1, 10));

/** Losses that count at `now`: whoever has lived for an hour begins anew. */
export const lossesNow = ({ losses, lostAt }: Pick<WatchedProcess, 'losses' | 'lostAt'>, now: Date): number =>
  lostAt === null || now.getTime() - lostAt.getTime() > hourMs ? 0 : losses;

/** From so many losses within the hour on somebody must look why: starting it again does not help. */
export const alarmingLosses = 4;

/** What the watch does about something that must have a process, by what Temporal says of it. */
export function verdictOn(process: WatchedProcess, seen: ProcessSeen, now: Date): WatchVerdict {
  if (seen === 'running') return process.stale ? { kind: 'restart', lost: 'restored' } : { kind: 'lives' };
  const pauseMs = restartPauseMs(lossesNow(process, now));
  if (process.lostAt !== null && now.getTime() - process.lostAt.getTime() < pauseMs) return { kind: 'wait' };
  return { kind: 'restart', lost: process.stale ? 'restored' : seen };
}
