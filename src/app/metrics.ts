import type { Client } from '@temporalio/client';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Figures } from '../campaign/figures.command.ts';
import { deliveryBacklog } from '../sms/delivery.db.ts';
import type { Pool } from '../kernel/sql.db.ts';
import { secondsWaited } from '../sms/push-backlog.rule.ts';
import { accountsNow, campaignsByState, databaseNow, liveCampaigns, workersNow } from './metrics.db.ts';

export type Metrics = {
  /** The whole page in Prometheus' text format. Of several that ask at once, and within five seconds, one look serves all. */
  page(): Promise<string>;
  contentType: string;
  /** One answered request: the route's pattern, never its address. */
  answered(request: { method: string; route: string; status: number; seconds: number }): void;
};

type Deps = {
  pool: Pool;
  figures: Pick<Figures, 'glance'>;
  client: Pick<Client, 'workflowService' | 'options'>;
  /** The queues that workers take from. */
  taskQueues: readonly string[];
  now?: () => Date;
};

const freshMs = 5_000;

/** Figures for a machine that watches. No number, name of a person or text of a message is among them (ADR 0054). */
export function createMetrics(deps: Deps): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauges = gaugesOf(registry);
  const requests = new Histogram({
    name: 'waihu_http_request_seconds',
    help: 'Answered requests by route pattern and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15],
    registers: [registry],
  });
  let looking: Promise<void> | null = null;
  let lookedAt = -Infinity;

  const look = async (): Promise<void> => {
    // Apart from each other: what cannot be looked up is missing on the page, and the rest is there.
    const looks = await Promise.allSettled([
      lookAtCampaigns(deps, gauges),
      lookAtAccounts(deps, gauges),
      lookAtPushes(deps, gauges),
      lookAtDatabase(deps, gauges),
      lookAtQueues(deps, gauges),
    ]);
    for (const [index, part] of parts.entries())
      gauges.lookFailed.set({ part }, looks[index]?.status === 'fulfilled' ? 0 : 1);
    lookedAt = performance.now();
  };

  return {
    contentType: registry.contentType,
    async page() {
      if (performance.now() - lookedAt >= freshMs) {
        looking ??= look().finally(() => (looking = null));
        await looking;
      }
      return registry.metrics();
    },
    answered({ method, route, status, seconds }) {
      requests.observe({ method, route, status }, seconds);
    },
  };
}

const parts = ['campaigns', 'accounts', 'pushes', 'database', 'queues'] as const;

function gaugesOf(registry: Registry) {
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name: `waihu_${name}`, help, labelNames, registers: [registry] });
  return {
    campaigns: gauge('campaigns', 'Campaigns by state.', 'state'),
    messages: gauge('campaign_messages', 'The ledger of a live campaign, as last counted.', 'campaign', 'state'),
    countedAge: gauge('campaign_counted_age_seconds', 'How old the counts of a live campaign are.', 'campaign'),
    signedRate: gauge('campaign_rate_signed', 'Messages a second that were signed.', 'campaign', 'account', 'state'),
    oldestUnknown: gauge('campaign_oldest_unknown_seconds', 'Age of the oldest unknown outcome; 0: none.', 'campaign'),
    oldestCall: gauge('campaign_oldest_call_seconds', 'Age of the oldest open gateway call; 0: none.', 'campaign'),
    accountActive: gauge('account_active', '0 when every campaign of the account is stopped.', 'account'),
    accountRate: gauge('account_rate', 'Messages a second that the account allows.', 'account'),
    lastPush: gauge('account_last_push_age_seconds', 'Since the provider last pushed anything.', 'account'),
    pushesWaiting: gauge('pushes_waiting', 'Pushed receipts and replies not taken in yet (counted to 10,000).'),
    pushesOldest: gauge('pushes_oldest_seconds', 'How long the oldest of them has waited. Opt-outs may be among them.'),
    pushesAside: gauge('pushes_set_aside', 'Pushes that wait for a person.'),
    workers: gauge('workers', 'Worker processes alive, by queue and duty.', 'queue', 'duty'),
    queueBacklog: gauge('queue_backlog', 'Tasks that wait for a worker, by Temporal’s own count.', 'queue', 'kind'),
    queueOldest: gauge('queue_backlog_age_seconds', 'How long the oldest of them has waited.', 'queue', 'kind'),
    connections: gauge('database_connections', 'Sessions on this database.', 'what'),
    oldestTransaction: gauge('database_oldest_transaction_seconds', 'Age of the oldest open transaction.'),
    lockWaits: gauge('database_lock_waits', 'Sessions that wait for a lock.'),
    longestLockWait: gauge('database_longest_lock_wait_seconds', 'How long the longest of them has waited.'),
    databaseBytes: gauge('database_bytes', 'Size of the database.'),
    poolWaiting: gauge('pool_waiting', 'Requests of this process that wait for a database connection.'),
    lookFailed: gauge('look_failed', '1 when this part of the page could not be looked up.', 'part'),
  };
}
type Gauges = ReturnType<typeof gaugesOf>;

