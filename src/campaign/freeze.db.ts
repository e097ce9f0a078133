import { z } from 'zod';
import type { Member } from '../audience/digest.rule.ts';
import type { Audience } from '../audience/audience.db.ts';
import { execute, maybe, sql, type Pool, type Tx } from '../kernel/sql.db.ts';

type NewFreeze = { id: string; campaignId: string; source: Audience; saltKey: Uint8Array; createdBy: string };

/** Begins a list for the campaign, whose row is held: one that another attempt has begun is given up. */
export async function beginFreeze(tx: Tx, { id, campaignId, source, saltKey, createdBy }: NewFreeze): Promise<void> {
  await giveUpFreeze(tx, campaignId);
  await execute(
    tx,
    sql`insert into audience (id, name, state, filter, frozen_from, freezing_for, salt_key, created_by)
      values (${id}, ${source.name}, 'freezing', ${source.filter === null ? null : JSON.stringify(source.filter)},
        ${source.id}, ${campaignId}, ${Buffer.from(saltKey)}, ${createdBy})`,
  );
}

/** Nobody writes into it any more: whoever still does so finds out before the next step is committed. */
export const giveUpFreeze = (tx: Tx, campaignId: string) =>
  execute(tx, sql`update audience set freezing_for = null where freezing_for = ${campaignId} and state = 'freezing'`);

export type Step = {
  members: (Member & { customerId: string | null })[];
  excluded: { phone: string; customerId: string | null; reason: string }[];
};

/** Writes the next people of the list. Throws where the list was given up, or where a number stands on it already. */
export async function writeStep(tx: Tx, audienceId: string, { members, excluded }: Step): Promise<void> {
  const held = await execute(
    tx,
    sql`select from audience where id = ${audienceId} and state = 'freezing' and freezing_for is not null for share`,
  );
  if (held.rowCount !== 1) throw new Error('Another attempt freezes this list.');
  const written = await execute(
    tx,
    sql`insert into audience_member (audience_id, seq, customer_id, phone, variables)
        select ${audienceId}, * from unnest(${members.map((m) => m.seq)}::int[],
          ${members.map((m) => m.customerId)}::uuid[], ${members.map((m) => m.phone)}::text[],
          ${members.map((m) => JSON.stringify(m.variables))}::jsonb[])
        on conflict (audience_id, phone) do nothing`,
  );
  const left = await execute(
    tx,
    sql`insert into audience_exclusion (audience_id, phone, customer_id, reason)
        select ${audienceId}, * from unnest(${excluded.map((e) => e.phone)}::text[],
          ${excluded.map((e) => e.customerId)}::uuid[], ${excluded.map((e) => e.reason)}::text[])
        on conflict do nothing`,
  );
  // Two people had one number, one after the other, while the list was read.
  if (written.rowCount !== members.length || left.rowCount !== excluded.length)
    throw new Error('A number changed hands while the list was frozen; it is frozen again.');
}

/** A batch is read by number; without statistics on the new list the planner reads all of it by its other index. */
export const analyzeMembers = (pool: Pool) => execute(pool, sql`analyze audience_member`);

export const insertBatches = (
  tx: Tx,
  audienceId: string,
  batches: readonly { batch: number; firstSeq: number; size: number; digest: string }[],
) =>
  execute(
    tx,
    sql`insert into audience_batch (audience_id, batch, first_seq, size, digest)
      select ${audienceId}, * from unnest(${batches.map((b) => b.batch)}::int[], ${batches.map((b) => b.firstSeq)}::int[],
        ${batches.map((b) => b.size)}::int[], ${batches.map((b) => b.digest)}::text[])`,
  );

/** The list is whole: only now may a form name it. Throws where it was given up meanwhile. */
export async function closeFreeze(
  tx: Tx,
  { id, campaignId }: { id: string; campaignId: string },
  frozen: { size: number; batchSize: number; merkleRoot: string; excluded: Record<string, number> },
  now: Date,
): Promise<void> {
  const { rowCount } = await execute(
    tx,
    sql`update audience set state = 'frozen', freezing_for = null, size = ${frozen.size}, batch_size = ${frozen.batchSize},
        merkle_root = ${frozen.merkleRoot}, excluded = ${JSON.stringify(frozen.excluded)}, frozen_at = ${now}
      where id = ${id} and state = 'freezing' and freezing_for = ${campaignId}`,
  );
  if (rowCount !== 1) throw new Error('Another attempt freezes this list.');
}

const rowsAStep = 50_000;

/** Deletes lists that were given up in the middle, in steps. Broken off, it goes on with the next freeze of anybody. */
export async function sweepGivenUp(pool: Pool, beat: () => void): Promise<void> {
  for (;;) {
    const list = await maybe(
      pool,
      z.object({ id: z.uuid() }),
      sql`select id from audience where state = 'freezing' and freezing_for is null limit 1`,
    );
    if (!list) return;
    for (const table of [sql`audience_member`, sql`audience_exclusion`]) {
      for (let deleted = rowsAStep; deleted === rowsAStep;) {
        const { rowCount } = await execute(
          pool,
          sql`delete from ${table} where ctid = any(array(
            select ctid from ${table} where audience_id = ${list.id} limit ${rowsAStep}))`,
        );
        deleted = rowCount ?? 0;
        beat();
      }
    }
    await execute(
      pool,
      sql`delete from audience where id = ${list.id} and state = 'freezing' and freezing_for is null`,
    );
  }
}
