import { z } from 'zod';
import type { LiveProcess } from '../../house/process-watch.rule.ts';
import { execute, many, maybe, sql, type Db, type Tx } from '../../kernel/sql.db.ts';

const Row = z.object({
  kind: z.literal('call-list'),
  id: z.uuid(),
  state: z.literal('open'),
  stale: z.literal(false),
  losses: z.number(),
  lostAt: z.date().nullable(),
}) satisfies z.ZodType<LiveProcess>;
export type LiveList = z.infer<typeof Row>;
const columns = sql`'call-list' as kind, l.id, l.state, false as stale, l.process_losses as losses, l.process_lost_at as "lostAt"`;

export const liveLists = (db: Db): Promise<LiveList[]> =>
  many(db, Row, sql`select ${columns} from call_list l where l.state = 'open' order by l.id`);

export const lockLiveList = (tx: Tx, { id }: { id: string }): Promise<LiveList | null> =>
  maybe(tx, Row, sql`select ${columns} from call_list l where l.id = ${id} and l.state = 'open' for update`);

export const noteListLoss = (tx: Tx, { id }: { id: string }, losses: number, now: Date) =>
  execute(tx, sql`update call_list set process_lost_at = ${now}, process_losses = ${losses} where id = ${id}`);
