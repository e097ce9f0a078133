import { beforeAll, describe, expect, test } from 'vitest';
import { pauseCampaign, resumeCampaign } from '../../../src/campaign/campaign.command.ts';
import { createFigures } from '../../../src/campaign/figures.command.ts';
import { browseLedger } from '../../../src/campaign/ledger.command.ts';
import { liveOf } from '../../../src/campaign/live.command.ts';
import { closePending, findListToOpen, openSpan } from '../../../src/campaign/message.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { openHouse, type House } from '../../kit/campaign.ts';
import { rowsOf, sentOf, untilFinished, untilSent } from '../../kit/look.ts';

/** Turns of sending that Temporal handed out, by when they were asked for and when they began. */
async function turnsOf(house: House, id: string): Promise<{ asked: number; began: number }[]> {
  const { events } = await house.client.workflow.getHandle(`campaign:${id}`).fetchHistory();
  const asked = new Map<string, number>();
  const turns: { asked: number; began: number }[] = [];
  for (const event of events ?? []) {
    const at = Number(event.eventTime?.seconds) * 1_000 + Number(event.eventTime?.nanos) / 1e6;
    const { activityTaskScheduledEventAttributes: scheduled, activityTaskStartedEventAttributes: started } = event;
    if (scheduled?.activityType?.name === 'sendSpan') asked.set(String(event.eventId), at);
    const before = asked.get(String(started?.scheduledEventId));
    if (before !== undefined) turns.push({ asked: before, began: at });
  }
  return turns;
}

describe('with short turns', () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ sendersAtOnce: 2, turnMs: 1_000, scenario: { receipts: { delayMs: 30 } } });
  });

  test('slow campaigns that hold every place keep neither a signature nor another campaign waiting for their end', async () => {
    const people = 40;
    const slow = await Promise.all([1, 2, 3].map((n) => house.addAudience(people, n * 1_000)));
    const ids: string[] = [];
    for (const audience of slow) ids.push(await house.signed(audience, { ratePerSecond: 2 }));
    await Promise.all(ids.map((id) => untilSent(house, id, 1)));
    // Frozen, signed twice and begun while the three take turns at the two places.
    const urgent = await house.signed(await house.addAudience(5, 9_000));
    await untilSent(house, urgent, 5);
    for (const id of ids) expect((await sentOf(house, id)).accepted).toBeLessThan(people);
    for (const id of [...ids, urgent]) {
      const { ledger } = await untilFinished(house, id, 90);
      const size = id === urgent ? 5 : people;
      expect(ledger).toMatchObject({ balanced: true, counts: { delivered: size } });
      expect(await sentOf(house, id)).toEqual({ accepted: size, twice: 0 });
    }
  }, 180_000);

  test('a handful goes before thousands that have waited longer', async () => {
    const bulk: string[] = [];
    for (const n of [1, 2, 3, 4, 5])
      bulk.push(await house.signed(await house.addAudience(1_400, n * 10_000), { ratePerSecond: 60 }));
    for (const id of bulk) await untilSent(house, id, 1);
    const urgent = await house.signed(await house.addAudience(5, 90_000));
    await untilSent(house, urgent, 5);
    // Temporal writes down that a turn began when it is over: the five must have had theirs since.
    const { ledger } = await untilFinished(house, urgent);
    expect(ledger?.counts).toMatchObject({ delivered: 5 });
    for (const id of bulk) await untilSent(house, id, (await sentOf(house, id)).accepted + 1);
    const [first] = await turnsOf(house, urgent);
    if (!first) throw new Error('The urgent campaign had no turn.');
    const passed = (await Promise.all(bulk.map((id) => turnsOf(house, id))))
      .flat()
      .filter(({ asked, began }) => asked < first.asked && began > first.asked && began < first.began);
    // Three of the five wait for one of the two places; served in order of time all three would have come first.
    expect(passed.length).toBeLessThan(2);
    for (const id of bulk) expect((await sentOf(house, id)).accepted).toBeLessThan(1_400);
  }, 180_000);
});

