/** Counts of calls as the server met them, whatever the client was told. */
export interface Tally {
  count: (action: string, code: string, manner: string) => void;
  read: () => { byAction: Record<string, number>; byCode: Record<string, number>; byManner: Record<string, number> };
  clear: () => void;
}

const add = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);

/** Counters at zero. */
export function createTally(): Tally {
  const counters = {
    byAction: new Map<string, number>(),
    byCode: new Map<string, number>(),
    byManner: new Map<string, number>(),
  };
  return {
    count(action, code, manner) {
      add(counters.byAction, action);
      add(counters.byCode, code);
      add(counters.byManner, manner);
    },
    read: () => ({
      byAction: Object.fromEntries(counters.byAction),
      byCode: Object.fromEntries(counters.byCode),
      byManner: Object.fromEntries(counters.byManner),
    }),
    clear() {
      for (const map of Object.values(counters)) map.clear();
    },
  };
}
