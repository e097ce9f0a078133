import { addDays, chinaDateAt, type ChinaDate } from '../kernel/working-day.rule.ts';

/** What a worker has noted outside the database of the installation that it worked for. */
export type Noted = { id: string; mark: number };

/**
 * What a worker makes of the database that it finds at its start or at work:
 * `known`: the one that it worked with, as far as it was or further; `new`: nobody has ever worked with it;
 * `joined`: others work with it now; `restored`: an older state of it, or one of which this machine knows nothing.
 */
export type Origin = 'known' | 'new' | 'joined' | 'restored';

/** `restoredAt`: `waihu restore` has filled the database, which says more than any mark. */
export function originOf(
  noted: Noted | null,
  stands: Noted & { restoredAt?: Date | null },
  othersLive: boolean,
): Origin {
  if (stands.restoredAt) return 'restored';
  if (noted?.id === stands.id) return stands.mark >= noted.mark ? 'known' : 'restored';
  if (stands.mark === 0) return 'new';
  // Whoever works with it has looked at it already. With nobody there, what became of it since nobody can say.
  return othersLive ? 'joined' : 'restored';
}

/** Messages may have left between these moments of which the database knows nothing. */
export type Doubt = { from: Date; until: Date };

// Gateways list what they sent for thirty days; a day is left for their clocks.
const listedDays = 29;

/** China days under which a message of the time in doubt may be filed: the last hour of a day may be filed under the next. */
export function daysInDoubt({ from, until }: Doubt): ChinaDate[] {
  const last = chinaDateAt(new Date(until.getTime() + 3_600_000));
  const days: ChinaDate[] = [];
  for (let day = chinaDateAt(from); day <= last; day = addDays(day, 1)) days.push(day);
  return days.slice(-listedDays - 1);
}

/** Whether "not known" can prove anything: the gateway must still list the whole time in doubt. */
export const isListed = ({ from }: Doubt, now: Date): boolean =>
  now.getTime() - from.getTime() < listedDays * 86_400_000;
