import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

// USER_HZ is 100 on every Linux that Node runs on.
const ticksPerSecond = 100;

/** CPU seconds of the parts of a house. */
export type Usage = Record<'worker' | 'postgres' | 'temporal' | 'sandbox' | 'api', number>;

export const difference = (after: Usage, before: Usage): Usage =>
  Object.fromEntries(
    Object.entries(after).map(([part, seconds]) => [part, seconds - before[part as keyof Usage]]),
  ) as Usage;

/** CPU seconds so far: of the process alone, or with `children` of all below it, ended ones included once they were waited for. */
export function cpuSeconds(pid: number, children = false): number {
  const own = ticksOf(pid);
  if (own === null) return 0;
  if (!children) return (own.user + own.system) / ticksPerSecond;
  const below = childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child, true), 0);
  return (own.user + own.system + own.endedUser + own.endedSystem) / ticksPerSecond + below;
}

/** Highest resident memory in MB since the start or the last `forgetPeak`. */
export const peakMb = (pid: number): number => memory(pid, 'VmHWM');
export const residentMb = (pid: number): number => memory(pid, 'VmRSS');

/** From now on `peakMb` tells of what comes. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Not allowed for another user's process: the peak then counts from its start.
  }
}

function memory(pid: number, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(found?.[1] ?? 0) / 1024);
}

function ticksOf(pid: number) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and brackets: fields are counted from the last bracket.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { user: fields[11] ?? 0, system: fields[12] ?? 0, endedUser: fields[13] ?? 0, endedSystem: fields[14] ?? 0 };
  } catch {
    return null;
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}
