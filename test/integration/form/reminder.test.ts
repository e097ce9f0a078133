import { Client } from '@temporalio/client';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSignReminderActivities } from '../../../activities/sign-reminder.ts';
import { awaitingCount, signOffCentre } from '../../../src/form/sign-off.command.ts';
import { browseNotices, readNotices, unreadCount } from '../../../src/house/notice/notice.command.ts';
import { rejectCampaign } from '../../../src/campaign/campaign.command.ts';
import { nudgeSigners, setReminderPolicy, showReminderPolicy } from '../../../src/form/sign-reminder.command.ts';
import { scheduleSignReminders } from '../../../src/form/sign-reminder-schedule.ts';
import { openHouse, waitFor, type Person } from '../../kit/campaign.ts';

const house = await openHouse();
const { applicant, liaison, leader, both, operator } = house.people;
const audience = await house.addAudience(5);
const troubles: string[] = [];
/** The activity as it would run at that moment; forms are dated back to fit. */
const remindAt = (now: Date) =>
  createSignReminderActivities({
    pool: house.pool,
    now: () => now,
    onTrouble: (sentence) => void troubles.push(sentence),
  }).remindSigners();

// A Tuesday in a covered year: what the tests decide does not depend on the day they run on.
const tuesday = (time: string): Date => new Date(`2026-09-22T${time}:00+08:00`);
async function awaitingSince(since: Date, signBy = new Date('2026-12-20T10:00:00Z')): Promise<string> {
  const id = await house.submitted(audience);
  await house.pool.query('update form set created_at = $2, state_at = $2, expires_at = $3 where campaign_id = $1', [
    id,
    since,
    signBy,
  ]);
  // What was said when the form appeared is looked at in notice.test.ts; here the job finds that nothing was.
  await house.pool.query('delete from notice where campaign_id = $1', [id]);
  return id;
}
const noticesOf = async (person: Person, campaignId: string) =>
  (
    await house.pool.query<{ kind: string; role: string; round: number }>(
      'select kind, role, round from notice where staff_id = $1 and campaign_id = $2 order by created_at, kind, round',
      [person.id, campaignId],
    )
  ).rows.map(({ kind, role, round }) => `${kind} ${role} ${round}`);
const at = (person: Person, now: Date) => ({ ...person.ctx, now: () => now });

beforeEach(async () => {
  troubles.length = 0;
  await house.pool.query(`update form set expires_at = '2020-01-01'`);
  await house.pool.query('delete from delegation');
});

