import { randomBytes, randomUUIDv7, sign, type KeyObject } from 'node:crypto';
import type { Pool } from 'pg';
import { insertForm, insertSignature } from '../src/form/form.db.ts';
import { findLiveCampaign, formOf } from '../src/campaign/live-campaign.db.ts';
import { formStateOf } from '../src/campaign/state.rule.ts';
import { newFormFormat } from '../src/form/formats/formats.rule.ts';
import type { AuditEntry } from '../src/house/audit/audit.rule.ts';
import { campaignStates, type CampaignState } from '../src/campaign/state.rule.ts';
import { batchSize } from '../src/audience/digest.rule.ts';
import { canonicalJson, sha256Hex } from '../src/kernel/digest.rule.ts';
import { signingMessage } from '../src/house/evidence.rule.ts';

export const units = [
  '外呼一组',
  '外呼二组',
  '客户运营部',
  '会员中心',
  '信用卡中心',
  '财富管理部',
  '县域支行',
  '电子银行部',
];
export type Signer = { id: string; name: string; credentialId: string; key: KeyObject };
export type Staff = { reader: string; others: string[]; liaison: Signer; leader: Signer };
export type Seed = { pool: Pool; people: number; staff: Staff; accountId: string; audit: AuditEntry[]; now: number };

const campaigns = 200;
const minute = 60_000;
const hour = 60 * minute;
const checks = [{ code: 'audience', passed: true, detail: { size: 2000 } }];
export const sources = { name: { from: 'name' as const }, date: { from: 'constant' as const, value: '10月7日' } };
// Most have ended, as after two years; a few stand in every other state.
const usual: readonly CampaignState[] = [
  'archived',
  'archived',
  'completed',
  'archived',
  'cancelled',
  'rejected',
  'expired',
  'voided',
  'withdrawn',
];
const withoutForm: ReadonlySet<CampaignState> = new Set(['draft', 'freezing']);
const started: ReadonlySet<CampaignState> = new Set([
  'sending',
  'paused',
  'settling',
  'completed',
  'archived',
  'cancelled',
]);
const ended: ReadonlySet<CampaignState> = new Set(['completed', 'archived', 'cancelled']);

type Planned = { id: string; index: number; state: CampaignState; size: number; createdAt: number };

/** 200 campaigns in every state, the last one sending to everybody, and notices of them. Gives the pairs of text and list that they used. */
export async function seedCampaigns(
  seed: Seed,
  say: (what: string) => void,
): Promise<{ template: string; audience: string }[]> {
  const { pool, staff, people } = seed;
  const chosen = await pool.query<{ template: string; audience: string }>(
    `select t.id as template, a.id as audience from (select id, row_number() over (order by name, version) as n from template) t
     join (select id, row_number() over (order by id) as n from audience) a on a.n = t.n order by t.n`,
  );
  for (let index = 0; index < campaigns; index += 1) {
    const last = index === campaigns - 1;
    const early = campaigns - campaignStates.length - 1;
    const state = last
      ? 'sending'
      : ((index < early ? usual[index % usual.length] : campaignStates[index - early]) ?? 'archived');
    const planned: Planned = {
      id: randomUUIDv7(),
      index,
      state,
      size: last ? people : index % 40 === 7 ? Math.floor(people / 10) : 2_000,
      createdAt: seed.now - (campaigns - index) * 80 * hour - (last ? 0 : 40 * hour),
    };
    if (last) say(`the live campaign of ${people.toLocaleString('en-US')}`);
    await addCampaign(seed, planned, chosen.rows[index % chosen.rows.length] ?? { template: '', audience: '' });
  }
  await pool.query(
    `insert into notice (id, staff_id, kind, item_id, campaign_id, role, round, step, created_at, read_at)
     select uuidv7(), $1, (array['sign-awaited','sign-reminder','form-rejected'])[c.key % 3 + 1], c.id, c.id, '', r, r::text, c.created_at, case when c.key % 3 = 0 then now() end
     from campaign c cross join generate_series(1, 10) r`,
    [staff.reader],
  );
  return chosen.rows;
}