async function lookAtCampaigns({ pool, figures, now = () => new Date() }: Deps, to: Gauges): Promise<void> {
  const [live, states] = await Promise.all([liveCampaigns(pool), campaignsByState(pool)]);
  const counted = await figures.glance(live.filter(({ started }) => started).map(({ key }) => key));
  for (const gauge of [to.campaigns, to.messages, to.countedAge, to.signedRate, to.oldestUnknown, to.oldestCall])
    gauge.reset();
  for (const { state, count } of states) to.campaigns.set({ state }, count);
  const at = now();
  for (const { key, number: campaign, account, state, ratePerSecond } of live) {
    to.signedRate.set({ campaign, account, state }, ratePerSecond);
    const known = counted.get(key);
    if (!known) continue;
    to.countedAge.set({ campaign }, ageOf(known.at, at));
    to.oldestUnknown.set({ campaign }, ageOf(known.oldestUnknownAt, at));
    to.oldestCall.set({ campaign }, ageOf(known.oldestClaimAt, at));
    for (const line of known.lines) to.messages.inc({ campaign, state: line.state }, line.count);
  }
}

const ageOf = (since: Date | null | undefined, now: Date): number =>
  since ? Math.max(0, (now.getTime() - since.getTime()) / 1_000) : 0;

async function lookAtAccounts({ pool, now = () => new Date() }: Deps, to: Gauges): Promise<void> {
  const accounts = await accountsNow(pool);
  for (const gauge of [to.accountActive, to.accountRate, to.lastPush]) gauge.reset();
  for (const { account, active, ratePerSecond, lastPushAt } of accounts) {
    to.accountActive.set({ account }, active ? 1 : 0);
    to.accountRate.set({ account }, ratePerSecond);
    if (lastPushAt) to.lastPush.set({ account }, ageOf(lastPushAt, now()));
  }
}

async function lookAtPushes({ pool, now = () => new Date() }: Deps, to: Gauges): Promise<void> {
  const backlog = await deliveryBacklog(pool);
  to.pushesWaiting.set(backlog.waiting);
  to.pushesOldest.set(secondsWaited(backlog, now()));
  to.pushesAside.set(backlog.setAside);
}

async function lookAtDatabase({ pool }: Deps, to: Gauges): Promise<void> {
  const found = await databaseNow(pool);
  to.connections.set({ what: 'all' }, found.connections);
  to.connections.set({ what: 'in-transaction' }, found.inTransaction);
  to.connections.set({ what: 'idle-in-transaction' }, found.idleInTransaction);
  to.oldestTransaction.set(found.oldestTransactionSeconds);
  to.lockWaits.set(found.lockWaits);
  to.longestLockWait.set(found.longestLockWaitSeconds);
  to.databaseBytes.set(found.bytes);
  to.poolWaiting.set(pool.waitingCount);
}

// TaskQueueType of Temporal's API. The enum itself is in a package that the client does not hand on.
const queueTypes = { workflow: 1, activity: 2 } as const;

async function lookAtQueues({ pool, client, taskQueues }: Deps, to: Gauges): Promise<void> {
  const workers = await workersNow(pool);
  to.workers.reset();
  for (const { queue, duty, count } of workers) to.workers.set({ queue, duty }, count);
  for (const queue of taskQueues) {
    for (const [kind, taskQueueType] of Object.entries(queueTypes)) {
      const { stats } = await client.workflowService.describeTaskQueue({
        namespace: client.options.namespace,
        taskQueue: { name: queue },
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
        taskQueueType,
        reportStats: true,
      });
      to.queueBacklog.set({ queue, kind }, Number(stats?.approximateBacklogCount ?? 0));
      to.queueOldest.set({ queue, kind }, Number(stats?.approximateBacklogAge?.seconds ?? 0));
    }
  }
}
