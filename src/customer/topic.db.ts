import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const Row = z.object({ code: z.string(), name: z.string(), createdAt: z.date() });
export type Topic = z.infer<typeof Row>;
const columns = sql`code, name, created_at as "createdAt"`;

export const listTopics = (db: Db): Promise<Topic[]> => many(db, Row, sql`select ${columns} from topic order by code`);
export const findTopic = (db: Db, code: string): Promise<Topic | null> =>
  maybe(db, Row, sql`select ${columns} from topic where code = ${code}`);

/** False when the code is in use already. */
export async function insertTopic(tx: Tx, topic: Topic): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`insert into topic (code, name, created_at) values (${topic.code}, ${topic.name}, ${topic.createdAt}) on conflict do nothing`,
  );
  return rowCount === 1;
}

/** Gives the name it had, or null when there is no such topic. */
export async function renameTopic(tx: Tx, code: string, name: string): Promise<string | null> {
  const before = await maybe(tx, Row, sql`select ${columns} from topic where code = ${code} for update`);
  if (before) await execute(tx, sql`update topic set name = ${name} where code = ${code}`);
  return before?.name ?? null;
}

const SubscriptionRow = z.object({
  topic: z.string(),
  subscribed: z.boolean(),
  source: z.string(),
  changedAt: z.date(),
});
export type Subscription = z.infer<typeof SubscriptionRow>;

export const subscriptionsOf = (db: Db, customerId: string): Promise<Subscription[]> =>
  many(
    db,
    SubscriptionRow,
    sql`select topic, subscribed, source, changed_at as "changedAt" from topic_subscription where customer_id = ${customerId} order by topic`,
  );

/** False when it stood so already. The person's own word replaces an import's, which a later import could turn. */
export async function saveSubscription(tx: Tx, customerId: string, change: Subscription): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`insert into topic_subscription as s (customer_id, topic, subscribed, source, changed_at)
      values (${customerId}, ${change.topic}, ${change.subscribed}, ${change.source}, ${change.changedAt})
      on conflict (customer_id, topic) do update
        set subscribed = excluded.subscribed, source = excluded.source, changed_at = excluded.changed_at
        where s.subscribed is distinct from excluded.subscribed or (s.source like 'import:%' and excluded.source not like 'import:%')`,
  );
  return rowCount === 1;
}
