import { z } from 'zod';
import { outIdPrefix } from '../sms/out-id.rule.ts';
import { refusalFor } from '../contact/contact.rule.ts';
import { factsOf, holdersOf, readFacts } from '../contact/facts.db.ts';
import { Gate, gateNow, stopAt, type ClaimedMember, type ClaimRequest } from './claim.db.ts';
import { Handed, handedOver } from '../sms/cost.db.ts';
import type { ListedMember } from './message.db.ts';
import { readTogether, rowsOf, sql, type Pool, type Sql } from '../kernel/sql.db.ts';

export type LookRequest = Pick<
  ClaimRequest,
  | 'campaignId'
  | 'knownMark'
  | 'campaignKey'
  | 'accountId'
  | 'span'
  | 'owner'
  | 'rules'
  | 'plannedSegments'
  | 'segmentLimit'
> & {
  /** Claimed and not called yet. */
  people: readonly (ClaimedMember & Pick<ListedMember, 'phone' | 'customerId'>)[];
};

/**
 * Who of the members that were claimed a moment ago may still be called: campaign, account and lease stand, nobody has said no, no
 * receipt says that the person has it. Null when nobody of the span may be.
 */
export async function mayStillBeCalled(
  pool: Pool,
  request: LookRequest,
  now: Date,
): Promise<ReadonlySet<number> | null> {
  const { people, rules, owner } = request;
  const [gates, claimed, receipts, cost, ...facts] = await readTogether(pool, [
    gateNow(request),
    stillClaimed(request),
    receiptsOfEarlier(request),
    handedOver(request),
    holdersOf(people),
    ...factsOf(people, rules, now),
  ]);
  // The claimed are counted in it: receipts that came since may have made them too many.
  const costly = (rowsOf(Handed, cost)[0]?.handed ?? 0) > request.segmentLimit;
  if (costly || stopAt(rowsOf(Gate, gates)[0], owner) !== null) return null;
  const open = new Set(rowsOf(Seq, claimed).map(({ seq }) => seq));
  const known = new Set(rowsOf(Phone, receipts).map(({ phone }) => phone));
  const factsFor = readFacts(facts, now);
  const may = people.filter(
    (person) =>
      open.has(person.seq) &&
      !known.has(person.phone) &&
      // The claim itself is the latest touch: the cap was judged before it.
      refusalFor({ ...factsFor(person), touches: [] }, rules, now) === null,
  );
  return new Set(may.map(({ seq }) => seq));
}

const Seq = z.object({ seq: z.number() });
const stillClaimed = ({ campaignKey, people }: LookRequest): Sql =>
  sql`select m.seq from message m
    join unnest(${people.map(({ seq }) => seq)}::int[], ${people.map(({ attempt }) => attempt)}::int[]) as p (seq, attempt) on p.seq = m.seq
    where m.campaign_key = ${campaignKey} and m.seq = any(${people.map(({ seq }) => seq)}::int[])
      and m.attempt = p.attempt and m.state = 'claimed'`;

const Phone = z.object({ phone: z.string() });
const receiptsOfEarlier = ({ campaignKey, people }: LookRequest): Sql =>
  sql`select phone from receipt
    where phone = any(${people.filter(({ attempt }) => attempt > 1).map(({ phone }) => phone)}::text[])
      and starts_with(out_id, ${outIdPrefix(campaignKey)})`;
