import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Sql, type Tx } from './sql.ts';

export const suppressionKinds = ['opt-out', 'dnc', 'complaint', 'dead-number', 'gateway-blacklist'] as const;
export const suppressionScopes = ['all', 'sms', 'marketing'] as const;

const Row = z.object({
  id: z.uuid(),
  phone: z.string(),
  kind: z.enum(suppressionKinds),
  scope: z.enum(suppressionScopes),
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
const columns = sql`s.id, s.phone, s.kind, s.scope, s.source, s.reason, s.created_at as "createdAt", s.created_by as "createdBy",
  s.expires_at as "expiresAt", s.lifted_at as "liftedAt", s.lifted_by as "liftedBy", s.lift_reason as "liftReason"`;

/** Of a suppression row named `s`. */
export const isActive = (now: Date): Sql =>
  sql`s.lifted_at is null and (s.expires_at is null or s.expires_at > ${now})`;

/** Scopes that silence an SMS of that kind. */
export const scopesAgainst = (kind: 'marketing' | 'notice'): string[] =>
  kind === 'marketing' ? ['all', 'sms', 'marketing'] : ['all', 'sms'];

/** Every active suppression of those numbers. */
export const activeSuppressions = (db: Db, phones: readonly string[], now: Date): Promise<Suppression[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from suppression s where s.phone = any(${phones}) and ${isActive(now)} order by s.id`,
  );

/**
 * Adds it unless one of the same kind already silences the number as widely and as long. Gives the one that stands. The
 * lock makes two callers at once agree on one row: a second row would survive when the first is lifted.
 */
export async function insertSuppression(
  tx: Tx,
  wanted: NewSuppression,
): Promise<{ suppression: Suppression; added: boolean }> {
  await execute(tx, sql`select pg_advisory_xact_lock(hashtextextended(${`waihu.suppression:${wanted.phone}`}, 0))`);
  const standing = await maybe(
    tx,
    Row,
    sql`select ${columns} from suppression s
      where s.phone = ${wanted.phone} and s.kind = ${wanted.kind} and s.scope in ('all', ${wanted.scope}) and ${isActive(wanted.createdAt)}
        and (s.expires_at is null or s.expires_at >= ${wanted.expiresAt}::timestamptz)
      order by s.id limit 1`,
  );
  if (standing) return { suppression: standing, added: false };
  await execute(
    tx,
    sql`insert into suppression (id, phone, kind, scope, source, reason, created_at, created_by, expires_at)
      values (${wanted.id}, ${wanted.phone}, ${wanted.kind}, ${wanted.scope}, ${wanted.source}, ${wanted.reason}, ${wanted.createdAt},
        ${wanted.createdBy}, ${wanted.expiresAt})`,
  );
  return { suppression: { ...wanted, liftedAt: null, liftedBy: null, liftReason: null }, added: true };
}

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
  /** Only those that silence somebody now. */
  active?: boolean | undefined;
};

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
    sql`select ${columns} from suppression s
      where (${before}::uuid is null or s.id < ${before})
        and (${filter.phone ?? null}::text is null or s.phone = ${filter.phone ?? null})
        and (${filter.kind ?? null}::text is null or s.kind = ${filter.kind ?? null})
        and (not ${filter.active ?? false}::boolean or (${isActive(now)}))
      order by s.id desc limit ${limit}`,
  );
