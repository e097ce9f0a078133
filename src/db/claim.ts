import { z } from 'zod';
import { takeTokens } from '../domain/pace.ts';
import { refusalFor, type ContactFacts, type ContactRules } from '../domain/refusal.ts';
import { contactFactsOf, readContactFacts } from './contact-fact.ts';
import type { ListedMember } from './message.ts';
import { execute, rowsOf, shortTransaction, sql, type Pool, type Sql } from './sql.ts';

// Every claim of every campaign passes here one after another, so that two campaigns cannot both see the same person as
// uncontacted, and a committed opt-out is seen by every claim that starts after it.
const contactLock = 727_002;

// A thousand numbers look to the planner like a reason to read the whole of `contact`, under everybody's lock: measured 43 ms,
// and more with every message ever sent.
const lockContacts = sql`select pg_advisory_xact_lock(${contactLock}), set_config('enable_seqscan', 'off', true)`;

export type ClaimRequest = {
  campaignId: string;
  campaignKey: number;
  accountId: string;
  /** Span and its owner: a claim fails once another attempt has taken the span over. */
  span: number;
  owner: string;
  /** Verified members in order of seq; those of them that are due are claimed. */
  people: readonly ListedMember[];
  campaignRate: number;
  accountRate: number;
  rules: ContactRules;
  /** Members a request: 1, or the gateway's limit. */
  perRequest: number;
  now: Date;
};

/** `request` is the first seq of the gateway call that the member goes out with; with the attempt it makes the out id. */
export type ClaimedMember = { seq: number; attempt: number; requestSeq: number };
export type Claim =
  /** `more`: some are still due and wait for the rate. */
  | { kind: 'claimed'; members: ClaimedMember[]; suppressed: number; more: boolean }
  | { kind: 'none' }
  | { kind: 'wait'; waitMs: number }
  | { kind: 'stopped'; why: 'state' | 'account' | 'lease' };

const Gate = z.object({ state: z.string(), accountState: z.string(), owner: z.uuid().nullable() });
const Due = z.object({ seq: z.number(), attempt: z.number() });
type Candidate = z.infer<typeof Due> & { phone: string; facts: ContactFacts };

/**
 * Claims those of `people` that are due, as many as the rate grants, in one transaction: state, lease, rate, opt-outs, consent, topic and caps are all judged
 * in it, and the claim is committed before anybody calls the gateway.
 */
export async function claimSlice(pool: Pool, request: ClaimRequest): Promise<Claim> {
  const first = [
    lockContacts,
    gateOf(request),
    dueOf(request),
    bucketsOf(request),
    ...contactFactsOf(request.people, request.rules, request.now),
  ];
  let verdict = { kind: 'none' } as Decision['verdict'];
  const done = await shortTransaction(pool, first, ([, gates, due, buckets, ...facts]) => {
    const factsFor = readContactFacts(facts);
    const people = new Map(request.people.map((person) => [person.seq, person]));
    const candidates = rowsOf(Due, due).flatMap(({ seq, attempt }) => {
      const person = people.get(seq);
      return person ? [{ seq, attempt, phone: person.phone, facts: factsFor(person) }] : [];
    });
    const decided = decide(request, rowsOf(Gate, gates)[0], candidates, rowsOf(Bucket, buckets));
    verdict = decided.verdict;
    return decided.write;
  });
  if (verdict === 'no-buckets') {
    await openBuckets(pool, request);
    return claimSlice(pool, request);
  }
  if (done === null || verdict.kind !== 'claimed' || verdict.members.length === 0) return verdict;
  // Nobody goes out who was not pending in the very statement that claimed.
  const taken = new Set(((done.at(-1)?.rows ?? []) as { seq: number }[]).map(({ seq }) => seq));
  return { ...verdict, members: verdict.members.filter(({ seq }) => taken.has(seq)) };
}

type Decision = { verdict: Claim | 'no-buckets'; write: Sql[] | null };

