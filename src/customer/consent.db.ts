import { z } from 'zod';
import { execute, many, sql, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';
import { holderOf } from './number.db.ts';

export const purposes = ['marketing'] as const;

const Row = z.object({ purpose: z.enum(purposes), granted: z.boolean(), source: z.string(), changedAt: z.date() });
export type Consent = z.infer<typeof Row>;

export const consentsOf = (db: Db, customerId: string): Promise<Consent[]> =>
  many(
    db,
    Row,
    sql`select purpose, granted, source, changed_at as "changedAt" from consent where customer_id = ${customerId} order by purpose`,
  );

/** False when it stood so already. The person's own word replaces an import's, which a later import could turn. */
export async function saveConsent(tx: Tx, customerId: string, change: Consent): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`insert into consent as c (customer_id, purpose, granted, source, changed_at)
      values (${customerId}, ${change.purpose}, ${change.granted}, ${change.source}, ${change.changedAt})
      on conflict (customer_id, purpose) do update
        set granted = excluded.granted, source = excluded.source, changed_at = excluded.changed_at
        where c.granted is distinct from excluded.granted or (c.source like 'import:%' and excluded.source not like 'import:%')`,
  );
  return rowCount === 1;
}

/** Withdraws it for whoever has the number, and notes that the person said so, over what an import may have said. */
export const withdrawConsentByPhone = (tx: Tx, phone: string, source: string, now: Date): Promise<void> =>
  withdraw(tx, holderOf(phone), source, now);

/** The same for one customer, if they are one still. */
export const withdrawConsentOf = (tx: Tx, customerId: string, source: string, now: Date): Promise<void> =>
  withdraw(tx, sql`select id as customer_id from customer where id = ${customerId}`, source, now);

async function withdraw(tx: Tx, who: Sql, source: string, now: Date): Promise<void> {
  await execute(
    tx,
    sql`insert into consent as c (customer_id, purpose, granted, source, changed_at)
      select customer_id, 'marketing', false, ${source}, ${now} from (${who}) said
      on conflict (customer_id, purpose) do update
        set granted = false, source = excluded.source, changed_at = excluded.changed_at
        where c.granted or c.source like 'import:%'`,
  );
}
