import { z } from 'zod';
import { affordable } from '../sms/cost.rule.ts';
import { outIdPrefix } from '../sms/out-id.rule.ts';
import type { ContactAsk, Verdict } from '../contact/contact.rule.ts';
import {
  openNumbers,
  readReservation,
  reservationOf,
  reservationQueries,
  type Reservation,
} from '../contact/reserve.db.ts';
import { touchesOf } from '../contact/touch.db.ts';
import { Handed, handedOver, Held, holdCost } from '../sms/cost.db.ts';
import type { ListedMember } from './message.db.ts';
import { settleByReceipts } from './receipt.db.ts';
import {
  execute,
  List,
  listOf,
  named,
  plannedOnce,
  rowsOf,
  shortTransaction,
  sql,
  transaction,
  type Pool,
  type Sql,
} from '../kernel/sql.db.ts';

// A thousand numbers look to the planner like a reason to read the whole of `contact` while the people are held: measured 43 ms,
// and more with every message ever sent.
const byIndex = sql`select set_config('enable_seqscan', 'off', true)`;

export type ClaimRequest = {
  campaignId: string;
  campaignKey: number;
  audienceId: string;
  accountId: string;
  /** Span and its owner: a claim fails once another attempt has taken the span over. */
  span: number;
  owner: string;
  /** How far this process has seen the database come: one that has come less far was restored, and its word sends nothing. */
  knownMark: number;
  /** Verified members in order of seq for whom there is leave; those of them that are due are claimed. */
  people: readonly ListedMember[];
  rules: ContactAsk;
  /** Members a request: 1, or the gateway's limit. */
  perRequest: number;
  /** Segments of one person's text, by our count. */
  segmentsOf: (person: ListedMember) => number;
  /** Segments of everybody on the list, by our count, and how many the signed ceiling pays for. */
  plannedSegments: number;
  segmentLimit: number;
  now: Date;
};

/** `request` is the first seq of the gateway call that the member goes out with; with the attempt it makes the out id. */
export type ClaimedMember = {
  seq: number;
  attempt: number;
  requestSeq: number;
  /** Whose the number was at the claim, where the list did not know. */
  customerId?: string | null;
};
export type Claim =
  /** `lookedAt`: when it was read who may be called, by `performance.now()`. `left`: still due, and the signed cost pays for no more now. */
  | { kind: 'claimed'; members: ClaimedMember[]; lookedAt: number; left: ReadonlySet<number> }
  | { kind: 'none' }
  | { kind: 'stopped'; why: 'state' | 'account' | 'lease' }
  /** The next message would cost more than was signed. */
  | { kind: 'stopped'; why: 'cost'; handed: number };

export const Gate = z.object({
  state: z.string(),
  accountState: z.string(),
  owner: z.uuid().nullable(),
});
/** Why nobody of the span goes out now; null when they may. No row: the campaign is gone, or the database is an older one. */
export function stopAt(gate: z.infer<typeof Gate> | undefined, owner: string): 'state' | 'account' | 'lease' | null {
  if (gate?.state !== 'sending') return 'state';
  if (gate.accountState !== 'active') return 'account';
  return gate.owner === owner ? null : 'lease';
}
const Due = z.object({ seq: z.number(), attempt: z.number() });
type Candidate = z.infer<typeof Due> & { phone: string; verdict: Verdict; person: ListedMember };

/**
 * Claims those of `people` that are due in one transaction: state, lease, opt-outs, consent, topic and caps are all judged in it, and
 * the claim is committed before anybody calls the gateway. Leave to send was taken before: `takeLeaves`.
 */
