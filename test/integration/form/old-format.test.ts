import { expect, test } from 'vitest';
import { openHouse } from '../../kit/campaign.ts';

// The release before: it makes forms in the older format, and knows no other.
const house = await openHouse({ formFormat: 'waihu.form/2' });
const { liaison, leader } = house.people;
const formatOf = async (id: string): Promise<unknown> =>
  (await house.pool.query<{ format: string }>('select format from form where campaign_id = $1', [id])).rows[0]?.format;

test('a form of the old format, signed once before an update and once after, is sent by what it says', async () => {
  const id = await house.submitted(await house.addAudience(5));
  await house.signAs(liaison, 'liaison', id);
  await house.stopWorker();
  await house.startWorker({ formFormat: 'sms-campaign/2' });
  await house.signAs(leader, 'leader', id);
  await house.until(id, 'completed', 'archived');
  expect(await formatOf(id)).toBe('waihu.form/2');
  const newer = await house.signed(await house.addAudience(5, 100));
  await house.until(newer, 'completed', 'archived');
  expect(await formatOf(newer)).toBe('sms-campaign/2');
});

test('a change of what the old form states voids it still, and of what only newer forms state does not', async () => {
  await house.stopWorker();
  await house.startWorker({ formFormat: 'waihu.form/2' });
  const later = {
    window: {
      startsAt: new Date(Date.now() + 4_000).toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      dailyFrom: '00:00',
      dailyTo: '24:00',
    },
  };
  const stated = await house.signed(await house.addAudience(5, 200), later);
  const unstated = await house.signed(await house.addAudience(5, 300), later);
  await house.pool.query('update campaign set rate_per_second = rate_per_second - 1 where id = $1', [stated]);
  await house.pool.query(
    `update campaign set stop_conditions = stop_conditions || '{"failurePercent": 50}' where id = $1`,
    [unstated],
  );
  await house.until(stated, 'voided');
  await house.until(unstated, 'completed', 'archived');
});
