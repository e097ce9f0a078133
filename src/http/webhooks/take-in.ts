import { randomUUIDv7 } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import { applyOptOut } from '../../commands/suppression.ts';
import { record } from '../../db/audit.ts';
import { transaction, type Pool, type Tx } from '../../db/sql.ts';
import { insertSuppression } from '../../db/suppression.ts';
import { closeDeliveries, storeReceipts, storeReply, takeDeliveries, type Delivery } from '../../db/webhook.ts';
import { AppError } from '../../domain/app-error.ts';
import { meansOptOut } from '../../domain/opt-out.ts';
import { failureOfReceipt } from '../../domain/outcome-reaction.ts';
import type { Receipt } from '../../sms/gateway.ts';
import { pushParser } from '../../sms/index.ts';

export type TakeIn = {
  /** Something was kept: look now. */
  wake(): void;
  stop(): Promise<void>;
};

const perTurn = 20;
const everyMs = 1_000;

/** Works off kept deliveries, oldest first, replies before receipts. Several processes may do so at once. */
export function startTakeIn(pool: Pool, logger: FastifyBaseLogger): TakeIn {
  let stopped = false;
  let again = false;
  let running: Promise<void> | null = null;

  const drain = async (): Promise<void> => {
    do {
      again = false;
      try {
        while (!stopped && (await takeInSome(pool)) === perTurn);
      } catch (error) {
        logger.error({ err: error }, 'Pushed receipts and replies wait: they could not be taken in; trying again.');
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
    wake,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** One transaction; gives how many deliveries it closed. */
export const takeInSome = (pool: Pool): Promise<number> =>
  transaction(pool, async (tx) => {
    const deliveries = await takeDeliveries(tx, perTurn);
    const receipts: Receipt[] = [];
    const closed: { id: number; fault: string | null }[] = [];
    for (const delivery of deliveries) {
      try {
        const rejected =
          delivery.kind === 'replies' ? await takeReplies(tx, delivery) : readReceipts(delivery, receipts);
        closed.push({ id: delivery.id, fault: rejected > 0 ? `${rejected} items could not be read` : null });
      } catch (error) {
        // A body that cannot be read at all is kept with its fault; the provider was answered, it will not come again.
        if (!(error instanceof AppError)) throw error;
        closed.push({ id: delivery.id, fault: error.code });
      }
    }
    if (closed.length > 0) await closeDeliveries(tx, closed);
    if (receipts.length > 0) await applyReceipts(tx, receipts);
    return deliveries.length;
  });

function readReceipts(delivery: Delivery, into: Receipt[]): number {
  const { receipts, rejected } = pushParser(delivery.provider).parseReceipts(delivery.body);
  into.push(...receipts);
  return rejected;
}

async function applyReceipts(tx: Tx, receipts: readonly Receipt[]): Promise<void> {
  await storeReceipts(
    tx,
    receipts.map((receipt) => ({ ...receipt, failureReason: failureOfReceipt(receipt.errorCode) })),
  );
  const now = new Date();
  const silenced = receipts.filter(({ delivered }) => !delivered).toSorted((a, b) => (a.phone < b.phone ? -1 : 1));
  for (const { phone, errorCode } of silenced) {
    const reason = failureOfReceipt(errorCode);
    const kind =
      reason === 'number-dead' ? 'dead-number' : reason === 'number-blacklisted' ? 'gateway-blacklist' : null;
    if (kind === null) continue;
    const wanted = {
      id: randomUUIDv7(),
      phone,
      kind,
      scope: 'sms',
      source: 'receipt',
      reason: errorCode,
      createdAt: now,
      createdBy: null,
      expiresAt: null,
    } as const;
    await insertSuppression(tx, wanted);
  }
}

async function takeReplies(tx: Tx, delivery: Delivery): Promise<number> {
  const { replies, rejected } = pushParser(delivery.provider).parseReplies(delivery.body);
  const now = new Date();
  for (const reply of replies.toSorted((a, b) => (a.phone < b.phone ? -1 : 1))) {
    const meaning = meansOptOut(reply.content) ? 'opt-out' : 'other';
    const fresh = await storeReply(tx, { ...reply, accountId: delivery.accountId, meaning });
    if (!fresh || meaning !== 'opt-out') continue;
    const { suppressionId, added } = await applyOptOut(tx, { phone: reply.phone, accountId: delivery.accountId, now });
    if (added) {
      await record(
        tx,
        {
          actor: 'system',
          action: 'suppression.opt-out',
          objectKind: 'suppression',
          objectId: suppressionId,
          details: { by: 'reply', sequenceId: reply.sequenceId },
        },
        now,
      );
    }
  }
  return rejected;
}
