/** What the order of calls goes by. */
export type Ranked = {
  id: string;
  promisedAt: Date | null;
  promisedBy: string | null;
  promiseIsPersonal: boolean;
  dueAt: Date | null;
  weight: number;
  notBefore: Date;
};

/** So long after a personal promise only the one who gave it is given it; then anybody is, for the customer waits. */
export const personalMinutes = 15;
/** A clock that breaks within this time comes before those that nothing presses. */
export const clockSoonMinutes = 60;

const minuteMs = 60_000;
export const soonFrom = (now: Date): Date => new Date(now.getTime() + clockSoonMinutes * minuteMs);
export const personalUntil = (promisedAt: Date): Date => new Date(promisedAt.getTime() + personalMinutes * minuteMs);

/** Why a task is called now, or when it may be. */
export type Why =
  | { code: 'promised'; promisedAt: Date; lateMinutes: number; isOwnPromise: boolean }
  | { code: 'clock-broken'; dueAt: Date; lateMinutes: number }
  | { code: 'clock-soon'; dueAt: Date; leftMinutes: number }
  | { code: 'in-turn'; weight: number; since: Date }
  | { code: 'not-yet'; until: Date }
  | { code: 'promised-by-another'; by: string | null; until: Date };

const minutesBetween = (from: Date, to: Date): number => Math.floor((to.getTime() - from.getTime()) / minuteMs);

/** Whether the task is called at `now`, by that agent or (null) by nobody in particular, and because of what. */
export function whyNow(task: Ranked, now: Date, agentId: string | null): Why {
  const { promisedAt, promisedBy, dueAt, notBefore } = task;
  const earliest = promisedAt !== null && promisedAt > notBefore ? promisedAt : notBefore;
  if (earliest > now) return { code: 'not-yet', until: earliest };
  if (promisedAt !== null) {
    const isOwnPromise = agentId !== null && promisedBy === agentId;
    const until = personalUntil(promisedAt);
    if (task.promiseIsPersonal && !isOwnPromise && until > now)
      return { code: 'promised-by-another', by: promisedBy, until };
    return { code: 'promised', promisedAt, lateMinutes: minutesBetween(promisedAt, now), isOwnPromise };
  }
  if (dueAt !== null && dueAt <= now) return { code: 'clock-broken', dueAt, lateMinutes: minutesBetween(dueAt, now) };
  if (dueAt !== null && dueAt <= soonFrom(now))
    return { code: 'clock-soon', dueAt, leftMinutes: minutesBetween(now, dueAt) };
  return { code: 'in-turn', weight: task.weight, since: notBefore };
}

const places = { promised: 0, 'clock-broken': 1, 'clock-soon': 1, 'in-turn': 2 } as const;

/** Whether the task may be called at all at `now`, by that agent. */
export const isCallable = (task: Ranked, now: Date, agentId: string | null): boolean =>
  whyNow(task, now, agentId).code in places;

const byTime = (a: Date | null, b: Date | null): number => (a?.getTime() ?? 0) - (b?.getTime() ?? 0);
const byId = (a: Ranked, b: Ranked): number => (a.id < b.id ? -1 : Number(a.id > b.id));

const place = (code: Why['code']): number => (code in places ? places[code as keyof typeof places] : 3);

/** Order of those that may be called: due promises by their time, then clocks that break soon, then the rest by tier and by how long they wait. */
export function inOrder(a: Ranked, b: Ranked, now: Date, agentId: string | null): number {
  const [first, second] = [whyNow(a, now, agentId).code, whyNow(b, now, agentId).code];
  if (place(first) !== place(second)) return place(first) - place(second);
  if (place(first) === 0) return byTime(a.promisedAt, b.promisedAt) || byId(a, b);
  if (place(first) === 1) return byTime(a.dueAt, b.dueAt) || byId(a, b);
  return b.weight - a.weight || byTime(a.notBefore, b.notBefore) || byId(a, b);
}