describe('the job', () => {
  test('tells those who can sign, once however often it runs, and nobody else', async () => {
    const id = await awaitingSince(tuesday('09:30'));
    expect((await remindAt(tuesday('09:40'))).written).toBe(2);
    expect((await remindAt(tuesday('09:50'))).written).toBe(0);
    expect(await noticesOf(liaison, id)).toEqual(['sign-awaited liaison 0']);
    expect(await noticesOf(both, id)).toEqual(['sign-awaited liaison 0']);
    for (const person of [applicant, leader, operator]) expect(await noticesOf(person, id)).toEqual([]);
  });

  test('reminds in working days; after an outage the last reminder comes, not the pile', async () => {
    const id = await awaitingSince(tuesday('09:30'));
    await remindAt(tuesday('09:40'));
    await remindAt(tuesday('13:29'));
    expect(await noticesOf(liaison, id)).toHaveLength(1);
    await remindAt(tuesday('13:30'));
    await remindAt(tuesday('23:00'));
    expect(await noticesOf(liaison, id)).toEqual(['sign-awaited liaison 0', 'sign-reminder liaison 1']);
    // Friday the 25th is the Mid-Autumn Festival.
    await remindAt(new Date('2026-09-28T15:00:00+08:00'));
    expect((await noticesOf(liaison, id)).at(-1)).toBe('sign-reminder liaison 4');
    expect(await noticesOf(liaison, id)).toHaveLength(3);
  });

  test('two workers at once write each notice once', async () => {
    const id = await awaitingSince(tuesday('09:30'));
    await Promise.all(Array.from({ length: 5 }, () => remindAt(tuesday('14:00'))));
    expect(await noticesOf(liaison, id)).toEqual(['sign-awaited liaison 0', 'sign-reminder liaison 1']);
  });

  test('is silent about expired forms, and about people who are disabled or were replaced', async () => {
    const late = await awaitingSince(tuesday('09:30'), tuesday('12:00'));
    const id = await awaitingSince(tuesday('09:30'));
    await house.pool.query('update staff set disabled_at = now() where id = $1', [both.id]);
    await remindAt(tuesday('14:00'));
    await house.pool.query('update staff set disabled_at = null where id = $1', [both.id]);
    expect(await noticesOf(liaison, late)).toEqual([]);
    expect(await noticesOf(both, id)).toEqual([]);
  });

  test('asks stand-ins while they stand in', async () => {
    const id = await awaitingSince(tuesday('09:30'));
    await house.pool.query(
      `insert into delegation (id, staff_id, delegate_id, role, unit, from_at, until_at, created_by)
        values (gen_random_uuid(), $1, $2, 'liaison', '*', $3, $4, $1)`,
      [liaison.id, operator.id, tuesday('10:00'), tuesday('12:00')],
    );
    await remindAt(tuesday('09:59'));
    expect(await noticesOf(operator, id)).toEqual([]);
    await remindAt(tuesday('11:00'));
    expect(await noticesOf(operator, id)).toEqual(['sign-awaited liaison 0']);
    await remindAt(tuesday('14:00'));
    expect(await noticesOf(operator, id)).toEqual(['sign-awaited liaison 0']);
  });

  test('the leader is told after the liaison has signed, counted from that signature', async () => {
    const id = await house.submitted(audience);
    await house.signAs(liaison, 'liaison', id);
    await house.pool.query('update signature set signed_at = $1', [tuesday('16:00')]);
    await house.pool.query(`update form set state_at = $1 where state = 'awaiting-leader'`, [tuesday('16:00')]);
    await house.pool.query('delete from notice where campaign_id = $1', [id]);
    await remindAt(tuesday('17:59'));
    expect(await noticesOf(leader, id)).toEqual(['sign-awaited leader 0']);
    await remindAt(new Date('2026-09-23T11:00:00+08:00'));
    expect(await noticesOf(leader, id)).toEqual(['sign-awaited leader 0', 'sign-reminder leader 1']);
    expect(await noticesOf(liaison, id)).toEqual([]);
  });

  test('outside the calendar it still says what awaits, reminds nobody, and one error says so, not one of each form and look', async () => {
    const id = await awaitingSince(new Date('2027-03-01T02:00:00Z'), new Date('2027-04-01T02:00:00Z'));
    await house.submitted(audience);
    for (const minute of ['00', '10', '20']) await remindAt(new Date(`2027-03-05T02:${minute}:00Z`));
    expect(await noticesOf(liaison, id)).toEqual(['sign-awaited liaison 0']);
    expect(troubles).toEqual([expect.stringContaining('calendar has ended')]);
  });

  test('runs on a schedule that several workers may make', async () => {
    const id = await house.submitted(audience);
    await house.pool.query('delete from notice where campaign_id = $1', [id]);
    const client = new Client({ connection: house.client.connection });
    await Promise.all([1, 2, 3].map(() => scheduleSignReminders(client, house.taskQueue)));
    const handle = client.schedule.getHandle(`sign-reminders:${house.taskQueue}`);
    try {
      expect((await handle.describe()).spec.intervals).toMatchObject([{ every: 600_000 }]);
      await handle.trigger();
      await waitFor(
        async () => ((await noticesOf(liaison, id)).length > 0 ? true : null),
        () => 'a notice of the scheduled run',
      );
    } finally {
      await handle.delete();
    }
  });
});

