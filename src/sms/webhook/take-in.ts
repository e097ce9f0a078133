import type { FastifyBaseLogger } from 'fastify';
import { takeReceipts } from '../receipt.command.ts';
import { takeNo, type Silenced } from '../opt-out-reply.command.ts';
import { announce } from '../../house/notice/announce.db.ts';
import { record } from '../../house/audit/audit.db.ts';
import {
  endDeliveries,
  extendLease,
  postponeDelivery,
  setDeadlyAside,
  takeDeliveries,
  type Delivery,
  type DeliveryKind,
  type Ended,
} from '../delivery.db.ts';
import { lastMessagesTo, optOutsOf, storeReply } from '../reply.db.ts';
import { loadOptOutWords } from '../../contact/setting.db.ts';
import { transaction, type Pool, type Tx } from '../../kernel/sql.db.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { meaningOf } from '../../contact/opt-out.rule.ts';
import { burstMinutes, isOptOutBurst } from '../../contact/opt-out-burst.rule.ts';
import { messageAnswered } from '../reply-campaign.rule.ts';
import { chinaDateAt } from '../../kernel/working-day.rule.ts';
import type { InboundSms, Receipt } from '../gateway.ts';
import { pushParser } from '../index.ts';
import { nameOfFault, workInHalves } from './divide.ts';

export type TakeIn = {
  /** Something was kept: look now. */
  wake(kind?: DeliveryKind): void;
  stop(): Promise<void>;
};

const perTurn = 20;
const everyMs = 1_000;
/** Longer than any turn takes: who dies over a delivery delays it by this. */
const leaseSeconds = 15;
/** Receipts in one transaction: one statement for all of them, and not so many that an opt-out waits for their locks. */
const receiptsAtOnce = 2_000;
/** The record of acts is locked from the first opt-out of a transaction to its end. */
const repliesAtOnce = 50;
/** About four minutes of trying, at 2, 4, 8 … 60 seconds. */
const mostAttempts = 8;

/**
 * Works off kept deliveries, oldest first: replies and receipts each by themselves, so that no heap of receipts keeps an opt-out
 * waiting, and each delivery on its own account, so that none holds up another. Several processes may do so at once.
 */
export function startTakeIn(pool: Pool, logger: FastifyBaseLogger): TakeIn {
  const workers = (['replies', 'receipts'] as const).map((kind) => startWorker(pool, logger, kind));
  return {
    wake: (kind) => {
      for (const worker of workers) if (kind === undefined || worker.kind === kind) worker.wake();
    },
    stop: async () => void (await Promise.all(workers.map((worker) => worker.stop()))),
  };
}

