import { z } from 'zod';
import { execute, many, maybe, one, sql, type Db, type Tx } from '../kernel/sql.db.ts';
import { holderOf } from './number.db.ts';

export const tiers = ['diamond', 'gold', 'silver', 'bronze'] as const;

const Row = z.object({
  id: z.uuid(),
  externalId: z.string().nullable(),
  phone: z.string(),
  name: z.string().nullable(),
  tier: z.enum(tiers).nullable(),
  /** Null: the house's. */
  timeZone: z.string().nullable(),
  attributes: z.record(z.string(), z.unknown()),
  marketingConsent: z.boolean().nullable(),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type Customer = z.infer<typeof Row>;
const columns = sql`c.id, c.external_id as "externalId", c.phone, c.name, c.tier, c.time_zone as "timeZone", c.attributes,
  k.granted as "marketingConsent",
  c.created_at as "createdAt", c.updated_at as "updatedAt"`;
const source = sql`customer c left join consent k on k.customer_id = c.id and k.purpose = 'marketing'`;

export const findCustomer = (db: Db, id: string): Promise<Customer | null> =>
  maybe(db, Row, sql`select ${columns} from ${source} where c.id = ${id}`);

export const findCustomerByPhone = (db: Db, phone: string): Promise<Customer | null> =>
  maybe(db, Row, sql`select ${columns} from ${source} where c.id = (${holderOf(phone)})`);

export type CustomerFilter = {
  phone?: string | undefined;
  externalId?: string | undefined;
  tier?: Customer['tier'] | undefined;
};

/** Newest first, before the id `before`. */
export const listCustomers = (
  db: Db,
  filter: CustomerFilter,
  before: string | null,
  limit: number,
): Promise<Customer[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from ${source}
      where (${before}::uuid is null or c.id < ${before})
        and ${filter.phone === undefined ? sql`true` : sql`c.id = (${holderOf(filter.phone)})`}
        and (${filter.externalId ?? null}::text is null or c.external_id = ${filter.externalId ?? null})
        and (${filter.tier ?? null}::text is null or c.tier = ${filter.tier ?? null})
      order by c.id desc limit ${limit}`,
  );

const CountRow = z.object({
  total: z.number(),
  diamond: z.number(),
  gold: z.number(),
  silver: z.number(),
  bronze: z.number(),
  noTier: z.number(),
  consented: z.number(),
  refused: z.number(),
});
/** `consented` and `refused` are about marketing; the others never said. */
export type CustomerCounts = z.infer<typeof CountRow>;

export const countCustomers = (db: Db): Promise<CustomerCounts> =>
  one(
    db,
    CountRow,
    sql`select count(*) as total,
        count(*) filter (where c.tier = 'diamond') as diamond, count(*) filter (where c.tier = 'gold') as gold,
        count(*) filter (where c.tier = 'silver') as silver, count(*) filter (where c.tier = 'bronze') as bronze,
        count(*) filter (where c.tier is null) as "noTier",
        count(*) filter (where k.granted) as consented, count(*) filter (where not k.granted) as refused
      from ${source}`,
  );

/** Locks the row until the transaction ends. */
export const lockCustomer = (tx: Tx, id: string): Promise<{ updatedAt: Date } | null> =>
  maybe(
    tx,
    z.object({ updatedAt: z.date() }),
    sql`select updated_at as "updatedAt" from customer where id = ${id} for update`,
  );

export type CustomerRecord = Pick<Customer, 'externalId' | 'name' | 'tier' | 'timeZone' | 'attributes'>;

export async function insertCustomer(
  tx: Tx,
  row: CustomerRecord & { id: string; phone: string; at: Date },
): Promise<void> {
  await execute(
    tx,
    sql`insert into customer (id, external_id, phone, name, tier, time_zone, attributes, created_at, updated_at)
      values (${row.id}, ${row.externalId}, ${row.phone}, ${row.name}, ${row.tier}, ${row.timeZone},
        ${JSON.stringify(row.attributes)}::jsonb, ${row.at}, ${row.at})`,
  );
}

export async function updateCustomer(tx: Tx, id: string, row: CustomerRecord, at: Date): Promise<void> {
  await execute(
    tx,
    sql`update customer set external_id = ${row.externalId}, name = ${row.name}, tier = ${row.tier},
        time_zone = ${row.timeZone}, attributes = ${JSON.stringify(row.attributes)}::jsonb, updated_at = ${at} where id = ${id}`,
  );
}

/** Null: the house's. */
export const setTimeZone = (tx: Tx, id: string, timeZone: string | null, at: Date) =>
  execute(tx, sql`update customer set time_zone = ${timeZone}, updated_at = ${at} where id = ${id}`);
