const TICK_MS = 10;

/** Things to do later, in 10 ms steps. One timer for all: a million waiting receipts must not be a million timers. */
export interface Agenda<Item> {
  /** Runs the item after `delayMs`, never within the same turn. */
  schedule: (delayMs: number, item: Item) => void;
  readonly size: number;
  clear: () => void;
  stop: () => void;
}

/** Starts an agenda; `run` receives each item when it is due. */
export function createAgenda<Item>(run: (item: Item) => void): Agenda<Item> {
  const ticks = new Map<number, Item[]>();
  const tickNow = () => Math.floor(performance.now() / TICK_MS);
  let cursor = tickNow();
  let size = 0;

  const timer = setInterval(() => {
    const now = tickNow();
    if (size === 0) cursor = now;
    while (cursor < now) {
      cursor++;
      const due = ticks.get(cursor);
      if (!due) continue;
      ticks.delete(cursor);
      size -= due.length;
      for (const item of due) run(item);
    }
  }, TICK_MS);

  return {
    schedule(delayMs, item) {
      // The cursor may lag behind the clock under load; a tick behind it would never be visited.
      const tick = Math.max(cursor, tickNow()) + 1 + Math.ceil(delayMs / TICK_MS);
      const due = ticks.get(tick);
      if (due) due.push(item);
      else ticks.set(tick, [item]);
      size++;
    },
    get size() {
      return size;
    },
    clear() {
      ticks.clear();
      size = 0;
    },
    stop: () => clearInterval(timer),
  };
}