function startWorker(pool: Pool, logger: FastifyBaseLogger, kind: DeliveryKind) {
  let stopped = false;
  let again = false;
  let running: Promise<void> | null = null;

  const drain = async (): Promise<void> => {
    do {
      again = false;
      try {
        let more = true;
        while (!stopped && more) {
          const taken = await takeInSome(pool, kind, logger);
          more = (await takeInSuspect(pool, kind, logger)) || taken === perTurn;
        }
      } catch (error) {
        logger.error(
          { kind, fault: nameOfFault(error) },
          'Pushed receipts or replies wait: the database does not take them; trying again.',
        );
      }
    } while (again && !stopped);
    running = null;
  };
  const wake = (): void => {
    again = true;
    running ??= drain();
  };
  const timer = setInterval(wake, everyMs);
  wake();
  return {
    kind,
    wake,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

type Of = { deliveryId: number };
type Opened = { delivery: Delivery; receipts: (Receipt & Of)[]; replies: (InboundSms & Of)[]; ended: Ended };

/** Gives how many deliveries it took in hand. */
export async function takeInSome(pool: Pool, kind: DeliveryKind, logger: FastifyBaseLogger): Promise<number> {
  const taken = await takeDeliveries(pool, kind, { limit: perTurn, leaseSeconds, alone: false });
  const deliveries = taken.toSorted((a, b) => a.id - b.id);
  const opened = deliveries.map(open);
  try {
    await takeIn(pool, kind, opened);
  } catch {
    // Something that is no item's fault. Alone, those that can be taken in are; the others wait their turn.
    for (const one of opened)
      await takeIn(pool, kind, [one]).catch((error: unknown) => postpone(pool, one, error, logger));
  }
  return deliveries.length;
}

/** One that was tried often already, by itself. What killed all who read it is read no more: somebody must look at it. */
async function takeInSuspect(pool: Pool, kind: DeliveryKind, logger: FastifyBaseLogger): Promise<boolean> {
  for (const { id } of await setDeadlyAside(pool, kind, mostAttempts))
    logger.error(
      { deliveryId: id, kind, fault: 'reader-died' },
      'A push was set aside after many tries: somebody must look at it.',
    );
  const [suspect] = await takeDeliveries(pool, kind, { limit: 1, leaseSeconds, alone: true });
  if (!suspect) return false;
  const opened = open(suspect);
  await takeIn(pool, kind, [opened]).catch((error: unknown) => postpone(pool, opened, error, logger));
  return true;
}

/** Reads a delivery. What cannot be read at all is kept with its fault: the provider was answered, it will not come again. */
function open(delivery: Delivery): Opened {
  const { id: deliveryId, provider, kind, raw, contentType } = delivery;
  const parser = pushParser(provider);
  const ended = { id: deliveryId, items: 0, rejected: 0, fault: null };
  const of = { deliveryId };
  try {
    if (kind === 'receipts') {
      const { receipts, rejected } = parser.parseReceipts(raw, contentType);
      const all = receipts.map((receipt) => Object.assign(receipt, of));
      return { delivery, receipts: all, replies: [], ended: { ...ended, items: all.length + rejected, rejected } };
    }
    const { replies, rejected } = parser.parseReplies(raw, contentType);
    const all = replies.map((reply) => Object.assign(reply, of));
    return { delivery, receipts: [], replies: all, ended: { ...ended, items: all.length + rejected, rejected } };
  } catch (error) {
    const fault = error instanceof AppError ? error.code : nameOfFault(error);
    return { delivery, receipts: [], replies: [], ended: { ...ended, fault } };
  }
}

async function takeIn(pool: Pool, kind: DeliveryKind, opened: readonly Opened[]): Promise<void> {
  const ids = opened.map(({ delivery }) => delivery.id);
  const failed: Of[] = [];
  if (kind === 'receipts') {
    for (const part of partsOf(
      opened.flatMap(({ receipts }) => receipts),
      receiptsAtOnce,
    )) {
      failed.push(
        ...(await workInHalves(part, (some) => transaction(pool, (tx) => takeReceipts(tx, some, new Date())))),
      );
      await extendLease(pool, ids, leaseSeconds);
    }
  }
  for (const { delivery, replies } of kind === 'replies' ? opened : []) {
    for (const part of partsOf(replies, repliesAtOnce)) {
      failed.push(...(await workInHalves(part, (some) => transaction(pool, (tx) => takeReplies(tx, delivery, some)))));
      await extendLease(pool, ids, leaseSeconds);
    }
  }
  const lost = Map.groupBy(failed, ({ deliveryId }) => deliveryId);
  await endDeliveries(
    pool,
    opened.map(({ ended }) => {
      const rejected = ended.rejected + (lost.get(ended.id)?.length ?? 0);
      return { ...ended, rejected, fault: ended.fault ?? (rejected > 0 ? 'items-unread' : null) };
    }),
  );
}

async function postpone(pool: Pool, { delivery }: Opened, error: unknown, logger: FastifyBaseLogger): Promise<void> {
  const { id, kind, attempts } = delivery;
  const fault = nameOfFault(error);
  const aside = attempts >= mostAttempts;
  await postponeDelivery(pool, id, fault, aside ? null : Math.min(60, 2 ** attempts));
  if (aside)
    logger.error({ deliveryId: id, kind, fault }, 'A push was set aside after many tries: somebody must look at it.');
  else logger.warn({ deliveryId: id, kind, fault, attempts }, 'A push could not be taken in; it is tried again.');
}

const partsOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, part) => items.slice(part * size, (part + 1) * size));

async function takeReplies(tx: Tx, { accountId }: Delivery, replies: readonly InboundSms[]): Promise<void> {
  const now = new Date();
  const house = await loadOptOutWords(tx);
  const applied: (Silenced & { sequenceId: string })[] = [];
  const hit = new Set<string>();
  for (const reply of replies.toSorted((a, b) => (a.phone < b.phone ? -1 : 1))) {
    const { meaning, because } = meaningOf(reply.content, house);
    const { phone, receivedAt } = reply;
    const answered = messageAnswered(await lastMessagesTo(tx, phone, accountId, receivedAt), receivedAt);
    const decided = because === null ? null : `${because.row}: ${because.word}`.slice(0, 100);
    const id = await storeReply(tx, { ...reply, accountId, meaning, because: decided, answered });
    if (id === null || meaning !== 'opt-out') continue;
    const { silenced } = await takeNo(tx, { id, phone, accountId, answers: answered?.purpose ?? null }, now);
    if (answered !== null) hit.add(answered.campaignId);
    for (const each of silenced) if (each.added) applied.push({ ...each, sequenceId: reply.sequenceId });
  }
  await tellOfBursts(tx, hit, now);
  for (const { suppressionId, sequenceId, channels, purposes } of applied) {
    await record(
      tx,
      {
        actor: 'system',
        action: 'suppression.opt-out',
        objectKind: 'suppression',
        objectId: suppressionId,
        details: { by: 'reply', sequenceId, channels, purposes },
      },
      now,
    );
  }
}

/** Told once a day for each campaign: somebody looks at its text and its list. */
async function tellOfBursts(tx: Tx, campaignIds: ReadonlySet<string>, now: Date): Promise<void> {
  if (campaignIds.size === 0) return;
  const since = new Date(now.getTime() - burstMinutes * 60_000);
  for (const { campaignId, optOuts, people } of await optOutsOf(tx, [...campaignIds].toSorted(), since)) {
    if (!isOptOutBurst({ optOuts, people })) continue;
    const item = { kind: 'campaign', id: campaignId } as const;
    await announce(tx, { kind: 'opt-out-burst', item, step: chinaDateAt(now), details: { count: optOuts } }, now);
  }
}
