import { z } from 'zod';
import { execute, many, maybe, one, sql, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';
import { holdEach } from '../kernel/lock.db.ts';
import { holderOf, ofPerson } from '../customer/number.db.ts';
import { isActive } from '../customer/silence.db.ts';
import { ofTheNumber } from '../customer/number.rule.ts';
import { suppressionKinds } from './contact.rule.ts';
import type { Addressed } from './facts.db.ts';
import { contactChannels, contactPurposes, type ContactChannel, type ContactPurpose } from '../kernel/reach.rule.ts';

const Row = z.object({
  id: z.uuid(),
  phone: z.string(),
  kind: z.enum(suppressionKinds),
  channels: z.array(z.enum(contactChannels)).readonly(),
  purposes: z.array(z.enum(contactPurposes)).readonly(),
  source: z.string(),
  reason: z.string().nullable(),
  createdAt: z.date(),
  createdBy: z.uuid().nullable(),
  expiresAt: z.date().nullable(),
  liftedAt: z.date().nullable(),
  liftedBy: z.uuid().nullable(),
  liftReason: z.string().nullable(),
});
export type Suppression = z.infer<typeof Row>;
export type NewSuppression = Omit<Suppression, 'liftedAt' | 'liftedBy' | 'liftReason'>;
const columns = sql`s.id, s.phone, s.kind, s.channels, s.purposes, s.source, s.reason, s.created_at as "createdAt", s.created_by as "createdBy",
  s.expires_at as "expiresAt", s.lifted_at as "liftedAt", s.lifted_by as "liftedBy", s.lift_reason as "liftReason"`;

const NamedRow = Row.extend({
  createdByName: z.string().nullable(),
  liftedByName: z.string().nullable(),
  customerId: z.uuid().nullable(),
});
/** With the people behind it, and the customer who has the number now. */
export type NamedSuppression = z.infer<typeof NamedRow>;
const named = sql`${columns}, p.name as "createdByName", l.name as "liftedByName", c.id as "customerId"
  from suppression s left join staff p on p.id = s.created_by left join staff l on l.id = s.lifted_by left join phone_number n on n.phone = s.phone
  left join customer c on c.id = coalesce(s.customer_id, n.customer_id)`;

/** Of a suppression row named `s`: silences such a contact. */
export const isAgainst = ({ channel, purpose }: { channel: ContactChannel; purpose: ContactPurpose }): Sql =>
  sql`${channel} = any(s.channels) and ${purpose} = any(s.purposes)`;

/** Every active suppression of those numbers, but for the words of people who have given them away. */
export const activeSuppressions = (db: Db, phones: readonly string[], now: Date): Promise<Suppression[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from suppression s where s.phone = any(${phones}) and s.customer_id is null and ${isActive(now)} order by s.id`,
  );

/**
 * Nobody else silences the numbers (E.164), or takes a reply of them in, until the transaction ends. In one order for everybody, or
 * two callers may wait for each other.
 */
export const holdSuppressions = (tx: Tx, phones: readonly string[]) =>
  holdEach(
    tx,
    'suppression',
    phones.toSorted((a, b) => (a < b ? -1 : 1)),
  );

/**
 * Adds it unless one of the same kind already silences the number as widely and as long. Gives the one that stands. The
 * lock makes two callers at once agree on one row: a second row would survive when the first is lifted. `formerId`: it is the word
 * of somebody who has given the number away since.
 */
export async function insertSuppression(
  tx: Tx,
  wanted: NewSuppression,
  formerId: string | null = null,
): Promise<{ suppression: Suppression; added: boolean }> {
  await holdSuppressions(tx, [wanted.phone]);
  const standing = await maybe(
    tx,
    Row,
    sql`select ${columns} from suppression s
      where s.phone = ${wanted.phone} and ${standsFor(wanted, formerId)}
      order by s.id limit 1`,
  );
  if (standing) return { suppression: standing, added: false };
  await execute(
    tx,
    sql`insert into suppression (id, phone, kind, channels, purposes, source, reason, created_at, created_by, expires_at, customer_id)
      values (${wanted.id}, ${wanted.phone}, ${wanted.kind}, ${[...wanted.channels]}, ${[...wanted.purposes]}, ${wanted.source},
        ${wanted.reason}, ${wanted.createdAt}, ${wanted.createdBy}, ${wanted.expiresAt}, ${formerId})`,
  );
  return { suppression: { ...wanted, liftedAt: null, liftedBy: null, liftReason: null }, added: true };
}

/**
 * The same for many numbers at once, which share all but `id` and `phone`. Gives how many were added; the others were
 * silent as widely and as long already. No number may stand in it twice.
 */
export async function insertSuppressions(
  tx: Tx,
  rows: readonly { id: string; phone: string }[],
  wanted: Omit<NewSuppression, 'id' | 'phone'>,
): Promise<number> {
  const phones = rows.map(({ phone }) => phone);
  await holdSuppressions(tx, phones);
  const { rowCount } = await execute(
    tx,
    sql`insert into suppression (id, phone, kind, channels, purposes, source, reason, created_at, created_by, expires_at)
      select w.id, w.phone, ${wanted.kind}, ${[...wanted.channels]}::text[], ${[...wanted.purposes]}::text[], ${wanted.source},
        ${wanted.reason}, ${wanted.createdAt}, ${wanted.createdBy}, ${wanted.expiresAt}
      from unnest(${rows.map(({ id }) => id)}::uuid[], ${phones}::text[]) as w (id, phone)
      where not exists (select from suppression s where s.phone = w.phone and ${standsFor(wanted)})`,
  );
  return rowCount ?? 0;
}

/** Of a suppression row named `s`: already silences as widely and as long as the wanted one. */
const standsFor = (wanted: Omit<NewSuppression, 'id' | 'phone'>, formerId: string | null = null): Sql =>
  sql`s.customer_id is not distinct from ${formerId}::uuid and s.kind = ${wanted.kind} and s.channels @> ${[...wanted.channels]}::text[]
    and s.purposes @> ${[...wanted.purposes]}::text[]
    and ${isActive(wanted.createdAt)}
    and (s.expires_at is null or s.expires_at >= ${wanted.expiresAt}::timestamptz)`;

/** How many of the numbers are silent as widely and as long already. */
export const countStanding = async (
  db: Db,
  phones: readonly string[],
  wanted: Omit<NewSuppression, 'id' | 'phone'>,
): Promise<number> =>
  (
    await one(
      db,
      z.object({ count: z.number() }),
      sql`select count(distinct s.phone) as count from suppression s where s.phone = any(${phones}) and ${standsFor(wanted)}`,
    )
  ).count;

/** What was said of a person over all their numbers (id). What is said of a number, `ofTheNumber`, is true of that number alone. */
const saidOf = (customerId: string): Sql =>
  sql`select id from (${ofPerson(sql`suppression`, sql`${customerId}::uuid`)}) said`;

/** Everything that ever silenced the person, newest first. */
export const suppressionsOf = (db: Db, customerId: string, limit: number): Promise<NamedSuppression[]> =>
  many(db, NamedRow, sql`select ${named} where s.id in (${saidOf(customerId)}) order by s.id desc limit ${limit}`);

/** What silences the person now, or one of their numbers. */
export const activeSuppressionsOf = (db: Db, customerId: string, now: Date): Promise<Suppression[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from suppression s where s.id in (${saidOf(customerId)}) and ${isActive(now)} order by s.id`,
  );

/**
 * Suppressions, lifted ones too, that are about a person who is met by the number: what was said of the person over all their
 * numbers, and of this number; of a number that is nobody's (`who` is null) everything.
 */
export const saidOfAddressed = (phone: string, who: Sql): Sql => {
  const ofNumber = sql`kind = any(${[...ofTheNumber]}::text[])`;
  return sql`select * from (${ofPerson(sql`suppression`, who)}) said where not (${ofNumber})
    union all
    select * from suppression where phone = ${phone} and (${ofNumber} or ${who} is null)`;
};

/** What silences whoever is met by the number now: the customer whom a list names with it, else who has it. */
export const silencesOfAddressed = (db: Db, { phone, customerId }: Addressed, now: Date): Promise<Suppression[]> => {
  const who = sql`coalesce(${customerId}::uuid, (${holderOf(phone)}))`;
  return many(
    db,
    Row,
    sql`select ${columns} from (${saidOfAddressed(phone, who)}) s where ${isActive(now)} order by s.id`,
  );
};

/** Locks the row until the transaction ends. */
export const lockSuppression = (tx: Tx, id: string): Promise<Suppression | null> =>
  maybe(tx, Row, sql`select ${columns} from suppression s where s.id = ${id} for update`);

export async function closeSuppression(
  tx: Tx,
  id: string,
  lifted: { at: Date; by: string; reason: string },
): Promise<void> {
  await execute(
    tx,
    sql`update suppression set lifted_at = ${lifted.at}, lifted_by = ${lifted.by}, lift_reason = ${lifted.reason} where id = ${id}`,
  );
}

export type SuppressionFilter = {
  phone?: string | undefined;
  kind?: Suppression['kind'] | undefined;
  /** Who or what made it: `staff`, `list`, `reply`, `receipt`. */
  source?: string | undefined;
  /** Only those that silence somebody now. */
  active?: boolean | undefined;
};

const matching = (
  filter: SuppressionFilter,
  now: Date,
  before: string | null,
): Sql => sql`(${before}::uuid is null or s.id < ${before})
  and (${filter.phone ?? null}::text is null or s.phone = ${filter.phone ?? null})
  and (${filter.kind ?? null}::text is null or s.kind = ${filter.kind ?? null})
  and (${filter.source ?? null}::text is null or split_part(s.source, ':', 1) = ${filter.source ?? null})
  and (not ${filter.active ?? false}::boolean or (${isActive(now)}))`;

/** Newest first, before the id `before`. */
export const listSuppressions = (
  db: Db,
  filter: SuppressionFilter,
  now: Date,
  before: string | null,
  limit: number,
): Promise<Suppression[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from suppression s where ${matching(filter, now, before)} order by s.id desc limit ${limit}`,
  );

export const listNamedSuppressions = (
  db: Db,
  filter: SuppressionFilter,
  now: Date,
  before: string | null,
  limit: number,
): Promise<NamedSuppression[]> =>
  many(
    db,
    NamedRow,
    sql`select ${named} where s.id in (
        select s.id from suppression s where ${matching(filter, now, before)} order by s.id desc limit ${limit})
      order by s.id desc`,
  );