export async function claimSlice(pool: Pool, request: ClaimRequest): Promise<Claim> {
  const first = [
    byIndex,
    plannedOnce,
    ...reservationOf(request.people, request.rules, request.now),
    named('waihu.claim.gate', gateOf(request)),
    named('waihu.claim.due', dueOf(request)),
    named('waihu.claim.hold-cost', holdCost(request)),
    named('waihu.claim.cost', handedOver(request)),
  ];
  let verdict = { kind: 'none' } as Decision['verdict'];
  const done = await shortTransaction(pool, first, ([, , ...results]) => {
    const reservation = readReservation(results, request.people, request.rules, request.now);
    if (reservation.kind !== 'held') {
      verdict = reservation;
      return null;
    }
    const [gates, due, hold, cost] = results.slice(reservationQueries);
    const people = new Map(
      request.people.map((person, index) => [person.seq, { person, verdict: reservation.verdicts[index] }]),
    );
    const candidates = rowsOf(Due, due).flatMap(({ seq, attempt }) => {
      const found = people.get(seq);
      return found?.verdict
        ? [{ seq, attempt, phone: found.person.phone, verdict: found.verdict, person: found.person }]
        : [];
    });
    const handed = rowsOf(Handed, cost)[0]?.handed ?? null;
    // A receipt has brought the limit near between the two: what is counted has to be held.
    if (handed !== null && (rowsOf(Held, hold)[0]?.held ?? null) === null) {
      verdict = { kind: 'again' };
      return null;
    }
    const decided = decide(request, rowsOf(Gate, gates)[0], candidates, handed);
    verdict = decided.verdict;
    return decided.write;
  });
  if (verdict.kind === 'again') return claimSlice(pool, request);
  if (verdict.kind === 'strangers') {
    await openNumbers(pool, verdict.phones, 'contact');
    return claimSlice(pool, request);
  }
  if (verdict.kind === 'found') {
    const { holders } = verdict;
    const known = request.people.map((each) => ({
      ...each,
      customerId: each.customerId ?? holders.get(each.phone) ?? null,
    }));
    return claimSlice(pool, { ...request, people: known });
  }
  if (done === null || verdict.kind !== 'claimed' || verdict.members.length === 0) return verdict;
  // Nobody goes out who was not pending in the very statement that claimed.
  const taken = new Set(((done.at(-1)?.rows ?? []) as { seq: number }[]).map(({ seq }) => seq));
  const left = verdict.members.filter(({ seq }) => !taken.has(seq));
  if (left.length > 0) await settleLeft(pool, request, left);
  return { ...verdict, members: verdict.members.filter(({ seq }) => taken.has(seq)) };
}

/** Whom the claim passed over because a receipt of an earlier attempt is here: it says what became of them. */
const settleLeft = (pool: Pool, { campaignKey, audienceId }: ClaimRequest, left: readonly ClaimedMember[]) =>
  transaction(pool, (tx) =>
    settleByReceipts(
      tx,
      { key: campaignKey, audienceId },
      left.map(({ seq }) => seq),
    ),
  );

type Unheld = Exclude<Reservation, { kind: 'held' }> | { kind: 'again' };
type Decision = { verdict: Claim | Unheld; write: Sql[] | null };

function decide(
  request: ClaimRequest,
  gate: z.infer<typeof Gate> | undefined,
  candidates: Candidate[],
  handed: number | null,
): Decision {
  const leave = (verdict: Decision['verdict']): Decision => ({ verdict, write: null });
  const stop = stopAt(gate, request.owner);
  if (stop) return leave({ kind: 'stopped', why: stop });
  if (candidates.length === 0) return leave({ kind: 'none' });
  const { refused, deferred, allowed } = judge(candidates, request);
  const passedOver = refused.length + deferred.length;
  const price = ({ person }: Candidate): number => request.segmentsOf(person);
  const paid = handed === null ? allowed.length : affordable(allowed.map(price), request.segmentLimit - handed);
  if (paid === 0 && allowed.length > 0 && passedOver === 0)
    return leave({ kind: 'stopped', why: 'cost', handed: handed ?? 0 });
  const claimed = allowed.slice(0, paid);
  const members = requestsOf(claimed, request.perRequest);
  const take = members.length === 0 ? [] : [named('waihu.claim', claim(request, members, claimed, claimed.map(price)))];
  const left = new Set(allowed.slice(paid).map(({ seq }) => seq));
  return {
    verdict: { kind: 'claimed', members, lookedAt: performance.now(), left },
    write: [...suppress(request, refused), ...defer(request, deferred), ...take],
  };
}

type GateAt = Pick<ClaimRequest, 'knownMark' | 'accountId' | 'campaignId' | 'span'>;
const gateOf = (request: GateAt): Sql => sql`${gateNow(request)} for share of c, g`;
/** The same for whoever only looks. */
export const gateNow = (request: GateAt): Sql =>
  sql`select c.state, g.state as "accountState", l.owner
    from campaign c join gateway_account g on g.id = ${request.accountId} join installation i on i.mark >= ${request.knownMark}
    left join span_lease l on l.campaign_key = c.key and l.span = ${request.span}
    where c.id = ${request.campaignId}`;

