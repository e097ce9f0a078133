import { z } from 'zod';
import type { Member } from '../audience/digest.rule.ts';
import { memberSource, type Audience } from '../audience/audience.db.ts';
import { execute, many, one, sql, type Tx } from '../kernel/sql.db.ts';

const CandidateRow = z.object({
  place: z.number(),
  customerId: z.uuid().nullable(),
  phone: z.string(),
  name: z.string().nullable(),
  tier: z.string().nullable(),
  attributes: z.record(z.string(), z.unknown()),
  rowVariables: z.record(z.string(), z.unknown()),
});
export type FreezeCandidate = z.infer<typeof CandidateRow>;

/** Fixes who the candidates are, in order, for the rest of the transaction; gives their number. */
export async function holdCandidates(tx: Tx, audience: Audience): Promise<number> {
  await execute(
    tx,
    sql`create temporary table freeze_candidate (place int generated always as identity primary key, customer_id uuid, phone text, name text, tier text,
      attributes jsonb, row_variables jsonb) on commit drop`,
  );
  await execute(
    tx,
    sql`insert into freeze_candidate (customer_id, phone, name, tier, attributes, row_variables)
      select customer_id, phone, name, tier, coalesce(attributes, '{}'), coalesce(row_variables, '{}') from (${memberSource(audience)}) as candidate`,
  );
  return (await one(tx, z.object({ n: z.number() }), sql`select count(*)::int as n from freeze_candidate`)).n;
}

/** Candidates after that place, in order. */
export const candidatesAfter = (tx: Tx, place: number, limit: number): Promise<FreezeCandidate[]> =>
  many(
    tx,
    CandidateRow,
    sql`select f.place, f.customer_id as "customerId", f.phone, f.name, f.tier, f.attributes, f.row_variables as "rowVariables"
      from freeze_candidate f where f.place > ${place} order by f.place limit ${limit}`,
  );

export const insertFreezing = (tx: Tx, id: string, source: Audience, saltKey: Uint8Array, createdBy: string) =>
  execute(
    tx,
    sql`insert into audience (id, name, state, filter, frozen_from, salt_key, created_by)
      values (${id}, ${source.name}, 'freezing', ${source.filter === null ? null : JSON.stringify(source.filter)}, ${source.id}, ${Buffer.from(saltKey)}, ${createdBy})`,
  );

export const insertMembers = (
  tx: Tx,
  audienceId: string,
  members: readonly (Member & { customerId: string | null })[],
) =>
  execute(
    tx,
    sql`insert into audience_member (audience_id, seq, customer_id, phone, variables)
      select ${audienceId}, * from unnest(${members.map((m) => m.seq)}::int[], ${members.map((m) => m.customerId)}::uuid[], ${members.map((m) => m.phone)}::text[],
        ${members.map((m) => JSON.stringify(m.variables))}::jsonb[])`,
  );

export const insertExclusions = (tx: Tx, audienceId: string, excluded: readonly { phone: string; reason: string }[]) =>
  execute(
    tx,
    sql`insert into audience_exclusion (audience_id, phone, reason)
      select ${audienceId}, * from unnest(${excluded.map((e) => e.phone)}::text[], ${excluded.map((e) => e.reason)}::text[])`,
  );

export const insertBatches = (
  tx: Tx,
  audienceId: string,
  batches: readonly { batch: number; firstSeq: number; size: number; digest: string }[],
) =>
  execute(
    tx,
    sql`insert into audience_batch (audience_id, batch, first_seq, size, digest)
      select ${audienceId}, * from unnest(${batches.map((b) => b.batch)}::int[], ${batches.map((b) => b.firstSeq)}::int[], ${batches.map((b) => b.size)}::int[],
        ${batches.map((b) => b.digest)}::text[])`,
  );

export async function closeFreeze(
  tx: Tx,
  id: string,
  frozen: { size: number; batchSize: number; merkleRoot: string; excluded: Record<string, number> },
  now: Date,
): Promise<void> {
  await execute(
    tx,
    sql`update audience set state = 'frozen', size = ${frozen.size}, batch_size = ${frozen.batchSize}, merkle_root = ${frozen.merkleRoot},
      excluded = ${JSON.stringify(frozen.excluded)}, frozen_at = ${now} where id = ${id} and state = 'freezing'`,
  );
  // A batch is read by number; without statistics on the new list the planner reads all of it by its other index.
  await execute(tx, sql`analyze audience_member`);
}
