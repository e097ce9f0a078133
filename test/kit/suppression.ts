import { randomUUIDv7 } from 'node:crypto';
import { reachOf, type Reach, type SuppressionScope } from '../../src/kernel/reach.rule.ts';

type Runs = { query: (text: string, values: unknown[]) => Promise<unknown> };
type Row = {
  id?: string;
  phone: string;
  kind?: string;
  /** The word for what it silences, or both lists. */
  reach?: SuppressionScope | Reach;
  source?: string;
  reason?: string | null;
  createdAt?: Date;
  customerId?: string | null;
  liftedAt?: Date | null;
  expiresAt?: Date | null;
};

/** Writes a suppression as it would stand, whoever made it. Gives its id. */
export async function silence(
  db: Runs,
  { id = randomUUIDv7(), kind = 'opt-out', reach = 'all', source = 'test', createdAt = new Date(), ...row }: Row,
): Promise<string> {
  const { channels, purposes } = typeof reach === 'string' ? reachOf[reach] : reach;
  await db.query(
    `insert into suppression (id, phone, kind, channels, purposes, source, reason, created_at, customer_id, lifted_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      id,
      row.phone,
      kind,
      channels,
      purposes,
      source,
      row.reason ?? null,
      createdAt,
      row.customerId ?? null,
      row.liftedAt ?? null,
      row.expiresAt ?? null,
    ],
  );
  return id;
}

/** For an `insert … select`: every channel and every purpose. */
export const everythingSql = `'{sms,call,web}', '{marketing,service,repayment,survey,callback,care}'`;
