import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../../kernel/sql.db.ts';
import { verificationItems } from '../script/content.rule.ts';
import type { ItemState, VerificationItem } from './verification.rule.ts';

const Item = z.enum(verificationItems);

export type StoredItem = { customerId: string; item: VerificationItem; digests: readonly string[] };

export async function storeIdentityItems(
  tx: Tx,
  items: readonly StoredItem[],
  by: { staffId: string; at: Date },
): Promise<void> {
  for (const { customerId, item, digests } of items)
    await execute(
      tx,
      sql`insert into identity_item (customer_id, item, digests, set_at, set_by)
        values (${customerId}, ${item}, ${[...digests]}::text[], ${by.at}, ${by.staffId})
        on conflict (customer_id, item) do update set digests = excluded.digests, set_at = excluded.set_at, set_by = excluded.set_by`,
    );
}

export const removeIdentityItem = (tx: Tx, customerId: string, item: VerificationItem) =>
  execute(tx, sql`delete from identity_item where customer_id = ${customerId} and item = ${item}`);

const Digests = z.object({ digests: z.array(z.string()) });
export const findIdentityItem = async (
  db: Db,
  customerId: string,
  item: VerificationItem,
): Promise<readonly string[] | null> =>
  (
    await maybe(
      db,
      Digests,
      sql`select digests from identity_item where customer_id = ${customerId} and item = ${item}`,
    )
  )?.digests ?? null;

const Kept = z.object({ item: Item });
/** Which items are on record of a customer, and never what they are. */
export const keptItems = async (db: Db, customerId: string): Promise<VerificationItem[]> =>
  (await many(db, Kept, sql`select item from identity_item where customer_id = ${customerId} order by item`)).map(
    ({ item }) => item,
  );

const Tried = z.object({ item: Item, tries: z.number(), matched: z.boolean(), at: z.date() });
export type TriedItem = ItemState & { at: Date };
export const triedItems = (db: Db, attemptId: string): Promise<TriedItem[]> =>
  many(
    db,
    Tried,
    sql`select item, count(*)::int as tries, bool_or(matched) as matched, max(at) as at
      from identity_check where attempt_id = ${attemptId} group by item`,
  );

export const insertIdentityCheck = (
  tx: Tx,
  check: { attemptId: string; item: VerificationItem; try: number; agentId: string; at: Date; matched: boolean },
) =>
  execute(
    tx,
    sql`insert into identity_check (attempt_id, item, try, agent_id, at, matched)
      values (${check.attemptId}, ${check.item}, ${check.try}, ${check.agentId}, ${check.at}, ${check.matched})`,
  );

const Call = z.object({ attemptId: z.string(), customerId: z.string(), scriptId: z.string(), taskId: z.string() });
/** The call that an agent is in; held, so that two tries at once are two tries. */
export const lockCallOf = (tx: Tx, agentId: string): Promise<z.infer<typeof Call> | null> =>
  maybe(
    tx,
    Call,
    sql`select k.id as "attemptId", k.customer_id as "customerId", k.script_id as "scriptId", k.task_id as "taskId"
      from call_attempt k where k.id = (select attempt_id from agent_session where staff_id = ${agentId} and state = 'talking')
      for no key update`,
  );