async function addCampaign(seed: Seed, planned: Planned, on: { template: string; audience: string }): Promise<void> {
  const { pool, staff, now } = seed;
  const { id, index, state, size, createdAt } = planned;
  const at = (hours: number): Date => new Date(createdAt + hours * hour);
  const live = state === 'sending' && size === seed.people;
  const awaits = state === 'awaiting-liaison' || state === 'awaiting-leader' || state === 'scheduled';
  const startedAt = live ? new Date(now - 40 * minute) : at(3);
  const applicantId = staff.others[(index * 8) % staff.others.length] ?? '';
  const day = at(0).toISOString().slice(0, 10).replaceAll('-', '');
  await pool.query(
    `insert into campaign (id, number, name, unit, purpose, applicant_id, applicant_name, template_id, audience_id, variable_sources, starts_at, ends_at, daily_from, daily_to,
       days, rate_per_second, requests, cost_ceiling_fen, sign_by, state, state_reason, created_at, submitted_at, started_at, finished_at)
     select $1, $2, $3, $4, '会员权益到期前的提醒', $5, s.name, $6, $7, $8, $9, $10, '09:00', '18:00', 'every-day', 500, 'batched', 100000000, $11, $12, $13, $14, $15, $16, $17 from staff s where s.id = $5`,
    [
      id,
      `WH-${day}-${String(index + 1).padStart(4, '0')}`,
      `权益到期提醒 ${index + 1}`,
      units[index % units.length],
      applicantId,
      on.template,
      on.audience,
      JSON.stringify(sources),
      at(2),
      awaits || live ? new Date(now + 100 * hour) : at(30),
      awaits ? new Date(now + 50 * hour) : at(24),
      state,
      state === 'rejected' ? JSON.stringify({ reason: '文案需要修改', by: staff.liaison.id, role: 'liaison' }) : null,
      at(0),
      withoutForm.has(state) ? null : at(0.2),
      started.has(state) ? startedAt : null,
      ended.has(state) ? at(20) : null,
    ],
  );
  const noted = (hours: number, actor: string, action: string, details: AuditEntry['details'] = {}) =>
    seed.audit.push({ at: at(hours).toISOString(), actor, action, objectKind: 'campaign', objectId: id, details });
  noted(0, `staff:${applicantId}`, 'campaign.create');
  if (withoutForm.has(state)) return;
  noted(0.2, `staff:${applicantId}`, 'campaign.submit');
  const audienceId = await freeze(seed, planned);
  await pool.query(
    `update campaign set frozen_audience_id = $2, calendar_version = (select version from calendar where active), segments = 1, estimate_fen = $3, checks = $4 where id = $1`,
    [id, audienceId, Math.round(size * 4.5), JSON.stringify(checks)],
  );
  noted(0.3, 'system', 'campaign.freeze', { size });
  await signed(seed, planned, noted);
  if (!started.has(state)) return;
  const { rows } = await pool.query<{ key: number }>('select key from campaign where id = $1', [id]);
  await openLedger(seed, { key: rows[0]?.key ?? 0, audienceId, startedAt, seconds: live ? 2_300 : 7_200, live });
  noted(3, 'system', 'campaign.start');
  for (let pause = 0; pause < 3; pause += 1) {
    noted(3.1 + pause / 5, `staff:${staff.reader}`, 'campaign.pause', { reason: '核对回执' });
    noted(3.2 + pause / 5, `staff:${staff.reader}`, 'campaign.resume');
  }
  if (ended.has(state)) noted(20, 'system', state === 'cancelled' ? 'campaign.cancel' : 'campaign.finish');
  if (state !== 'archived') return;
  await pool.query('insert into archive_part (campaign_id, build, no, body) values ($1, $1, 0, $2)', [
    id,
    randomBytes(size * 100),
  ]);
  await pool.query('insert into archive (campaign_id, build, digest, bytes, created_at) values ($1, $1, $2, $3, $4)', [
    id,
    sha256Hex(id),
    size * 100,
    at(21),
  ]);
  noted(21, 'system', 'campaign.archive');
}

