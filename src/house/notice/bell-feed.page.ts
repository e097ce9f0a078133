import { countUnreadOf } from './notice.db.ts';
import type { Pool } from '../../kernel/sql.db.ts';

type Ring = (unread: number) => void;
/** Looks each second how many unread notices the people with an open page have: one query, however many they are. */
export type BellFeed = {
  /** Gives what ends the watch. `ring` is called with the first count and whenever it changes. */
  watch(staffId: string, ring: Ring): () => void;
  close(): void;
};

export function createBellFeed(deps: { pool: Pool; onTrouble: (error: unknown) => void; everyMs?: number }): BellFeed {
  type Watch = { staffId: string; ring: Ring; last: number | null };
  const watches = new Set<Watch>();
  let timer: NodeJS.Timeout | null = null;

  async function look(): Promise<void> {
    try {
      const counts = await countUnreadOf(deps.pool, [...new Set([...watches].map(({ staffId }) => staffId))]);
      for (const watch of watches) {
        const count = counts.get(watch.staffId);
        if (count === undefined || count === watch.last) continue;
        watch.last = count;
        watch.ring(count);
      }
    } catch (error) {
      // The database is away: the next look may find it again.
      deps.onTrouble(error);
    }
  }
  function again(afterMs: number): void {
    timer = setTimeout(() => {
      void look().then(() => (watches.size > 0 && timer ? again(deps.everyMs ?? 1_000) : (timer = null)));
    }, afterMs);
  }

  return {
    watch(staffId, ring) {
      const watch: Watch = { staffId, ring, last: null };
      watches.add(watch);
      if (!timer) again(0);
      return () => void watches.delete(watch);
    },
    close() {
      if (timer) clearTimeout(timer);
      timer = null;
      watches.clear();
    },
  };
}