describe('with one place and long turns', () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ sendersAtOnce: 1, turnMs: 60_000, scenario: { receipts: { delayMs: 30 } } });
  });

  test('a campaign that has no place yet is paused at once, and goes on when it is resumed', async () => {
    const slow = await house.signed(await house.addAudience(40), { ratePerSecond: 2 });
    await untilSent(house, slow, 1);
    const waiting = await house.signed(await house.addAudience(3, 1_000));
    await house.until(waiting, 'sending');
    const { ctx } = house.people.operator;
    await pauseCampaign(ctx, { campaignId: waiting, reason: '稍后再发' });
    // Whoever waits for a place until somebody else's turn is over would see all forty sent first.
    expect((await sentOf(house, slow)).accepted).toBeLessThan(40);
    expect(await sentOf(house, waiting)).toEqual({ accepted: 0, twice: 0 });
    await resumeCampaign(ctx, { campaignId: waiting });
    for (const id of [slow, waiting]) {
      const { ledger } = await untilFinished(house, id, 90);
      expect(ledger).toMatchObject({ balanced: true, counts: { delivered: id === slow ? 40 : 3 } });
    }
    expect(await sentOf(house, waiting)).toEqual({ accepted: 3, twice: 0 });
  }, 180_000);

  test('whoever’s span has not begun has no row, waits on every page all the same, and is sent once', async () => {
    const people = 1_100;
    const id = await house.signed(await house.addAudience(people, 20_000), { ratePerSecond: 99 });
    await untilSent(house, id, 1);
    const { ctx } = house.people.operator;
    await pauseCampaign(ctx, { campaignId: id, reason: '稍后再发' });
    const { campaign, ledger } = await house.show(id);
    expect((await rowsOf(house, id)).length).toBe(1_000);
    expect(ledger?.balanced).toBe(true);
    expect(ledger?.counts.pending).toBeGreaterThan(100);
    const figures = createFigures(house.pool);
    await figures.refresh(campaign.key);
    const { audience, ledger: shown } = await liveOf(house.pool, figures, campaign, 0, new Date());
    expect([audience?.size, shown?.parts.find(({ name }) => name === 'pending')?.count]).toEqual([
      people,
      ledger?.counts.pending,
    ]);
    const page = await browseLedger(ctx, figures, campaign.number, {
      part: 'pending',
      reason: null,
      text: null,
      after: 950,
      limit: 200,
    });
    expect(page.rows.map(({ seq, state }) => [seq, state])).toEqual(
      Array.from({ length: people - 950 }, (_, index) => [951 + index, 'pending']),
    );
    await figures.close();
    // A row that is lost from an opened span is no reason to write to somebody: the page says that one is missing.
    const [lost] = (
      await house.pool.query('delete from message where campaign_key = $1 and seq = 1 returning *', [campaign.key])
    ).rows as { state: string; biz_id: string | null }[];
    const list = await findListToOpen(house.pool, id);
    if (!list) throw new Error('The campaign has a list.');
    await openSpan(house.pool, list, 1);
    expect((await rowsOf(house, id)).length).toBe(999);
    expect((await house.show(id)).ledger?.balanced).toBe(false);
    // At the end nobody calls it never sent: the gateway is asked.
    const closed = await transaction(house.pool, async (tx) => {
      await closePending(tx, list, { from: 1, to: 10 }, 'expired', new Date());
      const { rows } = await tx.query(`select state, code from message where campaign_key = $1 and seq = 1`, [
        list.key,
      ]);
      await tx.query('rollback');
      return rows;
    }).catch((error: unknown) => error);
    expect(closed).toEqual([{ state: 'unknown', code: 'ledger.row-lost' }]);
    await house.pool.query('insert into message select * from json_populate_record(null::message, $1)', [
      JSON.stringify(lost),
    ]);
    await resumeCampaign(ctx, { campaignId: id });
    expect((await untilFinished(house, id, 90)).ledger).toMatchObject({
      balanced: true,
      counts: { delivered: people },
    });
    expect(await sentOf(house, id)).toEqual({ accepted: people, twice: 0 });
  }, 180_000);
});