function decide(
  request: ClaimRequest,
  gate: z.infer<typeof Gate> | undefined,
  candidates: Candidate[],
  buckets: Bucket[],
): Decision {
  const leave = (verdict: Decision['verdict']): Decision => ({ verdict, write: null });
  if (gate?.state !== 'sending') return leave({ kind: 'stopped', why: 'state' });
  if (gate.accountState !== 'active') return leave({ kind: 'stopped', why: 'account' });
  if (gate.owner !== request.owner) return leave({ kind: 'stopped', why: 'lease' });
  if (candidates.length === 0) return leave({ kind: 'none' });
  if (buckets.length < Object.keys(ratesOf(request)).length) return leave('no-buckets');

  const { refused, allowed } = judge(candidates, request);
  const grant = takeRate(buckets, request, allowed.length);
  if (refused.length === 0 && grant.tokens === 0) return leave({ kind: 'wait', waitMs: grant.waitMs });
  const claimed = allowed.slice(0, grant.tokens);
  const members = requestsOf(claimed, request.perRequest);
  const take = members.length === 0 ? [] : [...grant.spend, claim(request, members, claimed)];
  return {
    verdict: { kind: 'claimed', members, suppressed: refused.length, more: claimed.length < allowed.length },
    write: [...suppress(request, refused), ...take],
  };
}

const gateOf = (request: ClaimRequest): Sql =>
  sql`select c.state, g.state as "accountState", l.owner
    from campaign c join gateway_account g on g.id = ${request.accountId}
    left join span_lease l on l.campaign_key = c.key and l.span = ${request.span}
    where c.id = ${request.campaignId} for share of c, g`;

// One table and its only index, so that no planner can go wrong on a ledger that was filled a moment ago: a join with the
// audience here has read all of it for every claim (650 ms each). No row locks: the campaign's row and the lease keep
// everybody else from pending rows, and the claim takes only what is still pending.
const dueOf = ({ campaignKey, people, now }: ClaimRequest): Sql =>
  sql`select seq, attempt from message
    where campaign_key = ${campaignKey} and seq between ${people[0]?.seq ?? 0} and ${people.at(-1)?.seq ?? 0} and state = 'pending' and (due_at is null or due_at <= ${now})
    order by campaign_key, seq`;

function judge(
  candidates: readonly Candidate[],
  { rules }: ClaimRequest,
): { refused: { seq: number; reason: string }[]; allowed: Candidate[] } {
  const refused: { seq: number; reason: string }[] = [];
  const allowed: Candidate[] = [];
  for (const each of candidates) {
    const reason = refusalFor(each.facts, rules);
    if (reason === null) allowed.push(each);
    else refused.push({ seq: each.seq, reason });
  }
  return { refused, allowed };
}

/** Members of one request share its out id, so they must share the attempt in it: the highest of them. */
function requestsOf(claimed: readonly Candidate[], perRequest: number): ClaimedMember[] {
  const members: ClaimedMember[] = [];
  for (let first = 0; first < claimed.length; first += perRequest) {
    const group = claimed.slice(first, first + perRequest);
    const attempt = Math.max(...group.map((each) => each.attempt)) + 1;
    const requestSeq = group[0]?.seq ?? 0;
    for (const { seq } of group) members.push({ seq, attempt, requestSeq });
  }
  return members;
}

const suppress = ({ campaignKey, now }: ClaimRequest, refused: readonly { seq: number; reason: string }[]): Sql[] =>
  refused.length === 0
    ? []
    : [
        sql`update message m set state = 'suppressed', reason = r.reason, changed_at = ${now}
          from unnest(${refused.map(({ seq }) => seq)}::int[], ${refused.map(({ reason }) => reason)}::text[]) as r (seq, reason)
          where m.campaign_key = ${campaignKey} and m.seq = r.seq and m.state = 'pending'`,
      ];

