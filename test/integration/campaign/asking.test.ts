import { expect, test } from 'vitest';
import { messagesToAsk } from '../../../src/campaign/ask.db.ts';
import { createFigures } from '../../../src/campaign/figures.command.ts';
import { viewCampaign } from '../../../src/campaign/live.command.ts';
import { storeResults } from '../../../src/campaign/result.db.ts';
import { openHouse, waitFor } from '../../kit/campaign.ts';

const house = await openHouse({ scenario: { receipts: { lost: { share: 1 } } } });
const { pool } = house;

/** A campaign that sends, with a ledger of so many rows in doubt since an hour; its own process is kept from asking. */
async function inDoubt(size: number, from: number): Promise<{ id: string; key: number; audienceId: string }> {
  await pool.query(
    `update gateway_account set settings = settings || '{"settle": {"askUnknownAfter": 36000, "askAcceptedAfter": 36000, "askEvery": 60, "proofs": 2, "listLag": 1, "afterDay": false, "receiptHours": 1}}'`,
  );
  const id = await house.signed(await house.addAudience(size, from));
  const { campaign } = await house.until(id, 'sending', 'settling');
  await waitFor(
    async () => {
      const { rows } = await pool.query<{ n: number }>(
        `select count(*)::int as n from message where campaign_key = $1 and state = 'accepted'`,
        [campaign.key],
      );
      return rows[0]?.n === size ? true : null;
    },
    () => 'not all were accepted',
  );
  await pool.query(
    `update message set state = 'unknown', biz_id = null, code = 'client.timeout', changed_at = now() - interval '20 hours' where campaign_key = $1`,
    [campaign.key],
  );
  return { id, key: campaign.key, audienceId: campaign.frozenAudienceId ?? '' };
}
const asking = { askUnknownAfter: 1, askAcceptedAfter: 1, askEvery: 1 };

test('pages of those to be asked follow the list, each person on one of them', async () => {
  const { key, audienceId } = await inDoubt(25, 10_000);
  const seen: number[] = [];
  for (let afterSeq = 0; ;) {
    const page = await messagesToAsk(pool, key, audienceId, asking, { afterSeq, limit: 10 }, new Date());
    seen.push(...page.map(({ seq }) => seq));
    const last = page.at(-1);
    if (!last) break;
    afterSeq = last.seq;
  }
  expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
});

test('who was found by asking counts as taken and delivered, not as refused, and asking alone changes no time', async () => {
  const { id, key } = await inDoubt(12, 20_000);
  // Of the last one the gateway has never heard.
  const before = await pool.query<{ at: Date }>(
    'select changed_at as at from message where campaign_key = $1 and seq = 12',
    [key],
  );
  await pool.query(
    `update audience_member set phone = '+8613999999999' where seq = 12 and audience_id = (select frozen_audience_id from campaign where key = $1)`,
    [key],
  );
  await pool.query(
    `update gateway_account set settings = jsonb_set(settings, '{settle}', '{"askUnknownAfter": 1, "askAcceptedAfter": 36000, "askEvery": 1, "proofs": 90, "listLag": 1, "afterDay": false, "receiptHours": 1}')`,
  );
  await house.client.workflow
    .getHandle(`campaign:${id}`)
    .signal('changed')
    .catch(() => undefined);
  await waitFor(
    async () => {
      const { rows } = await pool.query<{ n: number }>(
        `select count(*)::int as n from message where campaign_key = $1 and (state <> 'unknown' or asked > 0)`,
        [key],
      );
      return rows[0]?.n === 12 ? true : null;
    },
    async () =>
      JSON.stringify((await pool.query('select state, asked from message where campaign_key = $1', [key])).rows),
    90,
  );
  const { rows } = await pool.query<{ seq: number; state: string; biz: string | null; at: Date; asked: Date | null }>(
    'select seq, state, biz_id as biz, changed_at as at, asked_at as asked from message where campaign_key = $1 order by seq',
    [key],
  );
  const settled = rows.filter(({ state }) => state !== 'unknown');
  expect(settled).toHaveLength(11);
  expect(new Set(settled.map(({ biz }) => biz))).toEqual(new Set(['asked']));
  // Asked in vain: the time of the question is noted beside the time of the change.
  expect(rows[11]).toMatchObject({ state: 'unknown', biz: null, at: before.rows[0]?.at });
  expect(rows[11]?.asked).not.toBeNull();
  const figures = createFigures(pool);
  await figures.refresh(key);
  const { campaign } = await house.show(id);
  const view = await viewCampaign(house.people.operator.ctx, figures, campaign.number);
  await figures.close();
  expect(view.ledger?.refused).toBe(0);
  expect(view.ledger?.difference).toBe(0);
});

test('results lock people in the order in which receipts do, so neither waits for the other for ever', async () => {
  const { key, audienceId } = await inDoubt(4, 30_000);
  const { rows } = await pool.query<{ seq: number; attempt: number; request: number }>(
    'select seq, attempt, request_seq as request from message where campaign_key = $1 order by seq desc',
    [key],
  );
  const receipts = await pool.connect();
  try {
    await receipts.query('begin');
    await receipts.query('select from message where campaign_key = $1 and seq = 1 for update', [key]);
    const results = rows.map(({ seq, attempt, request }) => ({
      seq,
      attempt,
      requestSeq: request,
      state: 'accepted' as const,
      reason: null,
      code: 'OK',
      bizId: '1^2',
      dueAt: null,
      calledAt: new Date(),
    }));
    const stored = storeResults(pool, key, audienceId, results, new Date());
    await waitFor(
      async () => {
        const waiting = await pool.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        );
        return waiting.rowCount === 1 ? true : null;
      },
      () => 'the results do not wait for the first person',
    );
    await receipts.query(`set local lock_timeout = '2s'`);
    await receipts.query('select from message where campaign_key = $1 and seq > 1 order by seq for update', [key]);
    await receipts.query('commit');
    await stored;
  } finally {
    receipts.release();
  }
  const after = await pool.query<{ n: number }>(
    `select count(*)::int as n from message where campaign_key = $1 and state = 'accepted'`,
    [key],
  );
  expect(after.rows[0]?.n).toBe(4);
});

test('a touch is forgotten with the move that proves nothing was sent, and for nobody whose row did not move', async () => {
  const { key, audienceId } = await inDoubt(2, 40_000);
  await pool.query(`update message set state = 'pending' where campaign_key = $1 and seq = 1`, [key]);
  const rows = await pool.query<{ seq: number; attempt: number; request: number; claimed: Date }>(
    'select seq, attempt, request_seq as request, claimed_at as claimed from message where campaign_key = $1 order by seq',
    [key],
  );
  const results = rows.rows.map(({ seq, attempt, request, claimed }) => ({
    seq,
    attempt,
    requestSeq: request,
    state: 'pending' as const,
    reason: null,
    code: 'Throttling',
    bizId: null,
    dueAt: new Date(Date.now() + 3_600_000),
    calledAt: new Date(claimed.getTime() + 1_000),
  }));
  await storeResults(pool, key, audienceId, results, new Date());
  const touches = await pool.query<{ seq: number }>('select seq from contact where campaign_key = $1 order by seq', [
    key,
  ]);
  // The first waited already: its touch is of something else, such as an attempt that a receipt proved.
  expect(touches.rows).toEqual([{ seq: 1 }]);
  await house.stopWorker();
});
