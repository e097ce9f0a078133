import { expect, test } from 'vitest';
import { receiptsOfCampaign, receiptSummary } from '../../../src/campaign/archive-part.db.ts';
import { sql } from '../../../src/kernel/sql.db.ts';
import { testDatabase } from '../../kit/database.ts';

test('the receipts of one campaign are found by their index, and are those of no other', async () => {
  const { pool } = await testDatabase();
  await pool.query(
    `insert into receipt (biz_id, phone, out_id, delivered, error_code, segments)
     select 'b' || i, '+86138' || lpad(i::text, 8, '0'), 'wh-' || (i % 40 + 1) || '-' || i || '-1', i % 2 = 0, 'OK', 1
     from generate_series(1, 40000) i`,
  );
  // Out ids of other systems that share the account, and one of a campaign whose key begins alike.
  await pool.query(
    `insert into receipt (biz_id, phone, out_id, delivered, error_code, segments)
     select 'x' || n, '+8613900000001', out_id, true, 'OK', 1
     from unnest(array[null, '', 'wh-7', 'order-7-1', 'WH-7-1-1', 'wh-70-1-1']) with ordinality as t (out_id, n)`,
  );
  await pool.query('analyze receipt');
  const query = sql`explain select count(*) from receipt where ${receiptsOfCampaign(7)}`;
  const { rows } = await pool.query<{ 'QUERY PLAN': string }>(query);
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('receipt_campaign');
  expect(await receiptSummary(pool, 7)).toEqual({
    received: 1_000,
    delivered: 1_000,
    failed: 0,
    repeats: 0,
    codes: { OK: 1_000 },
  });
});
