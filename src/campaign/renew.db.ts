import { z } from 'zod';
import { outIdPrefix } from '../sms/out-id.rule.ts';
import { refusalFor } from '../contact/contact.rule.ts';
import { factsOf, holdersOf, readFacts } from '../contact/facts.db.ts';
import { Gate, gateOf, ratesOf, stopAt, type ClaimedMember, type ClaimRequest } from './claim.db.ts';
import { Handed, handedOver } from '../sms/cost.db.ts';
import type { ListedMember } from './message.db.ts';
import { noteCommit, openPace, paceOf, renewLeave, type Granted } from '../sms/rate.db.ts';
import { rowsOf, shortTransaction, sql, type Pool, type Sql } from '../kernel/sql.db.ts';

export type RenewRequest = Pick<
  ClaimRequest,
  | 'campaignId'
  | 'knownMark'
  | 'campaignKey'
  | 'accountId'
  | 'span'
  | 'owner'
  | 'campaignRate'
  | 'accountRate'
  | 'rules'
  | 'plannedSegments'
  | 'segmentLimit'
> & {
  /** Claimed and not called yet; empty when only the rate is asked for. */
  people: readonly (ClaimedMember & Pick<ListedMember, 'phone' | 'customerId'>)[];
  lapsed: Pick<Granted, 'at' | 'left'>;
  /** Messages that leave is asked for. */
  wanted: number;
};

export type Renewal =
  /** `may`: who may still be called; the others have been settled, or have said no. */
  { kind: 'renewed'; may: ReadonlySet<number>; granted: Granted; waitMs: number } | { kind: 'stopped' };

/**
 * Looks again, in one transaction, whether members that were claimed a moment ago may still be called: campaign, account and
 * lease stand, nobody has said no, no receipt says that the person has it, and the rate has room now.
 */
export async function renewClaim(pool: Pool, request: RenewRequest, now: Date): Promise<Renewal> {
  const { people, rules, owner, lapsed, wanted } = request;
  const rates = ratesOf(request);
  let renewal: Renewal | null = null;
  await shortTransaction(
    pool,
    [
      gateOf(request),
      ...paceOf(rates),
      stillClaimed(request),
      receiptsOfEarlier(request),
      handedOver(request),
      holdersOf(people),
      ...factsOf(people, rules, now),
    ],
    ([gates, buckets, clock, claimed, receipts, cost, ...facts]) => {
      const gate = rowsOf(Gate, gates)[0];
      // The claimed are counted in it: receipts that came since may have made them too many.
      const costly = (rowsOf(Handed, cost)[0]?.handed ?? 0) > request.segmentLimit;
      if (costly || stopAt(gate, owner) !== null) {
        renewal = { kind: 'stopped' };
        return null;
      }
      const current = ratesOf(request, gate);
      const leave = renewLeave(
        [buckets, clock].flatMap((each) => each ?? []),
        current,
        lapsed,
        wanted,
      );
      if (leave === null) return null;
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
      renewal = {
        kind: 'renewed',
        may: new Set(may.map(({ seq }) => seq)),
        granted: leave.granted,
        waitMs: leave.waitMs,
      };
      return leave.spend;
    },
  );
  const renewed = renewal as Renewal | null;
  if (renewed?.kind === 'renewed') noteCommit(renewed.granted);
  if (renewed !== null) return renewed;
  await openPace(pool, rates);
  return renewClaim(pool, request, now);
}

const Seq = z.object({ seq: z.number() });
const stillClaimed = ({ campaignKey, people }: RenewRequest): Sql =>
  sql`select m.seq from message m
    join unnest(${people.map(({ seq }) => seq)}::int[], ${people.map(({ attempt }) => attempt)}::int[]) as p (seq, attempt) on p.seq = m.seq
    where m.campaign_key = ${campaignKey} and m.seq = any(${people.map(({ seq }) => seq)}::int[])
      and m.attempt = p.attempt and m.state = 'claimed'`;

const Phone = z.object({ phone: z.string() });
const receiptsOfEarlier = ({ campaignKey, people }: RenewRequest): Sql =>
  sql`select phone from receipt
    where phone = any(${people.filter(({ attempt }) => attempt > 1).map(({ phone }) => phone)}::text[])
      and starts_with(out_id, ${outIdPrefix(campaignKey)})`;
