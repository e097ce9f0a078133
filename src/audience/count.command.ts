import { tallyMembers, type ReasonTally } from './tally.db.ts';
import { loadTextAsk } from '../contact/ask.db.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { freezeCandidates, type MemberOrigin } from './audience.db.ts';
import * as db from './count.db.ts';
import { findSample, type SamplePerson } from './list.db.ts';
import { limitStatements, transaction, type Pool } from '../kernel/sql.db.ts';
import { digestOf } from '../kernel/digest.rule.ts';

/** What is known of an audience's size. The figures are those of `countedAt`, also while a newer count runs. */
export type KeptCount = {
  state: 'counting' | 'counted' | 'failed';
  countedAt: Date | null;
  total: number | null;
  /** People by the reason not to write to them; '' are those who may be written to. */
  marketing: Readonly<Record<string, number>>;
  notice: Readonly<Record<string, number>>;
  /** People left out because their value could not be compared, by attribute. */
  unread: Readonly<Record<string, number>>;
  /** Up to five people, `phone` masked. */
  sample: SamplePerson[];
};

export type AudienceCounter = {
  /** What is kept; begins a count beside the request when that is missing, older than ten minutes, or `again` is asked for. */
  look(audience: MemberOrigin, options?: { again?: boolean }): Promise<KeptCount>;
  /** What is kept under each filter, by `countKey`; begins nothing. */
  peek(audiences: readonly MemberOrigin[]): Promise<Map<string, db.CountRow>>;
  /** Begins no further count, and resolves when the one that runs has ended. What waited is counted after the next look. */
  close(): Promise<void>;
};

const freshMs = 10 * 60_000;
// Each of the three questions is cut off after half a minute; one that began earlier than this died with its process.
const abandonedMs = 3 * 60_000;
const retryMs = 60_000;
const keptMs = 7 * 86_400_000;
// Small bases are counted within the request; a page must not wait for large ones.
const patienceMs = 25;

/** Counts need the rights of whoever asks for them: callers demand those. */
export function createAudienceCounter(pool: Pool, now: () => Date = () => new Date()): AudienceCounter {
  const running = new Map<string, Promise<void>>();
  // One after another: pages and campaigns share the database with them.
  let last: Promise<void> = Promise.resolve();
  let closed = false;

  const begin = (key: string, audience: MemberOrigin): void => {
    last = last
      .then(() => (closed ? giveUp(pool, key, now) : countNow(pool, key, audience, now)))
      .catch(() => giveUp(pool, key, now).catch(nothing))
      .finally(() => running.delete(key));
    running.set(key, last);
  };

  return {
    async look(audience, { again = false } = {}) {
      const key = countKey(audience);
      const at = now();
      const since = (ms: number): Date => new Date(at.getTime() - ms);
      const claimed = await db.claimCount(pool, key, {
        now: at,
        staleBefore: again ? at : since(freshMs),
        retryBefore: again ? at : since(retryMs),
        abandonedBefore: since(abandonedMs),
      });
      // One that waits its turn for long looks abandoned, and is not.
      if (claimed && !running.has(key)) begin(key, audience);
      await Promise.race([running.get(key), new Promise((resolve) => setTimeout(resolve, patienceMs).unref())]);
      const [row] = await db.findCounts(pool, [key]);
      return viewOf(pool, row);
    },
    async peek(audiences) {
      const rows = await db.findCounts(pool, audiences.map(countKey));
      return new Map(rows.map((row) => [row.key, row]));
    },
    async close() {
      closed = true;
      await last;
    },
  };
}

const giveUp = async (pool: Pool, key: string, now: () => Date): Promise<void> => {
  await db.storeCountFailure(pool, key, now());
};

async function countNow(pool: Pool, key: string, audience: MemberOrigin, now: () => Date): Promise<void> {
  await transaction(pool, async (tx) => {
    await limitStatements(tx, 30);
    const at = now();
    const ask = { contactPurpose: null, topic: null, account: null };
    const marketing = await tallyMembers(tx, audience, await loadTextAsk(tx, { ...ask, kind: 'marketing' }), at);
    const notice = await tallyMembers(tx, audience, await loadTextAsk(tx, { ...ask, kind: 'notice' }), at);
    const people = await freezeCandidates(tx, audience, null, 5, at);
    await db.storeCount(tx, key, {
      at: now(),
      total: notice.reduce((sum, { count }) => sum + count, 0),
      marketing: byReason(marketing),
      notice: byReason(notice),
      unread: audience.filter === null ? {} : await db.countUnread(tx, audience.filter),
      sample: people.flatMap(({ customerId }) => customerId ?? []),
    });
  });
  await db.dropCountsBefore(pool, new Date(now().getTime() - keptMs));
}

const byReason = (tally: readonly ReasonTally[]): Record<string, number> =>
  Object.fromEntries(tally.map(({ reason, count }) => [reason ?? '', count]));

/** As everybody sees a person of a sample. */
export const masked = (person: SamplePerson): SamplePerson => ({ ...person, phone: maskPhone(person.phone) });

async function viewOf(pool: Pool, row: db.CountRow | undefined): Promise<KeptCount> {
  if (!row) return { state: 'failed', countedAt: null, total: null, marketing: {}, notice: {}, unread: {}, sample: [] };
  const sample = row.sample.length > 0 ? await findSample(pool, row.sample) : [];
  return {
    state: stateOf(row),
    countedAt: row.countedAt,
    total: row.total,
    marketing: row.marketing ?? {},
    notice: row.notice ?? {},
    unread: row.unread,
    sample: sample.map(masked),
  };
}

function stateOf({ startedAt, countedAt, failedAt }: db.CountRow): KeptCount['state'] {
  if (failedAt && failedAt >= startedAt) return 'failed';
  return countedAt && countedAt >= startedAt ? 'counted' : 'counting';
}

/** One key for one question: two audiences with the same filter share their count. */
export const countKey = ({ id, filter }: MemberOrigin): string =>
  filter === null ? `audience:${id}` : `filter:${digestOf(filter)}`;

const nothing = (): void => undefined;
