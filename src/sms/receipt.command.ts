import { storeReceipts } from '../campaign/receipt.db.ts';
import { silenceNumbers } from './silence.db.ts';
import type { Tx } from '../kernel/sql.db.ts';
import { failureOfReceipt } from './outcome-reaction.rule.ts';
import { silenceOfReceipt } from './silence.rule.ts';
import type { Receipt } from './gateway.ts';

/**
 * Takes receipts in, inside the caller's transaction: stored once each, messages moved, and numbers that the carrier calls dead or
 * closed to us silenced, on record. A receipt of a message that is not ours, or was not tried as it says, silences nobody: other
 * systems may share the account. Nor does one that comes again: who lifted the silence has read it.
 */
export async function takeReceipts(tx: Tx, receipts: readonly Receipt[], now: Date): Promise<void> {
  const ours = await storeReceipts(
    tx,
    receipts.map((receipt) => ({ ...receipt, failureReason: failureOfReceipt(receipt.errorCode) })),
  );
  const silenced = ours.flatMap(({ phone, delivered, errorCode, outId, bizId, reportedAt }) => {
    const kind = delivered ? null : silenceOfReceipt(errorCode);
    return kind ? [{ phone, kind, code: errorCode, saidAt: reportedAt, of: { outId, bizId } }] : [];
  });
  await silenceNumbers(tx, silenced, 'receipt', now);
}
