import { liveOf, type LiveView } from './live.command.ts';
import type { Figures } from './figures.command.ts';
import { findCampaign } from './campaign.db.ts';
import type { Pool } from '../kernel/sql.db.ts';

export type Watcher = { show(view: LiveView): void; fail(error: unknown): void };
/** Looks at a campaign each second for as long as somebody watches it: once, however many do. */
export type Feed = {
  /** Gives what ends the watch. */
  watch(campaignId: string, watcher: Watcher): () => void;
  /** Campaigns that are looked at. */
  watched(): number;
  /** Ends every look. */
  close(): void;
};

const everyMs = 1_000;

export function createFeed(deps: { pool: Pool; figures: Figures; now: () => Date; everyMs?: number }): Feed {
  const { pool, figures, now } = deps;
  const watches = new Map<string, { watchers: Set<Watcher>; timer: NodeJS.Timeout | null }>();

  async function look(campaignId: string): Promise<void> {
    const watch = watches.get(campaignId);
    if (!watch) return;
    try {
      const campaign = await findCampaign(pool, campaignId);
      if (!campaign) return;
      const view = await liveOf(pool, figures, campaign, 0, now());
      for (const watcher of watch.watchers) watcher.show(view);
    } catch (error) {
      // The database is away: pages turn grey by themselves, and the next look may find it again.
      for (const watcher of watch.watchers) watcher.fail(error);
    }
  }

  function again(campaignId: string, afterMs: number): void {
    const watch = watches.get(campaignId);
    if (!watch) return;
    watch.timer = setTimeout(() => {
      void look(campaignId).then(() => again(campaignId, deps.everyMs ?? everyMs));
    }, afterMs);
  }

  return {
    watch(campaignId, watcher) {
      const known = watches.get(campaignId);
      if (known) known.watchers.add(watcher);
      else {
        watches.set(campaignId, { watchers: new Set([watcher]), timer: null });
        again(campaignId, 0);
      }
      return () => {
        const watch = watches.get(campaignId);
        if (!watch) return;
        watch.watchers.delete(watcher);
        if (watch.watchers.size > 0) return;
        if (watch.timer) clearTimeout(watch.timer);
        watches.delete(campaignId);
      };
    },
    watched: () => watches.size,
    close() {
      for (const { timer } of watches.values()) if (timer) clearTimeout(timer);
      watches.clear();
    },
  };
}
