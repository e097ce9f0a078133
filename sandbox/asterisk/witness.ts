import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Fate } from './scenario.ts';

/** One call that the PBX took on, as it really went. */
export type Originate = {
  n: number;
  /** How often the number had been called before. */
  nth: number;
  channelId: string;
  kind: 'customer' | 'agent';
  /** As it was dialled: a number, or an extension. */
  number: string;
  callerId: string;
  at: number;
  fate: Fate | 'phone';
  ringingAt: number | null;
  answeredAt: number | null;
  /** First moment together with somebody else in a bridge. */
  bridgedAt: number | null;
  endedAt: number | null;
  /** Who ended it: the product, the far side, the ring time-out, or the PBX itself. */
  endedBy: 'app' | 'far' | 'time-out' | 'pbx' | null;
  cause: number | null;
  sipCode: number | null;
  keys: string;
  heard: string[];
};

/**
 * Bears witness of every call that was made. A line is in the file before the product gets its answer: a kill at any moment forgets no call
 * whose phone rang.
 */
export function createCallWitness(folder: string | undefined, now: () => number) {
  const calls: Originate[] = [];
  const live = new Map<string, Originate>();
  const counts = { sameIdAgain: 0, sameNumberAtOnce: 0, peak: 0 };
  const file = folder === undefined ? null : join(folder, 'calls.ndjson');
  const byNumber = new Map<string, Originate[]>();
  const ids = new Set<string>();

  function keep(call: Originate): void {
    if (file !== null) appendFileSync(file, `${JSON.stringify(call)}\n`);
  }

  function enter(call: Originate): void {
    const before = byNumber.get(call.number) ?? [];
    if (ids.has(call.channelId)) counts.sameIdAgain += 1;
    if (call.kind === 'customer' && before.some(({ endedAt }) => endedAt === null)) counts.sameNumberAtOnce += 1;
    ids.add(call.channelId);
    byNumber.set(call.number, [...before, call]);
    calls.push(call);
  }

  return {
    /** What an earlier run left: its calls ended with it. */
    load(): void {
      if (file === null || folder === undefined) return;
      mkdirSync(folder, { recursive: true });
      if (!existsSync(file)) return;
      const text = readFileSync(file, 'utf8');
      const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
      const latest = new Map<number, Originate>();
      for (const line of lines)
        if (line !== '') latest.set((JSON.parse(line) as Originate).n, JSON.parse(line) as Originate);
      truncateSync(file, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
      for (const call of [...latest.values()].toSorted((a, b) => a.n - b.n)) {
        if (call.endedAt === null) Object.assign(call, { endedAt: call.answeredAt ?? call.at, endedBy: 'pbx' });
        enter(call);
      }
    },
    took(call: Pick<Originate, 'channelId' | 'kind' | 'number' | 'callerId' | 'fate'>): Originate {
      const entry: Originate = {
        n: calls.length,
        nth: byNumber.get(call.number)?.length ?? 0,
        ...call,
        at: now(),
        ringingAt: null,
        answeredAt: null,
        bridgedAt: null,
        endedAt: null,
        endedBy: null,
        cause: null,
        sipCode: null,
        keys: '',
        heard: [],
      };
      enter(entry);
      live.set(entry.channelId, entry);
      counts.peak = Math.max(counts.peak, live.size);
      keep(entry);
      return entry;
    },
    ended(entry: Originate, end: Pick<Originate, 'endedBy' | 'cause' | 'sipCode'>): void {
      Object.assign(entry, end, { endedAt: now() });
      live.delete(entry.channelId);
      keep(entry);
    },
    /** How often the number was called before. */
    timesCalled: (number: string): number => byNumber.get(number)?.length ?? 0,
    ofNumber: (number: string): readonly Originate[] => byNumber.get(number) ?? [],
    ofChannel: (id: string): readonly Originate[] => calls.filter(({ channelId }) => channelId === id),
    all: (): readonly Originate[] => calls,
    summary() {
      const customers = calls.filter(({ kind }) => kind === 'customer');
      const answered = customers.filter(({ answeredAt }) => answeredAt !== null);
      const people = answered.filter(({ fate }) => fate === 'answer');
      const unbridged = people.filter(({ bridgedAt, endedAt }) => bridgedAt === null && endedAt !== null);
      return {
        originates: customers.length,
        agentCalls: calls.length - customers.length,
        distinctNumbers: new Set(customers.map(({ number }) => number)).size,
        /** Both prove that somebody's phone rang twice for one thing. */
        sameIdAgain: counts.sameIdAgain,
        sameNumberAtOnce: counts.sameNumberAtOnce,
        mostOfOneNumber: Math.max(
          0,
          ...[...byNumber.values()].map((of) => of.filter(({ kind }) => kind === 'customer').length),
        ),
        answered: answered.length,
        answeredByPeople: people.length,
        bridged: people.length - people.filter(({ bridgedAt }) => bridgedAt === null).length,
        answeredAndNeverBridged: unbridged.length,
        live: live.size,
        peakLive: counts.peak,
      };
    },
    clear(): void {
      calls.length = 0;
      live.clear();
      ids.clear();
      byNumber.clear();
      Object.assign(counts, { sameIdAgain: 0, sameNumberAtOnce: 0, peak: 0 });
      if (file !== null && existsSync(file)) truncateSync(file);
    },
  };
}
export type CallWitness = ReturnType<typeof createCallWitness>;
