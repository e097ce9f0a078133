import { expect, test } from 'vitest';
import { rejectCampaign, withdrawCampaign } from '../../../src/campaign/campaign.command.ts';
import { expireForm } from '../../../activities/lifecycle.ts';
import { openHouse } from '../../kit/campaign.ts';

const house = await openHouse();
const { applicant, liaison, leader } = house.people;
const audience = await house.addAudience(3);
// Its window is not open: nothing is sent while the form is looked at.
const later = {
  window: {
    startsAt: new Date(Date.now() + 3_600_000).toISOString(),
    endsAt: new Date(Date.now() + 7_200_000).toISOString(),
    dailyFrom: '00:00',
    dailyTo: '24:00',
  },
};
const formOf = async (id: string) =>
  (
    await house.pool.query<{ kind: string; subject: string; state: string; format: string; since: Date }>(
      'select subject_kind as kind, subject_id as subject, state, format, state_at as since from form where campaign_id = $1',
      [id],
    )
  ).rows[0];

test('how far a form is stands in the database at every step, and since when', async () => {
  const id = await house.submitted(audience, later);
  const made = await formOf(id);
  expect(made).toMatchObject({ kind: 'campaign', subject: id, state: 'awaiting-liaison' });
  await house.signAs(liaison, 'liaison', id);
  const first = await formOf(id);
  expect(first?.state).toBe('awaiting-leader');
  expect(first?.since.getTime()).toBeGreaterThan(made?.since.getTime() ?? Infinity);
  await house.signAs(leader, 'leader', id);
  expect((await formOf(id))?.state).toBe('signed');
  await withdrawCampaign(applicant.ctx, { campaignId: id, reason: '改期' });
  expect((await formOf(id))?.state).toBe('withdrawn');
});

test('a form that is sent back or not signed in time says so, and takes no further state', async () => {
  const [returned, late] = [await house.submitted(audience, later), await house.submitted(audience, later)];
  await rejectCampaign(liaison.ctx, { campaignId: returned, reason: '时段不合适' });
  await expireForm(house.pool, late);
  expect([(await formOf(returned))?.state, (await formOf(late))?.state]).toEqual(['rejected', 'expired']);
  await expireForm(house.pool, returned);
  expect((await formOf(returned))?.state).toBe('rejected');
});

test('the database knows no other subject, and a form of another subject has no campaign', async () => {
  const id = await house.submitted(audience, later);
  await expect(
    house.pool.query(`update form set subject_kind = 'something' where campaign_id = $1`, [id]),
  ).rejects.toMatchObject({ constraint: 'form_subject_kind_check' });
  await house.pool.query(`update form set subject_kind = 'script' where campaign_id = $1`, [id]);
  const { rows } = await house.pool.query('select campaign_id from form where subject_id = $1', [id]);
  expect(rows).toEqual([{ campaign_id: null }]);
});