// `case`: see storeResults; late in a campaign few rows are pending, and a planner that knows it compares each with each.
const claim = (
  { campaignKey, rules, now }: ClaimRequest,
  members: readonly ClaimedMember[],
  claimed: readonly Candidate[],
): Sql =>
  sql`with r as materialized (
      select * from unnest(${members.map((m) => m.seq)}::int[], ${members.map((m) => m.attempt)}::int[], ${members.map((m) => m.requestSeq)}::int[],
        ${claimed.map((m) => m.phone)}::text[]) as t (seq, attempt, request_seq, phone)),
    claimed as (
      update message m set state = 'claimed', reason = null, code = null, biz_id = null, asked = 0, attempt = r.attempt, request_seq = r.request_seq,
        claimed_at = ${now}, changed_at = ${now}
      from r where m.campaign_key = ${campaignKey} and m.seq = any(${members.map((m) => m.seq)}::int[]) and m.seq = r.seq
        and case m.state when 'pending' then true else false end returning r.seq, r.phone),
    touched as (
      insert into contact (phone, channel, kind, at, campaign_key, seq) select phone, 'sms', ${rules.kind}, ${now}, ${campaignKey}, seq from claimed)
    select seq from claimed`;

const Bucket = z.object({ owner: z.uuid(), tokens: z.number(), updatedAt: z.date() });
type Bucket = z.infer<typeof Bucket>;

const ratesOf = (request: ClaimRequest): Record<string, number> => ({
  [request.accountId]: request.accountRate,
  [request.campaignId]: request.campaignRate,
});

/** Both are there, empty, as a new one starts, and stay there whatever becomes of the claim. */
const openBuckets = (pool: Pool, request: ClaimRequest) =>
  execute(
    pool,
    sql`insert into rate_bucket (owner, tokens, updated_at) select o, 0, ${request.now} from unnest(${Object.keys(ratesOf(request)).toSorted()}::uuid[]) as o on conflict do nothing`,
  );

/** Locked in order of id, or two claims could wait for each other. */
const bucketsOf = (request: ClaimRequest): Sql =>
  sql`select owner, tokens, updated_at as "updatedAt" from rate_bucket where owner = any(${Object.keys(ratesOf(request))}::uuid[]) order by owner for update`;

/** Takes from the account's bucket and the campaign's what both grant; `spend` writes it down. */
function takeRate(
  buckets: readonly Bucket[],
  request: ClaimRequest,
  wanted: number,
): { tokens: number; waitMs: number; spend: Sql[] } {
  const rates = ratesOf(request);
  const now = request.now.getTime();
  const rateOf = (owner: string) => ({ perSecond: rates[owner] ?? 1, burst: burstOf(rates[owner] ?? 1) });
  const grants = buckets.map((bucket) =>
    takeTokens({ tokens: bucket.tokens, updatedAt: bucket.updatedAt.getTime() }, rateOf(bucket.owner), now, wanted),
  );
  const tokens = Math.min(...grants.map(({ granted }) => granted));
  const waitMs = Math.max(...grants.map((grant) => (grant.granted === 0 ? grant.waitMs : 0)));
  // A handful now and a handful next time would cost a transaction each: wait until a tenth of a second's worth is there.
  const least = Math.min(wanted, Math.ceil(Math.min(...Object.values(rates)) / 10));
  if (tokens < least) return { tokens: 0, waitMs: Math.max(20, Math.min(waitMs || 100, 1_000)), spend: [] };
  const after = buckets.map((bucket) => ({
    owner: bucket.owner,
    ...takeTokens({ tokens: bucket.tokens, updatedAt: bucket.updatedAt.getTime() }, rateOf(bucket.owner), now, tokens)
      .bucket,
  }));
  const spend = sql`update rate_bucket b set tokens = a.tokens, updated_at = a.updated_at
    from unnest(${after.map(({ owner }) => owner)}::uuid[], ${after.map((each) => each.tokens)}::float8[], ${after.map(({ updatedAt }) => new Date(updatedAt))}::timestamptz[]) as a (owner, tokens, updated_at)
    where b.owner = a.owner`;
  return { tokens, waitMs: 0, spend: [spend] };
}

// A fifth of a second's worth: enough to keep the pipe full between two claims, too little to be a burst that a carrier would notice.
const burstOf = (perSecond: number): number => Math.max(1, Math.ceil(perSecond / 5));
