import { randomUUIDv7 } from 'node:crypto';
import { record } from '../house/audit/audit.db.ts';
import { withdrawConsentByPhone, withdrawConsentOf } from '../customer/consent.db.ts';
import { leftBy } from '../customer/number.db.ts';
import { loadContactPolicy, loadOptOutSetting } from '../contact/setting.db.ts';
import { reachOf, reachWith } from '../kernel/reach.rule.ts';
import type { Tx } from '../kernel/sql.db.ts';
import { holdSuppressions, insertSuppression } from '../contact/suppression.db.ts';
import { silentUntil, type SilenceKind } from './silence.rule.ts';

/** `saidAt`: when the carrier said so, where it tells. `of`: the receipt that says it. */
export type Silenced = {
  phone: string;
  kind: SilenceKind;
  code: string;
  saidAt?: Date | null;
  of?: { outId: string | null; bizId: string };
};

/**
 * Silences numbers of which a carrier has said that they are dead, on its black list, or have refused us; each on record, inside
 * the caller's transaction. `by` is where the carrier said it: in a receipt, or when it refused the message. Repeating it
 * changes nothing.
 */
export async function silenceNumbers(
  tx: Tx,
  silenced: readonly Silenced[],
  by: 'receipt' | 'refusal',
  now: Date,
): Promise<void> {
  if (silenced.length === 0) return;
  const policy = await loadContactPolicy(tx);
  const optOut = await loadOptOutSetting(tx);
  const added: (Silenced & { id: string; expiresAt: Date | null })[] = [];
  // In one order for everybody, or two callers may wait for each other; and the record last, since it is everybody's.
  for (const each of silenced.toSorted((a, b) => (a.phone < b.phone ? -1 : 1))) {
    const id = randomUUIDv7();
    const { phone, kind, code, saidAt } = each;
    // A receipt that comes late says what was true then; a clock that runs ahead makes nothing last longer.
    const expiresAt = silentUntil(kind, saidAt && saidAt < now ? saidAt : now, policy);
    if (expiresAt && expiresAt <= now) continue;
    const wanted = {
      id,
      phone,
      kind,
      // The person's own no, told by the carrier, is one like any other; a number that is dead for texts is not silent for calls.
      ...(kind === 'opt-out' ? reachWith(optOut) : reachOf.sms),
      source: by,
      reason: code,
      createdAt: now,
      createdBy: null,
      expiresAt,
    };
    // Said of who had the number then: a no is theirs, and that the number was dead is true no more. A black list stays with the number.
    await holdSuppressions(tx, [phone]);
    const formerId = kind === 'gateway-blacklist' || !saidAt ? null : await leftBy(tx, phone, saidAt);
    if (formerId !== null && kind === 'dead-number') continue;
    const done = await insertSuppression(tx, wanted, formerId);
    if (kind === 'opt-out')
      await (formerId ? withdrawConsentOf(tx, formerId, by, now) : withdrawConsentByPhone(tx, phone, by, now));
    if (done.added) added.push({ ...each, id, expiresAt });
  }
  for (const { id, kind, code, expiresAt, of } of added) {
    await record(
      tx,
      {
        actor: 'system',
        action: 'suppression.carrier',
        objectKind: 'suppression',
        objectId: id,
        details: {
          by,
          kind,
          code,
          outId: of?.outId ?? null,
          bizId: of?.bizId ?? null,
          expiresAt: expiresAt?.toISOString() ?? null,
        },
      },
      now,
    );
  }
}
