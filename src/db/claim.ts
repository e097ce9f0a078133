import { z } from 'zod';
import { takeTokens } from '../domain/pace.ts';
import { refusalFor, type ContactRules } from '../domain/refusal.ts';
import { execute, many, maybe, sql, transaction, type Pool, type Tx } from './sql.ts';

// Every claim of every campaign passes here one after another, so that two campaigns cannot both see the same person as
// uncontacted, and a committed opt-out is seen by every claim that starts after it.
const contactLock = 727_002;

export type ClaimRequest = {
  campaignId: string;
  campaignKey: number;
  audienceId: string;
  accountId: string;
  /** Span and its owner: a claim fails once another attempt has taken the span over. */
  span: number;
  owner: string;
  fromSeq: number;
  toSeq: number;
  limit: number;
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
  | { kind: 'claimed'; members: ClaimedMember[]; suppressed: number }
  | { kind: 'none' }
  | { kind: 'wait'; waitMs: number }
  | { kind: 'stopped'; why: 'state' | 'account' | 'lease' };

const Gate = z.object({ state: z.string(), accountState: z.string(), owner: z.uuid().nullable() });
const Candidate = z.object({
  seq: z.number(),
  attempt: z.number(),
  phone: z.string(),
  suppressions: z.array(z.object({ kind: z.enum(['opt-out', 'dnc', 'complaint', 'dead-number', 'gateway-blacklist']), scope: z.enum(['all', 'sms', 'marketing']) })).nullable(),
  consent: z.boolean().nullable(),
  subscribed: z.boolean().nullable(),
  recent: z.number(),
});

/**
 * Claims up to `limit` due members in one transaction: state, lease, rate, opt-outs, consent, topic and caps are all judged
 * in it, and the claim is committed before anybody calls the gateway.
 */
export const claimSlice = (pool: Pool, request: ClaimRequest): Promise<Claim> =>
  transaction(pool, async (tx) => {
    const { campaignKey, fromSeq, toSeq, rules, now } = request;
    await execute(tx, sql`select pg_advisory_xact_lock(${contactLock})`);
    const gate = await maybe(
      tx,
      Gate,
      sql`select c.state, g.state as "accountState", l.owner
        from campaign c join gateway_account g on g.id = ${request.accountId}
        left join span_lease l on l.campaign_key = c.key and l.span = ${request.span}
        where c.id = ${request.campaignId} for share of c, g`,
    );
    if (gate?.state !== 'sending') return { kind: 'stopped', why: 'state' };
    if (gate.accountState !== 'active') return { kind: 'stopped', why: 'account' };
    if (gate.owner !== request.owner) return { kind: 'stopped', why: 'lease' };

    const candidates = await many(
      tx,
      Candidate,
      // The range is said of both tables: without it, and without statistics on a ledger opened a moment ago, the planner has read
      // the whole audience for every claim (650 ms instead of 3). No row locks: the campaign's row and the lease keep everybody
      // else from pending rows, and the update below takes only what is still pending.
      sql`with due as materialized (
          select m.seq, m.attempt from message m
          where m.campaign_key = ${campaignKey} and m.seq between ${fromSeq} and ${toSeq} and m.state = 'pending' and (m.due_at is null or m.due_at <= ${now})
          order by m.seq limit ${request.limit}),
        person as materialized (
          select am.seq, am.phone, am.customer_id from audience_member am where am.audience_id = ${request.audienceId} and am.seq between ${fromSeq} and ${toSeq})
        select d.seq, d.attempt, am.phone,
          (select jsonb_agg(jsonb_build_object('kind', s.kind, 'scope', s.scope)) from suppression s
            where s.phone = am.phone and s.lifted_at is null and (s.expires_at is null or s.expires_at > ${now})) as suppressions,
          (select c.granted from consent c where c.customer_id = am.customer_id and c.purpose = 'marketing') as consent,
          (select t.subscribed from topic_subscription t where t.customer_id = am.customer_id and t.topic = ${rules.topic}) as subscribed,
          (select count(*)::int from contact k where k.phone = am.phone and k.kind = ${rules.kind}
            and k.at > ${new Date(now.getTime() - rules.cap.days * 86_400_000)}) as recent
        from due d join person am on am.seq = d.seq order by d.seq`,
    );
    if (candidates.length === 0) return { kind: 'none' };

    const refused: { seq: number; reason: string }[] = [];
    const allowed: typeof candidates = [];
    for (const each of candidates) {
      const facts = { suppressions: each.suppressions ?? [], consent: each.consent, subscribed: each.subscribed, recentContacts: each.recent };
      const reason = refusalFor(facts, rules);
      if (reason === null) allowed.push(each);
      else refused.push({ seq: each.seq, reason });
    }
    if (refused.length > 0) {
      await execute(
        tx,
        sql`update message m set state = 'suppressed', reason = r.reason, changed_at = ${now}
          from unnest(${refused.map(({ seq }) => seq)}::int[], ${refused.map(({ reason }) => reason)}::text[]) as r (seq, reason)
          where m.campaign_key = ${campaignKey} and m.seq = r.seq and m.state = 'pending'`,
      );
    }
    if (allowed.length === 0) return { kind: 'claimed', members: [], suppressed: refused.length };

    const granted = await takeRate(tx, request, allowed.length);
    if (granted.tokens === 0) return refused.length > 0 ? { kind: 'claimed', members: [], suppressed: refused.length } : { kind: 'wait', waitMs: granted.waitMs };
    const claimed = allowed.slice(0, granted.tokens);
    const members = claimed.map(({ seq, attempt }, index) => ({
      seq,
      attempt: attempt + 1,
      requestSeq: claimed[index - (index % request.perRequest)]?.seq ?? seq,
    }));
    // Members of one request share its out id, so they must share the attempt in it: the highest of them.
    for (let first = 0; first < members.length; first += request.perRequest) {
      const group = members.slice(first, first + request.perRequest);
      const attempt = Math.max(...group.map((member) => member.attempt));
      for (const member of group) member.attempt = attempt;
    }
    await execute(
      tx,
      sql`with claimed as (
          update message m set state = 'claimed', reason = null, code = null, biz_id = null, asked = 0, attempt = r.attempt, request_seq = r.request_seq,
            claimed_at = ${now}, changed_at = ${now}
          from unnest(${members.map((m) => m.seq)}::int[], ${members.map((m) => m.attempt)}::int[], ${members.map((m) => m.requestSeq)}::int[]) as r (seq, attempt, request_seq)
          where m.campaign_key = ${campaignKey} and m.seq = r.seq returning m.seq)
        insert into contact (phone, channel, kind, at, campaign_key, seq)
        select k.phone, 'sms', ${rules.kind}, ${now}, ${campaignKey}, k.seq
        from unnest(${claimed.map((m) => m.phone)}::text[], ${claimed.map((m) => m.seq)}::int[]) as k (phone, seq)`,
    );
    return { kind: 'claimed', members, suppressed: refused.length };
  });

const Bucket = z.object({ owner: z.uuid(), tokens: z.number(), updatedAt: z.date() });

/** Takes from the account's bucket and the campaign's: what both grant. Locked in order of id, or two claims could wait for each other. */
async function takeRate(tx: Tx, request: ClaimRequest, wanted: number): Promise<{ tokens: number; waitMs: number }> {
  const rates: Record<string, number> = { [request.accountId]: request.accountRate, [request.campaignId]: request.campaignRate };
  const owners = Object.keys(rates).toSorted();
  await execute(tx, sql`insert into rate_bucket (owner, tokens, updated_at) select o, 0, ${request.now} from unnest(${owners}::uuid[]) as o on conflict do nothing`);
  const buckets = await many(
    tx,
    Bucket,
    sql`select owner, tokens, updated_at as "updatedAt" from rate_bucket where owner = any(${owners}::uuid[]) order by owner for update`,
  );
  const now = request.now.getTime();
  const rateOf = (owner: string) => ({ perSecond: rates[owner] ?? 1, burst: burstOf(rates[owner] ?? 1) });
  const grants = buckets.map((bucket) => takeTokens({ tokens: bucket.tokens, updatedAt: bucket.updatedAt.getTime() }, rateOf(bucket.owner), now, wanted));
  const tokens = Math.min(...grants.map(({ granted }) => granted));
  const waitMs = Math.max(...grants.map((grant) => (grant.granted === 0 ? grant.waitMs : 0)));
  // A handful now and a handful next time would cost a transaction each: wait until a tenth of a second's worth is there.
  const least = Math.min(wanted, Math.ceil(Math.min(...Object.values(rates)) / 10));
  if (tokens < least) return { tokens: 0, waitMs: Math.max(20, Math.min(waitMs || 100, 1_000)) };
  for (const bucket of buckets) {
    const { bucket: after } = takeTokens({ tokens: bucket.tokens, updatedAt: bucket.updatedAt.getTime() }, rateOf(bucket.owner), now, tokens);
    await execute(tx, sql`update rate_bucket set tokens = ${after.tokens}, updated_at = ${new Date(after.updatedAt)} where owner = ${bucket.owner}`);
  }
  return { tokens, waitMs: 0 };
}

// A fifth of a second's worth: enough to keep the pipe full between two claims, too little to be a burst that a carrier would notice.
const burstOf = (perSecond: number): number => Math.max(1, Math.ceil(perSecond / 5));
