import { z } from 'zod';
import { messageStates } from '../contact/message-state.rule.ts';
import { lateTouchesOf } from '../contact/touch.db.ts';
import { formatOutId, outIdPrefix, parseOutId, testSendOf } from '../sms/out-id.rule.ts';
import { failureOfReceipt } from '../sms/outcome-reaction.rule.ts';
import { afterReceipt, attemptOf, isRevived, type SettledRow, type Verdict } from './receipt-verdict.rule.ts';
import { addressees, ofAttempts, type Addressed, type NewReceipt } from './receipt-message.db.ts';
import { execute, many, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const keyOf = ({ bizId, phone, outId }: Pick<NewReceipt, 'bizId' | 'phone' | 'outId'>): string =>
  JSON.stringify([bizId, phone, outId ?? '']);

/**
 * Stores receipts once each; a repeat only counts, but a bad verdict replaces a good one (a long message is as good as its worst
 * part) and more segments replace fewer. Moves the messages that they speak of. Gives the bad ones that
 * were not known yet and speak of an attempt of ours.
 */
export async function storeReceipts(tx: Tx, receipts: readonly NewReceipt[]): Promise<NewReceipt[]> {
  // One statement may not touch a row twice, and providers do repeat within one push.
  const once = new Map<string, NewReceipt>();
  for (const receipt of receipts) {
    const known = once.get(keyOf(receipt));
    if (!known || (known.delivered && !receipt.delivered)) once.set(keyOf(receipt), receipt);
  }
  const rows = [...once.values()].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  // A push is small and the tables are large, but the planner that does not know a new campaign yet reads them whole: with
  // these it looks every receipt up by its keys (0.7 ms a receipt became 0.1 ms).
  await execute(
    tx,
    sql`select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`,
  );
  const found = await addressees(tx, rows);
  const tests = await settleTests(tx, rows);
  const ours = new Set(rows.filter((row) => found.has(row) || tests.has(row.outId ?? '')));
  // One that came without an out id is filed under the one that its BizId stands for.
  const filed = rows.map((row) => {
    const of = found.get(row);
    return row.outId === null && of ? { ...row, outId: formatOutId(of) } : row;
  });
  const kept = await many(
    tx,
    z.object({ key: z.string(), segments: z.number(), repeats: z.number() }),
    sql`insert into receipt as r (biz_id, phone, out_id, delivered, error_code, segments, sent_at, reported_at, matched)
      select * from unnest(${rows.map((r) => r.bizId)}::text[], ${rows.map((r) => r.phone)}::text[], ${filed.map((r) => r.outId)}::text[],
        ${rows.map((r) => r.delivered)}::bool[], ${rows.map((r) => r.errorCode)}::text[], ${rows.map((r) => r.segments)}::smallint[],
        ${rows.map((r) => r.sentAt)}::timestamptz[], ${rows.map((r) => r.reportedAt)}::timestamptz[], ${rows.map((r) => ours.has(r))}::bool[])
      on conflict (biz_id, phone, (coalesce(out_id, ''))) do update
        set repeats = r.repeats + 1, delivered = r.delivered and excluded.delivered, matched = r.matched or excluded.matched,
          segments = greatest(r.segments, excluded.segments),
          error_code = case when r.delivered and not excluded.delivered then excluded.error_code else r.error_code end
      returning json_build_array(biz_id, phone, coalesce(out_id, ''))::text as key, segments, repeats`,
  );
  const segments = new Map(kept.map(({ key, segments: count }) => [JSON.stringify(JSON.parse(key)), count]));
  await applyReceipts(
    tx,
    [...found.values()].map((receipt) =>
      Object.assign(receipt, {
        segments: segments.get(keyOf({ ...receipt, outId: receipt.outId ?? formatOutId(receipt) })) ?? receipt.segments,
      }),
    ),
  );
  const fresh = new Set(kept.filter(({ repeats }) => repeats === 0).map(({ key }) => JSON.stringify(JSON.parse(key))));
  const bad = [...found].filter(([{ delivered }]) => !delivered);
  const made = await ofAttempts(tx, bad);
  return filed.filter((row, at) => {
    const original = rows[at];
    const tried = original && (made.has(original) || tests.has(original.outId ?? ''));
    return tried && !row.delivered && fresh.has(keyOf(row));
  });
}

const MessageRow = z.object({
  campaignKey: z.number(),
  seq: z.number(),
  state: z.enum(messageStates),
  reason: z.string().nullable(),
  code: z.string().nullable(),
  attempt: z.number(),
  requestSeq: z.number().nullable(),
  bizId: z.string().nullable(),
  segments: z.number().nullable(),
});
type Row = z.infer<typeof MessageRow>;

/**
 * Moves messages; a receipt may come before the submit's own answer. The ledger of a finished campaign is closed and archived: a
 * receipt that comes later is kept and shown with the person, and moves nothing.
 */
async function applyReceipts(tx: Tx, receipts: readonly Addressed[]): Promise<void> {
  if (receipts.length === 0) return;
  // In one order for everybody. The campaigns' rows are held, so that none is finished between the look and the move.
  await execute(
    tx,
    sql`select from campaign where key = any(${receipts.map((r) => r.campaignKey)}::int[]) order by key for share`,
  );
  const rows = await many(
    tx,
    MessageRow,
    sql`select m.campaign_key as "campaignKey", m.seq, m.state, m.reason, m.code, m.attempt, m.request_seq as "requestSeq", m.biz_id as "bizId", m.segments
      from (select distinct * from unnest(${receipts.map((r) => r.campaignKey)}::int[], ${receipts.map((r) => r.seq)}::int[])
        as t (campaign_key, seq)) t
      join campaign c on c.key = t.campaign_key and c.finished_at is null
      join message m on m.campaign_key = t.campaign_key and m.seq = t.seq
      order by m.campaign_key, m.seq for update of m`,
  );
  const before = new Map(rows.map((row) => [`${row.campaignKey} ${row.seq}`, row]));
  const after = new Map(before);
  for (const receipt of receipts) {
    const at = `${receipt.campaignKey} ${receipt.seq}`;
    const row = after.get(at);
    if (row) after.set(at, { ...row, ...afterReceipt(row, receipt) });
  }
  const changed = [...after].flatMap(([at, row]) => {
    const old = before.get(at);
    return old && !same(old, row) ? [{ old, row }] : [];
  });
  await writeVerdicts(tx, changed);
}

const same = (a: Row, b: Row): boolean =>
  a.state === b.state && a.code === b.code && a.bizId === b.bizId && a.segments === b.segments;

async function writeVerdicts(tx: Db, changed: readonly { old: Row; row: Row }[]): Promise<void> {
  if (changed.length === 0) return;
  const rows = changed.map(({ row }) => row);
  await execute(
    tx,
    sql`update message m set state = t.state, reason = t.reason, code = t.code, biz_id = t.biz_id, segments = t.segments,
        changed_at = case when m.state = t.state and m.segments is not distinct from t.segments then m.changed_at
          else greatest(clock_timestamp(), m.claimed_at) end
      from unnest(${rows.map((r) => r.campaignKey)}::int[], ${rows.map((r) => r.seq)}::int[], ${rows.map((r) => r.state)}::text[], ${rows.map((r) => r.reason)}::text[],
        ${rows.map((r) => r.code)}::text[], ${rows.map((r) => r.bizId)}::text[], ${rows.map((r) => r.segments)}::smallint[])
        as t (campaign_key, seq, state, reason, code, biz_id, segments)
      where m.campaign_key = t.campaign_key and m.seq = t.seq`,
  );
  await rememberContacts(
    tx,
    changed.filter(({ old, row }) => isRevived(old, row)).map(({ row }) => row),
  );
  await addExtra(tx, changed);
}

/** Notes what receipts bill beyond our own count, or below it: the claim compares it with the signed ceiling. */
async function addExtra(tx: Db, changed: readonly { old: Row; row: Row }[]): Promise<void> {
  const extra = new Map<number, number>();
  for (const { old, row } of changed) {
    const more = (row.segments ?? 0) - (old.segments ?? row.segments ?? 0);
    if (more !== 0) extra.set(row.campaignKey, (extra.get(row.campaignKey) ?? 0) + more);
  }
  const rows = [...extra].toSorted(([a], [b]) => a - b);
  if (rows.length === 0) return;
  await execute(
    tx,
    sql`insert into campaign_cost as c (campaign_key, extra_segments)
      select * from unnest(${rows.map(([key]) => key)}::int[], ${rows.map(([, more]) => more)}::bigint[])
      on conflict (campaign_key) do update set extra_segments = c.extra_segments + excluded.extra_segments`,
  );
}

/** People who were reached after all: the caps count them, as of the attempt's call, and whoever had the number then. */
export async function rememberContacts(tx: Db, people: readonly { campaignKey: number; seq: number }[]): Promise<void> {
  if (people.length === 0) return;
  await execute(
    tx,
    lateTouchesOf(
      sql`select am.phone, am.customer_id, coalesce(c.contact_purpose, case e.kind when 'marketing' then 'marketing' else 'service' end) as purpose,
        coalesce(m.called_at, m.claimed_at) as at, c.key as campaign_key, am.seq
        from (select distinct * from unnest(${people.map((p) => p.campaignKey)}::int[], ${people.map((p) => p.seq)}::int[])
          as t (campaign_key, seq)) t
        join campaign c on c.key = t.campaign_key join template e on e.id = c.template_id
        join audience_member am on am.audience_id = c.frozen_audience_id and am.seq = t.seq
        join message m on m.campaign_key = c.key and m.seq = am.seq`,
      { channel: 'sms' },
    ),
  );
}

const Known = z.object({
  seq: z.number(),
  outId: z.string(),
  delivered: z.boolean(),
  errorCode: z.string(),
  bizId: z.string(),
  segments: z.number(),
});

/**
 * Settles those of `seqs` who wait to be tried again although a receipt of an earlier attempt is here: it came while a later
 * attempt was open, and could not settle that one. Gives their seqs.
 */
export async function settleByReceipts(
  tx: Db,
  campaign: { key: number; audienceId: string },
  seqs: readonly number[],
): Promise<number[]> {
  if (seqs.length === 0) return [];
  const rows = await many(
    tx,
    MessageRow,
    sql`select campaign_key as "campaignKey", seq, state, reason, code, attempt, request_seq as "requestSeq", biz_id as "bizId", segments
      from message where campaign_key = ${campaign.key} and seq = any(${seqs}::int[]) and state = 'pending' and attempt > 0
      order by seq for update`,
  );
  const known = await many(
    tx,
    Known,
    sql`select am.seq, r.out_id as "outId", r.delivered, r.error_code as "errorCode", r.biz_id as "bizId", r.segments
      from audience_member am cross join lateral (
        select * from receipt where phone = am.phone and starts_with(out_id, ${outIdPrefix(campaign.key)}) offset 0) r
      where am.audience_id = ${campaign.audienceId} and am.seq = any(${rows.map(({ seq }) => seq)}::int[])
      order by am.seq, r.delivered desc, r.received_at`,
  );
  const receipts = Map.groupBy(known, ({ seq }) => seq);
  const changed = rows.flatMap((old) => {
    const about = receipts.get(old.seq) ?? [];
    const row = about.reduce<SettledRow>((each, receipt) => afterReceipt(each, verdictOf(old, receipt)), old);
    return row.state === 'pending' ? [] : [{ old, row: { ...old, ...row } }];
  });
  await writeVerdicts(tx, changed);
  return changed.map(({ row }) => row.seq);
}

/** One whose out id names no attempt of this row is still about this campaign's message to this person: it had one. */
function verdictOf(row: SettledRow, { outId, ...receipt }: z.infer<typeof Known>): Verdict {
  const named = parseOutId(outId);
  const of = named && attemptOf(row, named) ? named : { attempt: row.attempt, requestSeq: row.requestSeq ?? 0 };
  return { ...receipt, ...of, failureReason: failureOfReceipt(receipt.errorCode) };
}

/** A test message whose answer was lost is known by its receipt. Gives the out ids that are of test messages of ours. */
async function settleTests(tx: Tx, receipts: readonly NewReceipt[]): Promise<Set<string>> {
  const tests = receipts.filter(({ outId }) => testSendOf(outId) !== null);
  if (tests.length === 0) return new Set();
  const rows = await many(
    tx,
    z.object({ outId: z.string() }),
    sql`with t as (
        select * from unnest(${tests.map(({ outId }) => testSendOf(outId))}::uuid[], ${tests.map(({ phone }) => phone)}::text[],
          ${tests.map(({ bizId }) => bizId)}::text[]) as t (id, phone, biz_id)),
      settled as (
        update test_send s set state = 'accepted', code = 'OK', biz_id = t.biz_id, closed_at = now()
        from t where s.id = t.id and s.phone = t.phone and s.state in ('calling', 'unknown'))
      select s.out_id as "outId" from test_send s join t on s.id = t.id and s.phone = t.phone`,
  );
  return new Set(rows.map(({ outId }) => outId));
}