describe('the applicant', () => {
  test('asks once in a working hour, and everybody who can sign is asked', async () => {
    const id = await awaitingSince(tuesday('09:30'));
    expect(await nudgeSigners(at(applicant, tuesday('10:00')), { kind: 'campaign', id })).toEqual({ asked: 2 });
    await expect(nudgeSigners(at(applicant, tuesday('10:59')), { kind: 'campaign', id })).rejects.toMatchObject({
      code: 'sign-reminder.too-soon',
    });
    await nudgeSigners(at(applicant, tuesday('11:00')), { kind: 'campaign', id });
    expect(await noticesOf(liaison, id)).toEqual(['sign-nudge liaison 1', 'sign-nudge liaison 2']);
    const { rows } = await house.pool.query(
      `select details from audit where action = 'campaign.nudge' and object_id = $1`,
      [id],
    );
    expect(rows).toHaveLength(2);
  });

  test('two clicks at once ask once', async () => {
    const id = await awaitingSince(tuesday('09:30'));
    const asked = await Promise.allSettled(
      [1, 2, 3].map(() => nudgeSigners(at(applicant, tuesday('10:00')), { kind: 'campaign', id })),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test.each([
    ['somebody else', both, 'campaign.not-yours'],
    ['who may not submit', liaison, 'permission.denied'],
  ])('%s cannot ask', async (_, person, code) => {
    const id = await awaitingSince(tuesday('09:30'));
    await expect(nudgeSigners(at(person, tuesday('10:00')), { kind: 'campaign', id })).rejects.toMatchObject({ code });
  });

  test('asks nobody about a form that awaits nothing, or that nobody can sign', async () => {
    const ended = await house.submitted(audience);
    await rejectCampaign(liaison.ctx, { campaignId: ended, reason: '请改' });
    await expect(nudgeSigners(applicant.ctx, { kind: 'campaign', id: ended })).rejects.toMatchObject({
      code: 'campaign.not-awaiting-signature',
    });
    const id = await awaitingSince(tuesday('09:30'));
    await house.pool.query('update staff set disabled_at = now() where id = any($1)', [[liaison.id, both.id]]);
    await expect(nudgeSigners(at(applicant, tuesday('10:00')), { kind: 'campaign', id })).rejects.toMatchObject({
      code: 'sign-reminder.nobody',
    });
    await house.pool.query('update staff set disabled_at = null');
  });
});

describe('counts and lists', () => {
  test('the menu counts what one can sign, not what one applied for or what is over', async () => {
    await house.pool.query(`update campaign set state = 'withdrawn' where state like 'awaiting-%'`);
    await house.pool.query(`update form set state = 'withdrawn' where state like 'awaiting-%'`);
    await awaitingSince(tuesday('09:30'));
    await awaitingSince(tuesday('09:30'), tuesday('09:31'));
    const now = tuesday('10:00');
    const count = (person: Person) => awaitingCount(at(person, now));
    expect([
      await count(liaison),
      await count(both),
      await count(leader),
      await count(applicant),
      await count(operator),
    ]).toEqual([1, 1, 0, 0, 0]);
    const centre = await signOffCentre(at(liaison, now));
    expect([centre.mine.length, centre.others.length]).toEqual([1, 1]);
  });

  test('notices are one’s own, and reading them quiets the bell', async () => {
    const id = await awaitingSince(tuesday('09:30'));
    await remindAt(tuesday('14:00'));
    const before = await unreadCount(liaison.ctx);
    expect(before).toBeGreaterThanOrEqual(2);
    const { rows } = await browseNotices(liaison.ctx, null);
    expect(rows.filter((row) => row.itemId === id)).toHaveLength(2);
    await readNotices(liaison.ctx, { itemId: id });
    expect(await unreadCount(liaison.ctx)).toBe(before - 2);
    const others = await unreadCount(both.ctx);
    await readNotices(liaison.ctx, 'all');
    expect([await unreadCount(liaison.ctx), await unreadCount(both.ctx)]).toEqual([0, others]);
  });
});

describe('the rule', () => {
  test('is changed by administrators, on record, within bounds', async () => {
    const administrator = await house.addPerson('管理员', ['administrator']);
    const policy = { firstAfterHours: 2, workFrom: '08:30', workTo: '17:30' };
    await setReminderPolicy(administrator.ctx, policy);
    expect(await showReminderPolicy(liaison.ctx)).toEqual(policy);
    await expect(setReminderPolicy(liaison.ctx, policy)).rejects.toMatchObject({ code: 'permission.denied' });
    for (const wrong of [{ firstAfterHours: 0 }, { workFrom: '18:00' }, { workTo: '25:00' }])
      await expect(setReminderPolicy(administrator.ctx, { ...policy, ...wrong })).rejects.toMatchObject({
        code: 'sign-reminder.policy',
      });
    const id = await awaitingSince(tuesday('09:30'));
    await remindAt(tuesday('11:30'));
    expect(await noticesOf(liaison, id)).toContain('sign-reminder liaison 1');
  });
});
