import { beforeAll, expect, test } from 'vitest';
import { cancelCampaign, resumeCampaign } from '../../../src/campaign/campaign.command.ts';
import { archiveFile } from '../../kit/archive-file.ts';
import { verifyArchive } from '../../../src/form/archive/verify.rule.ts';
import { openHouse, waitFor, type House } from '../../kit/campaign.ts';
import { codeOf, rowsOf, sentOf, untilFinished, untilSent } from '../../kit/look.ts';
import { pushReceipts } from '../../kit/receipts.ts';

// Receipts come by hand: the sandbox would bill what the text says.
let house: House;
let from = 0;
beforeAll(async () => {
  house = await openHouse({ settle: { askAcceptedAfter: 3_600 } });
  await house.put('push', { reportUrl: null });
});
const phone = (seq: number): string => `138${String(from + seq).padStart(8, '0')}`;
const signed = (people: number, change: Parameters<House['signed']>[1]) => {
  from += 1_000;
  return house.addAudience(people, from).then((audience) => house.signed(audience, change));
};

const bill = (key: number, seqs: readonly number[], segments: number): Promise<void> =>
  pushReceipts(
    house,
    seqs.map((seq) => ({ phone: phone(seq), outId: `wh-${key}-${seq}-1`, bizId: `billed^${key}-${seq}`, segments })),
  );
const archiveOf = async (id: string) => {
  const body = await waitFor(
    () => archiveFile(house.pool, id),
    () => 'no archive',
  );
  const { ok, checks } = await verifyArchive(body);
  return { ok, failed: checks.filter((check) => !check.ok), cost: checks.find(({ code }) => code === 'cost.ceiling') };
};
const open = async (id: string): Promise<number[]> =>
  (await rowsOf(house, id)).filter(({ state }) => state === 'accepted').map(({ seq }) => seq);
const allOpen = (id: string, count: number): Promise<number[]> =>
  waitFor(
    async () => {
      const seqs = await open(id);
      return seqs.length === count ? seqs : null;
    },
    () => 'not accepted',
  );

// 40 people of one segment at ¥0.045: 180 fen estimated; 190 fen pay for 42 segments.
test('receipts that bill two segments pause the campaign at its ceiling, and its archive holds', async () => {
  const id = await signed(40, { costCeilingFen: 190, ratePerSecond: 5 });
  const { campaign } = await house.show(id);
  await untilSent(house, id, 10);
  await bill(campaign.key, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 2);
  // 42 − 20 = 22 more segments by our count.
  const paused = await house.until(id, 'paused');
  expect(paused.campaign.stateReason).toMatchObject({ code: 'campaign.cost-ceiling', ceilingFen: 190, by: 'system' });
  const { accepted } = await sentOf(house, id);
  expect(accepted).toBe(32);
  expect(await codeOf(resumeCampaign(house.people.operator.ctx, { campaignId: id }))).toBe('campaign.cost-ceiling');

  // The others’ receipts say one segment, as we had counted: nothing more fits.
  await bill(campaign.key, await open(id), 1);
  expect(await codeOf(resumeCampaign(house.people.operator.ctx, { campaignId: id }))).toBe('campaign.cost-ceiling');
  await cancelCampaign(house.people.operator.ctx, { campaignId: id, reason: '费用已到上限' });
  expect((await untilFinished(house, id)).ledger).toMatchObject({
    balanced: true,
    counts: { delivered: 32, cancelled: 8 },
  });
  expect(await archiveOf(id)).toMatchObject({ ok: true, failed: [] });
});

test('what receipts bill less than was counted makes room again', async () => {
  const id = await signed(12, { costCeilingFen: 58, ratePerSecond: 3 });
  const { campaign } = await house.show(id);
  await untilSent(house, id, 2);
  await bill(campaign.key, [1], 3);
  await house.until(id, 'paused');
  // 12 segments are paid for: one of three and nine more.
  expect((await sentOf(house, id)).accepted).toBe(10);
  await house.pool.query(`update message set segments = 1 where campaign_key = $1 and seq = 1`, [campaign.key]);
  await resumeCampaign(house.people.operator.ctx, { campaignId: id });
  await untilSent(house, id, 12);
  // The gateway has them a moment before the ledger has its answers: the first has its receipt, the others wait for theirs.
  await bill(campaign.key, await allOpen(id, 11), 1);
  expect((await untilFinished(house, id)).ledger?.counts).toMatchObject({ delivered: 12 });
  expect(await archiveOf(id)).toMatchObject({ ok: true });
});

test('the honest archive of a campaign whose receipts all said two segments after the last message holds, and says it', async () => {
  const id = await signed(40, { costCeilingFen: 190 });
  const { campaign } = await house.show(id);
  await untilSent(house, id, 40);
  await bill(campaign.key, await allOpen(id, 40), 2);
  await untilFinished(house, id);
  const archive = await archiveOf(id);
  expect(archive).toMatchObject({ ok: true, failed: [] });
  expect(archive.cost?.en).toContain('bill ¥3.60 of ¥1.90');
  const { rows } = await house.pool.query(
    `select details from audit where object_id = $1 and action = 'campaign.cost-exceeded'`,
    [id],
  );
  expect(rows).toEqual([{ details: { billedFen: 360, ceilingFen: 190 } }]);
});
