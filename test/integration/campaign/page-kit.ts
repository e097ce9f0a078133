import { randomUUIDv7 } from 'node:crypto';
import { createFigures } from '../../../src/campaign/figures.command.ts';
import type { CampaignState } from '../../../src/campaign/state.rule.ts';
import type { MessageState } from '../../../src/contact/message-state.rule.ts';
import type { Pool } from '../../../src/kernel/sql.db.ts';

export type LedgerRow = {
  state: MessageState;
  reason?: string;
  code?: string;
  bizId?: string;
  claimedAt?: Date;
  changedAt?: Date;
  requestSeq?: number;
};
export type Wanted = {
  name?: string;
  unit?: string;
  state?: CampaignState;
  stateReason?: Record<string, unknown>;
  kind?: 'marketing' | 'notice';
  applicantId: string;
  applicantName?: string;
  /** Members in order of the list; none: not frozen. */
  ledger?: LedgerRow[] | null;
  /** Opened ledgers have rows of their own. */
  opened?: boolean;
  size?: number;
  startsAt?: Date;
  endsAt?: Date;
  excluded?: { phone: string; reason: string }[];
};
export type Made = { id: string; key: number; number: string; audienceId: string | null };

let made = 0;

/** A campaign as it stands in the database, without the process that brings it there. Numbers are +8613900000001 and on. */
export async function makeCampaign(pool: Pool, wanted: Wanted): Promise<Made> {
  made += 1;
  const { name = `活动 ${made}`, unit = '外呼组', state = 'sending', kind = 'notice', ledger = null } = wanted;
  const { applicantId, applicantName = '陈思远', opened = ledger !== null } = wanted;
  const now = Date.now();
  const account = randomUUIDv7();
  const template = randomUUIDv7();
  const audience = randomUUIDv7();
  const frozen = randomUUIDv7();
  const id = randomUUIDv7();
  const size = wanted.size ?? ledger?.length ?? null;
  await pool.query(
    `insert into gateway_account (id, name, provider, settings, rate_per_second, price_milli_yuan, webhook_token) values ($1, $2, 'aliyun', $3, 100, 45, $4)`,
    [
      account,
      `账号 ${made}`,
      JSON.stringify({
        endpoint: 'x.example',
        protocol: 'https',
        credentialsFile: '/none',
        hours: { marketing: ['08:00', '20:00'], notice: ['08:00', '22:00'] },
      }),
      randomUUIDv7(),
    ],
  );
  await pool.query(
    `insert into template (id, name, version, kind, source, variables, sign_name, gateway_account_id, gateway_code, created_by) values ($1, $2, 1, $3, '{{name}}您好', '[]', '云汀金融', $4, 'SMS_1', $5)`,
    [template, `模板 ${made}`, kind, account, applicantId],
  );
  await pool.query(`insert into audience (id, name, state, created_by) values ($1, '名单', 'open', $2)`, [
    audience,
    applicantId,
  ]);
  if (size !== null) {
    const excluded = Object.fromEntries(
      Object.entries(Object.groupBy(wanted.excluded ?? [], ({ reason }) => reason)).map(([reason, of]) => [
        reason,
        of?.length,
      ]),
    );
    await pool.query(
      `insert into audience (id, name, state, created_by, frozen_from, size, batch_size, merkle_root, salt_key, excluded, frozen_at)
       values ($1, '名单', 'frozen', $2, $3, $4, 1000, 'abcdef0123456789', '\\x00', $5, now())`,
      [frozen, applicantId, audience, size, JSON.stringify(excluded)],
    );
    await pool.query(
      `insert into audience_member (audience_id, seq, phone, variables) select $1, i, '+86139' || lpad(i::text, 8, '0'), '{}' from generate_series(1, $2::int) i`,
      [frozen, size],
    );
    for (const { phone, reason } of wanted.excluded ?? [])
      await pool.query(`insert into audience_exclusion (audience_id, phone, reason) values ($1, $2, $3)`, [
        frozen,
        phone,
        reason,
      ]);
  }
  const number = `WH-20261122-${String(made).padStart(4, '0')}`;
  const { rows } = await pool.query(
    `insert into campaign (id, number, name, unit, purpose, applicant_id, applicant_name, template_id, audience_id, frozen_audience_id, starts_at, ends_at, daily_from, daily_to,
       days, rate_per_second, cost_ceiling_fen, sign_by, state, state_reason, submitted_at, started_at, finished_at, segments, estimate_fen)
     values ($1, $2, $3, $4, '告知', $5, $6, $7, $8, $9, $10, $11, '08:00', '20:00', 'every-day', 10, 100000, $11, $12, $13, $14, $15, $16, $17, $18) returning key`,
    [
      id,
      number,
      name,
      unit,
      applicantId,
      applicantName,
      template,
      audience,
      size === null ? null : frozen,
      wanted.startsAt ?? new Date(now - 3_600_000),
      wanted.endsAt ?? new Date(now + 3_600_000),
      state,
      wanted.stateReason ? JSON.stringify(wanted.stateReason) : null,
      new Date(now - 7_200_000),
      opened ? new Date(now - 3_600_000) : null,
      state === 'completed' || state === 'archived' ? new Date(now - 60_000) : null,
      size,
      (size ?? 0) * 5,
    ],
  );
  const key = (rows[0] as { key: number }).key;
  if (ledger && opened) await addMessages(pool, key, ledger);
  return { id, key, number, audienceId: size === null ? null : frozen };
}

async function addMessages(pool: Pool, key: number, ledger: readonly LedgerRow[]): Promise<void> {
  const column = <T>(pick: (row: LedgerRow) => T): T[] => ledger.map(pick);
  await pool.query(
    `insert into message (campaign_key, seq, state, reason, code, biz_id, claimed_at, changed_at, attempt, request_seq)
     select $1, seq, state, reason, code, biz, claimed, changed, case when claimed is null then 0 else 1 end, request
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::int[]) with ordinality as t (state, reason, code, biz, claimed, changed, request, seq)`,
    [
      key,
      column(({ state }) => state),
      column(({ reason }) => reason ?? null),
      column(({ code }) => code ?? null),
      column(({ bizId }) => bizId ?? null),
      column(({ claimedAt }) => claimedAt ?? null),
      column(({ changedAt }) => changedAt ?? null),
      column(({ requestSeq }) => requestSeq ?? null),
    ],
  );
  await pool.query(`insert into ledger_part (campaign_key, from_seq, to_seq) values ($1, 1, $2)`, [key, ledger.length]);
}

/** So many rows of one kind. */
export const times = (count: number, row: LedgerRow): LedgerRow[] => Array.from({ length: count }, () => row);

export const formFor = async (pool: Pool, campaign: Made, applicantId: string, at = new Date()): Promise<string> => {
  const id = randomUUIDv7();
  await pool.query(
    `insert into form (id, subject_kind, subject_id, unit, applicant_id, canonical, digest, expires_at, created_at, state, state_at)
     select $1, 'campaign', $2, unit, $3, '{}', $4, $5, $6, case when state in ('awaiting-liaison', 'awaiting-leader') then state else 'signed' end, $6
     from campaign where id = $2`,
    [
      id,
      campaign.id,
      applicantId,
      randomUUIDv7().replaceAll('-', '').repeat(2),
      new Date(at.getTime() + 86_400_000),
      at,
    ],
  );
  return id;
};

/** Counts a campaign's ledger now, as a page does beside its request: tests do not race with it. */
export async function countNow(pool: Pool, key: number): Promise<void> {
  await pool.query(`delete from campaign_figures where campaign_key = $1`, [key]);
  await createFigures(pool).refresh(key);
}
