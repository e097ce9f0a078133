import { z } from 'zod';
import type { ContactAsk } from '../contact/contact.rule.ts';
import { FactGroup, factsOfGroup, groupColumns, groupJoins, groupTables } from '../contact/facts-group.db.ts';
import { members, type MemberOrigin } from './audience.db.ts';
import { refusalOnList } from './candidate.rule.ts';
import { many, sql, type Db } from '../kernel/sql.db.ts';

const sampleSize = 3;
const Row = FactGroup.extend({
  twice: z.boolean(),
  count: z.number(),
  sample: z.array(z.object({ position: z.string(), phone: z.string() })),
});

/** People with one answer, null for those who may be written to, and the first of them in the order of the list, unmasked. */
export type ReasonTally = { reason: string | null; count: number; sample: string[] };

/**
 * How many of a list may be written to, and why not the others, by the rule that the freeze and the claim ask: PostgreSQL counts
 * people with the same facts, and the rule is asked once for each kind of them.
 */
export async function tallyMembers(db: Db, audience: MemberOrigin, ask: ContactAsk, now: Date): Promise<ReasonTally[]> {
  const groups = await many(
    db,
    Row,
    sql`with ${groupTables(now)},
        judged as (
          select m.phone, m.position, m.twice, ${groupColumns} from (${members(audience, now)}) m ${groupJoins(ask.topic, now)}),
        placed as (
          select j.*, row_number() over (partition by twice, silences, touched, consent, subscribed, expired order by position) as place
          from judged j)
      select twice, silences, touched, consent, subscribed, expired, count(*) as count,
        jsonb_agg(jsonb_build_object('position', position, 'phone', phone) order by position)
          filter (where place <= ${sampleSize}) as sample
      from placed group by 1, 2, 3, 4, 5, 6`,
  );
  const byReason = Map.groupBy(groups, (group) => refusalOnList(group, factsOfGroup(group, now), ask, now));
  return [...byReason].map(([reason, found]) => ({
    reason,
    count: found.reduce((sum, { count }) => sum + count, 0),
    sample: found
      .flatMap(({ sample }) => sample)
      .toSorted((a, b) => (a.position < b.position ? -1 : 1))
      .slice(0, sampleSize)
      .map(({ phone }) => phone),
  }));
}