// One table and its only index, so that no planner can go wrong on a ledger that was filled a moment ago: a join with the
// audience here has read all of it for every claim (650 ms each). No row locks: the campaign's row and the lease keep
// everybody else from pending rows, and the claim takes only what is still pending.
const dueOf = ({ campaignKey, people, now }: Pick<ClaimRequest, 'campaignKey' | 'people' | 'now'>): Sql =>
  sql`select seq, attempt from message
    where campaign_key = ${campaignKey} and seq between ${people[0]?.seq ?? 0} and ${people.at(-1)?.seq ?? 0} and state = 'pending' and (due_at is null or due_at <= ${now})
    order by campaign_key, seq`;

/** Those of `people` who are due now, in order of seq. Who is claimed is asked again, by the claim. */
export async function dueAmong(
  pool: Pool,
  campaignKey: number,
  people: readonly ListedMember[],
  now: Date,
): Promise<ListedMember[]> {
  const due = new Set(rowsOf(Due, await execute(pool, dueOf({ campaignKey, people, now }))).map(({ seq }) => seq));
  return people.filter(({ seq }) => due.has(seq));
}

type Refused = { seq: number; reason: string };
type Deferred = { seq: number; until: Date };

const dayMs = 86_400_000;

/** Hours only say when: who may not be contacted at this time of the day waits until they open. */
function judge(
  candidates: readonly Candidate[],
  { now }: ClaimRequest,
): { refused: Refused[]; deferred: Deferred[]; allowed: Candidate[] } {
  const refused: Refused[] = [];
  const deferred: Deferred[] = [];
  const allowed: Candidate[] = [];
  for (const each of candidates) {
    const { seq, verdict } = each;
    if (verdict.may) allowed.push(each);
    else if (verdict.why !== 'outside-hours') refused.push({ seq, reason: verdict.why });
    else deferred.push({ seq, until: verdict.until ?? new Date(now.getTime() + dayMs) });
  }
  return { refused, deferred, allowed };
}

/** Members of one request share its out id, so they must share the attempt in it: the highest of them. */
function requestsOf(claimed: readonly Candidate[], perRequest: number): ClaimedMember[] {
  const members: ClaimedMember[] = [];
  for (let first = 0; first < claimed.length; first += perRequest) {
    const group = claimed.slice(first, first + perRequest);
    const attempt = Math.max(...group.map((each) => each.attempt)) + 1;
    const requestSeq = group[0]?.seq ?? 0;
    for (const { seq, person } of group) members.push({ seq, attempt, requestSeq, customerId: person.customerId });
  }
  return members;
}

const defer = ({ campaignKey }: ClaimRequest, deferred: readonly Deferred[]): Sql[] =>
  deferred.length === 0
    ? []
    : [
        sql`update message m set due_at = r.until
          from unnest(${deferred.map(({ seq }) => seq)}::int[], ${deferred.map(({ until }) => until)}::timestamptz[]) as r (seq, until)
          where m.campaign_key = ${campaignKey} and m.seq = r.seq and m.state = 'pending'`,
      ];

const suppress = ({ campaignKey, now }: ClaimRequest, refused: readonly Refused[]): Sql[] =>
  refused.length === 0
    ? []
    : [
        sql`update message m set state = 'suppressed', reason = r.reason, changed_at = ${now}
          from unnest(${refused.map(({ seq }) => seq)}::int[], ${refused.map(({ reason }) => reason)}::text[]) as r (seq, reason)
          where m.campaign_key = ${campaignKey} and m.seq = r.seq and m.state = 'pending'`,
      ];

const claim = (
  { campaignKey, rules, now }: ClaimRequest,
  members: readonly ClaimedMember[],
  claimed: readonly Candidate[],
  segments: readonly number[],
): Sql =>
  sql`with r as materialized (
      select * from unnest(${listOf(members, (m) => m.seq)}::int[], ${listOf(members, (m) => m.attempt)}::int[], ${listOf(members, (m) => m.requestSeq)}::int[],
        ${listOf(claimed, (m) => m.phone)}::text[], ${new List(segments)}::smallint[]) as t (seq, attempt, request_seq, phone, segments)),
    claimed as (
      update message m set state = 'claimed', reason = null, code = null, biz_id = null, asked = 0, attempt = r.attempt, request_seq = r.request_seq,
        segments = r.segments, claimed_at = ${now}, called_at = null, changed_at = ${now}
      from r where m.campaign_key = ${campaignKey} and m.seq = r.seq
        and m.state = 'pending'
        and case when m.attempt = 0 then true
          else not exists (select from receipt k where k.phone = r.phone and starts_with(k.out_id, ${outIdPrefix(campaignKey)})) end
      returning r.seq, r.phone),
    touched as (
      ${touchesOf(sql`select phone, ${campaignKey}::int as campaign_key, seq from claimed`, rules, now)})
    select seq from claimed`;
