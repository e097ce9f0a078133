import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const Frozen = z.object({
  id: z.uuid(),
  name: z.string(),
  size: z.number(),
  batchSize: z.number(),
  merkleRoot: z.string(),
  excluded: z.record(z.string(), z.number()),
  saltKey: z.instanceof(Buffer),
});
export type FrozenAudience = z.infer<typeof Frozen>;
export const findFrozenAudience = (db: Db, id: string): Promise<FrozenAudience | null> =>
  maybe(
    db,
    Frozen,
    sql`select id, name, size, batch_size as "batchSize", merkle_root as "merkleRoot", coalesce(excluded, '{}') as excluded, salt_key as "saltKey" from audience where id = ${id} and state = 'frozen'`,
  );

const Place = z.object({ seq: z.number(), length: z.number() });
/** Which members get the shortest, the usual (most frequent length) and the longest text; lengths in UTF-16 units with 【signature】. */
export const FormSamples = z.object({ shortest: Place, usual: Place, longest: Place });
export type FormSamples = z.infer<typeof FormSamples>;

/** Null of lists that were frozen before samples were kept. */
export async function findSamples(db: Db, audienceId: string): Promise<FormSamples | null> {
  const row = await maybe(
    db,
    z.object({ samples: FormSamples.nullable() }),
    sql`select samples from audience where id = ${audienceId}`,
  );
  return row?.samples ?? null;
}

export const storeSamples = (tx: Tx, audienceId: string, samples: FormSamples) =>
  execute(tx, sql`update audience set samples = ${JSON.stringify(samples)} where id = ${audienceId}`);

const MemberRow = z.object({ seq: z.number(), phone: z.string(), variables: z.record(z.string(), z.string()) });
export type FormMember = z.infer<typeof MemberRow>;

/** Members of a frozen list by their places, unmasked. */
export const membersAt = (db: Db, audienceId: string, seqs: readonly number[]): Promise<FormMember[]> =>
  many(
    db,
    MemberRow,
    sql`select seq, phone, variables from audience_member where audience_id = ${audienceId} and seq = any(${[...seqs]}::int[]) order by seq`,
  );
