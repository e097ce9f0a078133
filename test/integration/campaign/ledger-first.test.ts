import { describe, expect, test } from 'vitest';
import { openConsole } from '../kit/page/kit.ts';
import { countNow, makeCampaign, times, type LedgerRow } from './page-kit.ts';

const { pool, people, get } = await openConsole();
const claimedAt = new Date(Date.now() - 120_000);
const ledger: LedgerRow[] = [
  ...times(20, { state: 'delivered', bizId: 'b', claimedAt, requestSeq: 1, changedAt: claimedAt }),
  ...times(3, { state: 'failed', reason: 'undelivered', bizId: 'b', claimedAt, requestSeq: 1, changedAt: claimedAt }),
  ...times(4, { state: 'pending' }),
];
const peopleIn = (html: string): number[] => [...html.matchAll(/data-person="(\d+)"/g)].map(([, seq]) => Number(seq));
const counted = async () => {
  const made = await makeCampaign(pool, { applicantId: people.applicant.id, ledger });
  await countNow(pool, made.key);
  return made;
};
const shown = async (number: string, query: string): Promise<number[]> =>
  peopleIn((await get(`/campaigns/${number}/ledger?${query}`, { as: people.operator })).html);

describe('a ledger by state begins where the count saw the first of them', () => {
  test('and shows all of them', async () => {
    const { number } = await counted();
    expect(await shown(number, 'part=failed')).toEqual([21, 22, 23]);
    expect(await shown(number, 'part=pending')).toEqual([24, 25, 26, 27]);
    expect(await shown(number, 'part=failed&after=22')).toEqual([23]);
  });

  test('but not with figures that were kept before the first was counted', async () => {
    const { number, key } = await counted();
    await pool.query(
      `update campaign_figures set body = jsonb_set(body, '{lines}', (select jsonb_agg(line - 'first') from jsonb_array_elements(body->'lines') as line)) where campaign_key = $1`,
      [key],
    );
    expect(await shown(number, 'part=failed')).toEqual([21, 22, 23]);
  });

  test('but not once the count is old: whoever has come to stand before is there', async () => {
    const { number, key } = await counted();
    await pool.query(
      `update message set state = 'failed', reason = 'undelivered' where campaign_key = $1 and seq = 2`,
      [key],
    );
    await pool.query(`update campaign_figures set at = at - interval '1 minute' where campaign_key = $1`, [key]);
    expect(await shown(number, 'part=failed')).toEqual([2, 21, 22, 23]);
  });

  test('and a person who was nowhere counted in that state is found after the next count', async () => {
    const { number, key } = await counted();
    expect(await shown(number, 'part=suppressed')).toEqual([]);
    await pool.query(
      `update message set state = 'suppressed', reason = 'capped' where campaign_key = $1 and seq = 27`,
      [key],
    );
    await pool.query('delete from campaign_figures where campaign_key = $1', [key]);
    await countNow(pool, key);
    expect(await shown(number, 'part=suppressed&reason=capped')).toEqual([27]);
  });
});