async function freeze({ pool, staff, people }: Seed, { index, size, createdAt }: Planned): Promise<string> {
  const id = randomUUIDv7();
  await pool.query(
    `insert into audience (id, name, state, size, batch_size, merkle_root, salt_key, excluded, samples, created_by, created_at, frozen_at)
     values ($1, $2, 'frozen', $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
    [
      id,
      `权益到期提醒 ${index + 1}`,
      size,
      batchSize,
      sha256Hex(id),
      randomBytes(32),
      JSON.stringify({ 'no-consent': Math.floor(size / 25), dnc: Math.floor(size / 200) }),
      JSON.stringify({
        shortest: { seq: 1, length: 40 },
        usual: { seq: 2, length: 42 },
        longest: { seq: 3, length: 46 },
      }),
      staff.others[0],
      new Date(createdAt),
    ],
  );
  // Lists overlap, so one person stands on many of them.
  const from = size === people ? 0 : (index * 977) % Math.max(1, people - size);
  await pool.query(
    `insert into audience_member (audience_id, seq, customer_id, phone, variables)
     select $1, (row_number() over (order by phone))::int, id, phone, jsonb_build_object('name', name, 'date', '10月7日')
     from customer where phone > '+86138' || lpad($2::int::text, 8, '0') and phone <= '+86138' || lpad(($2::int + $3::int)::text, 8, '0')`,
    [id, from, size],
  );
  await pool.query(
    `insert into audience_exclusion (audience_id, phone, reason) select $1, '+86139' || lpad(i::text, 8, '0'), case when i % 8 = 0 then 'dnc' else 'no-consent' end
     from generate_series(1, $2::int) i`,
    [id, Math.floor(size / 25) + Math.floor(size / 200)],
  );
  await pool.query(
    `insert into audience_batch (audience_id, batch, first_seq, size, digest) select $1, b, (b - 1) * $3::int + 1, $3, md5(b::text) || md5(b::text)
     from generate_series(1, ceil($2::float8 / $3::int)::int) b`,
    [id, size, batchSize],
  );
  return id;
}

async function signed(
  { pool, staff, now }: Seed,
  { id, state, createdAt }: Planned,
  noted: (hours: number, actor: string, action: string, details: AuditEntry['details']) => unknown,
): Promise<void> {
  const live = await findLiveCampaign(pool, id);
  if (!live) throw new Error('A frozen campaign has everything that its form says.');
  const canonical = canonicalJson(formOf(live, newFormFormat));
  const digest = sha256Hex(canonical);
  const formId = randomUUIDv7();
  const { applicantId, signBy } = live.campaign;
  await insertForm(
    pool,
    {
      id: formId,
      subjectKind: 'campaign',
      subjectId: id,
      unit: live.campaign.unit,
      applicantId,
      canonical,
      digest,
      expiresAt: signBy,
    },
    new Date(createdAt),
  );
  await pool.query('update form set created_at = $2, state = $3 where id = $1', [
    formId,
    new Date(Math.min(now - hour, createdAt + 0.3 * hour)),
    formStateOf(state) ?? 'signed',
  ]);
  const give = async (role: 'liaison' | 'leader', by: Signer, hours: number): Promise<void> => {
    const signatureId = randomUUIDv7();
    const signature = sign(null, signingMessage(role, digest), by.key).toString('base64url');
    await insertSignature(pool, {
      id: signatureId,
      formId,
      applicantId,
      role,
      staffId: by.id,
      credentialId: by.credentialId,
      digest,
      evidence: { kind: 'ed25519', signature },
      signedAt: new Date(createdAt + hours * hour),
    });
    noted(hours, `staff:${by.id}`, 'campaign.sign', { role, digest, credentialId: by.credentialId, signatureId });
  };
  if (state === 'awaiting-liaison' || state === 'rejected' || state === 'expired') return;
  await give('liaison', staff.liaison, 1);
  if (state !== 'awaiting-leader' && state !== 'withdrawn') await give('leader', staff.leader, 2);
}

type Ledger = { key: number; audienceId: string; startedAt: Date; seconds: number; live: boolean };

/** Mixed states: of a live one a quarter waits, of an ended one nobody does. Contacts and receipts of what was sent. */
async function openLedger({ pool }: Seed, { key, audienceId, startedAt, seconds, live }: Ledger): Promise<void> {
  await pool.query(
    `insert into message (campaign_key, seq, state, reason, attempt, request_seq, biz_id, code, claimed_at, changed_at)
     select $1, seq, state, reason, (state not in ('pending','suppressed'))::int, case when sent then seq - seq % 100 end,
       case when state in ('delivered','accepted') or reason = 'undelivered' then 'b' || $1::int || '-' || seq end,
       case when reason = 'undelivered' then 'MK:0001' when state = 'failed' then 'isv.MOBILE_NUMBER_ILLEGAL' when state = 'unknown' then 'client.timeout' end,
       case when sent then $3::timestamptz + make_interval(secs => $4::float8 * part) end,
       case when state <> 'pending' then $3::timestamptz + make_interval(secs => $4::float8 * part + (seq % 1000 * 7919 % 300) / 10.0) end
     from (select seq, part, state, state not in ('pending','suppressed') as sent,
         case when state = 'suppressed' then (array['opted-out','no-consent','capped'])[seq % 3 + 1] when state = 'failed' then (array['undelivered','undelivered','number-refused'])[seq % 3 + 1] end as reason
       from (select seq, seq::float8 / max(seq) over () as part,
           case when $5 and seq > 0.75 * max(seq) over () then 'pending' when seq % 100 < 5 then 'suppressed' when seq % 100 < 9 then 'failed'
             when seq % 1000 = 10 then 'unknown' when $5 and seq > 0.749 * max(seq) over () then 'claimed' when $5 and seq > 0.7 * max(seq) over () then 'accepted' else 'delivered' end as state
         from audience_member where audience_id = $2) as place) as line`,
    [key, audienceId, startedAt, seconds, live],
  );
  // Plans of the joins below and of the pages: nobody waits for autovacuum here.
  if (live) await pool.query('analyze message, audience_member');
  await pool.query(
    `insert into contact (phone, channel, purpose, at, campaign_key, seq)
     select am.phone, 'sms', 'service', m.claimed_at, $1, m.seq from message m join audience_member am on am.audience_id = $2 and am.seq = m.seq
     where m.campaign_key = $1 and m.claimed_at is not null`,
    [key, audienceId],
  );
  await pool.query(
    `insert into receipt (biz_id, phone, out_id, delivered, error_code, segments, sent_at, reported_at, matched)
     select m.biz_id, am.phone, 'wh-' || $1::int || '-' || m.request_seq || '-1', m.state = 'delivered', coalesce(m.code, 'DELIVERED'), 1, m.claimed_at, m.changed_at, true
     from message m join audience_member am on am.audience_id = $2 and am.seq = m.seq
     where m.campaign_key = $1 and m.state in ('delivered','failed') and m.biz_id is not null`,
    [key, audienceId],
  );
}
