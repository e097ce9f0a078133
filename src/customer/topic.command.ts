import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { findCustomer } from './customer.db.ts';
import {
  findTopic,
  insertTopic,
  listTopics as topics,
  renameTopic as rename,
  saveSubscription,
  type Topic,
} from './topic.db.ts';
import type { AudienceCounter, KeptCount } from '../audience/count.command.ts';
import { demand, mutate, type Context } from '../house/context.ts';
import { ConsentSource } from './consent.command.ts';
import { oneLine } from '../kernel/field.rule.ts';

const NewTopic = z.object({
  code: z
    .string()
    .max(40)
    .regex(/^[a-z][a-z0-9-]{0,39}$/),
  name: oneLine(60),
});

/** Throws `topic.exists`. */
export async function createTopic(ctx: Context, input: z.input<typeof NewTopic>): Promise<Topic> {
  const { code, name } = NewTopic.parse(input);
  const topic = { code, name, createdAt: ctx.now() };
  return mutate(ctx, 'topic:write', async (tx) => {
    if (!(await insertTopic(tx, topic))) {
      throw new AppError('conflict', 'topic.exists', `There is a topic ${code} already; choose another code.`, {
        code,
      });
    }
    return { result: topic, audit: { action: 'topic.created', objectKind: 'topic', objectId: code, details: {} } };
  });
}

export async function listTopics(ctx: Context): Promise<Topic[]> {
  demand(ctx, 'topic:read');
  return topics(ctx.pool);
}

const Renaming = NewTopic;

/** The code stays: forms, filters and subscriptions refer to it. Throws `topic.unknown`. */
export async function renameTopic(ctx: Context, input: z.input<typeof Renaming>): Promise<void> {
  const { code, name } = Renaming.parse(input);
  await mutate(ctx, 'topic:write', async (tx) => {
    const before = await rename(tx, code, name);
    if (before === null) throw new AppError('missing', 'topic.unknown', 'There is no such topic.', { topic: code });
    const details = { from: before, to: name };
    return { result: undefined, audit: { action: 'topic.renamed', objectKind: 'topic', objectId: code, details } };
  });
}

/** Every topic with its subscribers as last counted; a large base is counted beside the request. */
export async function listTopicsCounted(
  ctx: Context,
  counter: AudienceCounter,
): Promise<(Topic & { count: KeptCount })[]> {
  const rows = await listTopics(ctx);
  const counted = async (topic: Topic) => {
    const count = await counter.look({ id: '', filter: { topic: topic.code } });
    return { ...topic, count };
  };
  return Promise.all(rows.map(counted));
}

const Subscription = z.object({
  customerId: z.uuid(),
  topic: z.string(),
  subscribed: z.boolean(),
  source: ConsentSource,
});

/** Subscribes or unsubscribes; `changed` is false when it stood so already. Throws `customer.unknown`, `topic.unknown`. */
export async function setSubscription(
  ctx: Context,
  input: z.input<typeof Subscription>,
): Promise<{ changed: boolean }> {
  const { customerId, topic, subscribed, source } = Subscription.parse(input);
  return mutate(ctx, 'customer:write', async (tx) => {
    if (!(await findCustomer(tx, customerId)))
      throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { customerId });
    if (!(await findTopic(tx, topic)))
      throw new AppError('missing', 'topic.unknown', 'There is no such topic.', { topic });
    const changed = await saveSubscription(tx, customerId, { topic, subscribed, source, changedAt: ctx.now() });
    const action = subscribed ? 'topic.subscribed' : 'topic.unsubscribed';
    return {
      result: { changed },
      audit: { action, objectKind: 'customer', objectId: customerId, details: { topic, source, changed } },
    };
  });
}
