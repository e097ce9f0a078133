import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { execute, one, sql, type Db, type Tx } from '../kernel/sql.db.ts';
import { holdEach } from '../kernel/lock.db.ts';

/** `perEmail` refusals lock the account, or the device that is known for it; from `perAddress` on an address is slow. */
export type Limits = { minutes: number; perEmail: number; perAddress: number };
export type Attempt = { emailHash: string | null; addressHash: string };

/**
 * Books an attempt before it is made. Gives its id, to be forgotten when it succeeds, and whether the address has had so many
 * refusals that it is served slowly; or from when on another attempt at the account is allowed.
 * Attempts over the limit are not booked: they must not lengthen the wait of the person whose address is being tried.
 */
export async function bookAttempt(
  tx: Tx,
  { emailHash, addressHash }: Attempt,
  limits: Limits,
  now: Date,
): Promise<{ kind: 'booked'; id: string; slow: boolean } | { kind: 'wait'; until: Date }> {
  // Of attempts at the same moment each must see the ones before it, or a hundred guesses at once would count as none.
  await holdEach(tx, 'signInAttempt', [emailHash, addressHash].filter((each) => each !== null).toSorted());
  const since = new Date(now.getTime() - limits.minutes * 60_000);
  await execute(tx, sql`delete from sign_in_attempt where at < ${since}`);
  const { byEmail, byAddress, emailAt } = await one(
    tx,
    z.object({ byEmail: z.number(), byAddress: z.number(), emailAt: z.date().nullable() }),
    sql`select count(*) filter (where email_hash = ${emailHash})::int as "byEmail",
        min(at) filter (where email_hash = ${emailHash}) as "emailAt",
        count(*) filter (where address_hash = ${addressHash})::int as "byAddress"
      from sign_in_attempt where email_hash = ${emailHash} or address_hash = ${addressHash}`,
  );
  if (byEmail >= limits.perEmail)
    return { kind: 'wait', until: new Date((emailAt ?? now).getTime() + limits.minutes * 60_000) };
  const id = randomUUIDv7();
  await execute(
    tx,
    sql`insert into sign_in_attempt (id, at, email_hash, address_hash) values (${id}, ${now}, ${emailHash}, ${addressHash})`,
  );
  return { kind: 'booked', id, slow: byAddress >= limits.perAddress };
}

export const forgetAttempt = (db: Db, id: string) => execute(db, sql`delete from sign_in_attempt where id = ${id}`);

/** After a success: what was mistyped before does not count any more. */
export const forgetAttemptsOn = (db: Db, emailHash: string) =>
  execute(db, sql`delete from sign_in_attempt where email_hash = ${emailHash}`);
