import { randomUUIDv7 } from 'node:crypto';
import { expect, test } from 'vitest';
import { keepStopConditions } from '../../../src/campaign/stop-condition.command.ts';
import { stopFigures } from '../../../src/campaign/stop-condition.db.ts';
import { watchStopConditions } from '../../../src/campaign/stop-watch.command.ts';
import { resumeCampaign } from '../../../src/campaign/campaign.command.ts';
import { findListToOpen, openLedger } from '../../../src/campaign/message.db.ts';
import { listAudit } from '../../../src/house/audit/audit.db.ts';
import { openHouse } from '../../kit/campaign.ts';
import { silence } from '../../kit/suppression.ts';

const house = await openHouse();
const { pool, people } = house;
const stops = { failurePercent: 20, optOutsPerThousand: 10, complaintsPerThousand: 1 };
let made = 0;

/** A campaign of 400 that is being sent slowly, with so many of 150 messages failed by the ledger. */
async function sending(failed: number): Promise<{ id: string; key: number }> {
  made += 1;
  const id = await house.signed(await house.addAudience(400, made * 10_000), {
    ratePerSecond: 1,
    stopConditions: stops,
  });
  await house.until(id, 'sending');
  const list = await findListToOpen(pool, id);
  if (list) await openLedger(pool, list);
  const { rows } = await pool.query<{ key: number }>('select key from campaign where id = $1', [id]);
  const key = rows[0]?.key ?? 0;
  await judged(key, 200, 350, failed);
  return { id, key };
}
/** The members of those places as they would be with a verdict: the first `failed` of them failed. */
const judged = (key: number, from: number, until: number, failed: number) =>
  pool.query(
    `update message set state = case when seq < $2 + $4 then 'failed' else 'delivered' end, reason = case when seq < $2 + $4 then 'undelivered' end,
       attempt = 1, request_seq = seq, biz_id = 'b' || seq, claimed_at = now(), changed_at = now(), segments = 1
     where campaign_key = $1 and seq >= $2 and seq < $3`,
    [key, from, until, failed],
  );
const seen = async (id: string) => {
  const { campaign } = await house.show(id);
  return { state: campaign.state, reason: campaign.stateReason };
};

test('too many failures pause the campaign with the figures, on record; a person resumes it and it counts anew', async () => {
  const { id, key } = await sending(20);
  expect(await keepStopConditions(pool)).toEqual([]);
  await judged(key, 200, 350, 60);
  expect(await keepStopConditions(pool)).toEqual([id]);
  const { state, reason } = await seen(id);
  expect(state).toBe('paused');
  expect(reason).toMatchObject({ code: 'campaign.stop-failures', limit: 20, by: 'system' });
  const [pause] = await listAudit(pool, { objectKind: 'campaign', objectId: id, action: 'campaign.pause', limit: 9 });
  expect(pause).toMatchObject({ actor: 'system', details: { code: 'campaign.stop-failures', count: 60 } });

  expect(await keepStopConditions(pool)).toEqual([]);
  await resumeCampaign(people.operator.ctx, { campaignId: id });
  expect(await keepStopConditions(pool)).toEqual([]);
  expect((await seen(id)).state).toBe('sending');
  await judged(key, 200, 350, 60);
  expect(await keepStopConditions(pool)).toEqual([id]);
});

test('opt-outs that answer the campaign, and complaints of people it touched, pause it by themselves', async () => {
  const [optOuts, complaints] = [await sending(0), await sending(0)];
  for (const [index, { id }] of [optOuts, optOuts, optOuts].entries())
    await pool.query(
      `insert into inbound_sms (gateway_account_id, sequence_id, phone, content, dest_code, meaning, received_at, campaign_id)
       values ($1, $2, $3, 'R', '1069', 'opt-out', now(), $4)`,
      [house.accountId, `stop-${index}`, `+8613900000${String(index).padStart(3, '0')}`, id],
    );
  const phone = '+8613900000999';
  await pool.query(
    `insert into contact (phone, channel, purpose, at, campaign_key, seq) values ($1, 'sms', 'service', now(), $2, 200)`,
    [phone, complaints.key],
  );
  await silence(pool, { phone, kind: 'complaint' });
  const watch = watchStopConditions(pool, () => undefined, 100);
  await house.until(optOuts.id, 'paused');
  await house.until(complaints.id, 'paused');
  await watch.stop();
  expect((await seen(optOuts.id)).reason).toMatchObject({ code: 'campaign.stop-opt-outs', count: 3, limit: 10 });
  expect((await seen(complaints.id)).reason).toMatchObject({ code: 'campaign.stop-complaints', count: 1, limit: 1 });
});

test('a complaint counts for the campaign that touched who complains, not for one that touched a former holder of the number', async () => {
  const { id, key } = await sending(0);
  const phone = '+8613900000998';
  const formerId = randomUUIDv7();
  const touch = (customerId: string | null) =>
    pool.query(
      `insert into contact (phone, channel, purpose, at, campaign_key, seq, customer_id) values ($1, 'sms', 'service', now(), $2, 201, $3)`,
      [phone, key, customerId],
    );
  // The number left its holder with the contact; who has it now complains of something else.
  await touch(formerId);
  await silence(pool, { phone, kind: 'complaint' });
  const complaints = async () => (await stopFigures(pool, { id, key, since: null })).complaints;
  expect(await complaints()).toBe(0);
  // The former holder complained, of what reached them.
  await silence(pool, { phone, kind: 'complaint', customerId: formerId });
  expect(await complaints()).toBe(1);
  await pool.query('delete from suppression where customer_id = $1', [formerId]);
  await touch(null);
  expect(await complaints()).toBe(1);
});

test('stop conditions that are changed behind the signers void the campaign', async () => {
  const { id } = await sending(0);
  await pool.query(`update campaign set stop_conditions = stop_conditions || '{"failurePercent": 100}' where id = $1`, [
    id,
  ]);
  await house.until(id, 'voided');
  expect((await seen(id)).reason).toMatchObject({ code: 'form.changed', changed: ['stop.failurePercent'] });
});
