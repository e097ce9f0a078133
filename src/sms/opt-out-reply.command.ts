import { findCustomer } from '../customer/customer.db.ts';
import { applyOptOut } from '../contact/suppression.command.ts';
import { effectOfOptOut } from '../contact/opt-out-effect.rule.ts';
import { loadOptOutSetting } from '../contact/setting.db.ts';
import type { Tx } from '../kernel/sql.db.ts';
import type { ContactPurpose, Reach } from '../kernel/reach.rule.ts';
import { askPerson, nosTo, writerWhoLeft, type ReplyAsks } from './reply.db.ts';

export type ReplyNo = { id: string; phone: string; accountId: string; answers: ContactPurpose | null };
/** `suppressionId` stands for it now; `added` is false when one did already. */
export type Silenced = Reach & { suppressionId: string; added: boolean };

/**
 * A stored reply says no: silences what the house lets a reply silence, and leaves to a person what it does not, inside the
 * caller's transaction, which also writes the audit rows. Repeating it changes nothing. A caller with several numbers goes
 * through them in one order, or two callers may wait for each other.
 */
export async function takeNo(
  tx: Tx,
  { id, phone, accountId, answers }: ReplyNo,
  now: Date,
): Promise<{ asks: ReplyAsks | null; silenced: Silenced[] }> {
  const setting = await loadOptOutSetting(tx);
  const silence = async (reach: Reach, formerId?: string): Promise<Silenced> => ({
    ...reach,
    ...(await applyOptOut(tx, { phone, reach, source: `reply:${accountId}`, now, ...(formerId && { formerId }) })),
  });
  // Whoever has the number now did not say it. It counts for who did, if they are a customer still, and a person looks whether they are.
  const formerId = await writerWhoLeft(tx, id);
  if (formerId !== null) {
    await askPerson(tx, id, 'moved');
    const { atOnce } = effectOfOptOut(null, [], setting);
    return { asks: 'moved', silenced: (await findCustomer(tx, formerId)) ? [await silence(atOnce, formerId)] : [] };
  }
  // This holds the number: of two replies at once the later one sees the other.
  const { atOnce } = effectOfOptOut(null, [], setting);
  const silenced = [await silence(atOnce)];
  const nos = answers === null ? [] : await nosTo(tx, { phone, answers }, setting.secondNoDays);
  const { further, asks } = effectOfOptOut(answers, nos, setting);
  if (further) silenced.push(await silence(further));
  if (asks) await askPerson(tx, id, asks);
  return { asks, silenced };
}
