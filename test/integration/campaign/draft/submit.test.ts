import { expect, test } from 'vitest';
import { checkDraft } from '../../../../src/campaign/draft/checks.command.ts';
import { loadDraft, saveDraft } from '../../../../src/campaign/draft/draft.command.ts';
import { cloneCampaign, submitDraft, whereDraftWent } from '../../../../src/campaign/draft/submit.command.ts';
import type { Context } from '../../../../src/house/context.ts';
import { AppError } from '../../../../src/kernel/app-error.rule.ts';
import type { DraftBody } from '../../../../src/campaign/draft/draft.rule.ts';
import { findCampaign, findCampaignByNumber, moveCampaign } from '../../../../src/campaign/campaign.db.ts';
import { testDatabase } from '../../../kit/database.ts';
import { contextWith } from '../../../kit/people.ts';
import { setLeftOutPercent } from '../../../../src/contact/left-out.command.ts';
import { seeToEstimate } from '../../../../src/campaign/draft/estimate.command.ts';
import { countingProcesses, filledDraft, furnish } from './kit.ts';
import { everythingSql } from '../../../kit/suppression.ts';

const { pool } = await testDatabase();
const processes = countingProcesses(() => pool);
const ctx = await contextWith(pool, ['applicant'], { processes });
const colleague = await contextWith(pool, ['applicant'], { processes });
const given = await furnish(pool, ctx);

const auditOf = async (id: string): Promise<string[]> =>
  (await pool.query('select action from audit where object_id = $1 order by seq', [id])).rows.map(
    ({ action }) => action,
  );
const campaigns = async (draftId: string): Promise<number> =>
  (await pool.query('select count(*)::int as n from campaign where draft_id = $1', [draftId])).rows[0].n;
const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

test('a whole draft is ready, becomes one campaign on a double click, and leads there ever after', async () => {
  const draft = await filledDraft(ctx, given);
  expect((await checkDraft(ctx, draft)).checks.filter(({ state }) => state === 'fault')).toEqual([]);
  const twice = await Promise.all([1, 2, 3].map(() => submitDraft(ctx, { id: draft.id, version: draft.version })));
  expect(new Set(twice.map(({ number }) => number)).size).toBe(1);
  expect(await campaigns(draft.id)).toBe(1);
  expect(await refused(loadDraft(ctx, draft.id))).toBe('draft.missing');
  expect(await whereDraftWent(ctx, draft.id)).toBe(twice[0]?.number);
  const campaign = await findCampaignByNumber(pool, twice[0]?.number ?? '');
  expect(campaign).toMatchObject({
    state: 'freezing',
    applicantId: ctx.staff.id,
    costCeilingFen: 10_000,
    revises: null,
  });
  expect(await auditOf(campaign?.id ?? '')).toEqual(['campaign.create', 'campaign.submit']);
});

test('a crash between the commit and the process loses nothing: the same click again starts it, and makes no second one', async () => {
  const draft = await filledDraft(ctx, given);
  const started: string[] = [];
  let up = false;
  const shaky: Context = {
    ...ctx,
    processes: {
      ...processes,
      startCampaign: (id) =>
        up
          ? Promise.resolve(void started.push(id))
          : Promise.reject(new AppError('unavailable', 'process.unreachable', 'away')),
    },
  };
  expect(await refused(submitDraft(shaky, { id: draft.id, version: draft.version }))).toBe('process.unreachable');
  expect(await campaigns(draft.id)).toBe(1);
  up = true;
  await submitDraft(shaky, { id: draft.id, version: draft.version });
  expect(started).toHaveLength(1);
  expect(await campaigns(draft.id)).toBe(1);
});

test('what fails inside the submission leaves the draft as it was', async () => {
  const draft = await filledDraft(ctx, given);
  await pool.query('alter table campaign add constraint broken check (draft_id is null) not valid');
  await expect(submitDraft(ctx, { id: draft.id, version: draft.version })).rejects.toThrow('broken');
  await pool.query('alter table campaign drop constraint broken');
  expect(await loadDraft(ctx, draft.id)).toMatchObject({ version: draft.version });
  expect(await campaigns(draft.id)).toBe(0);
});

test('a draft changed since the review was opened is not handed in', async () => {
  const draft = await filledDraft(ctx, given);
  await saveDraft(colleague, {
    id: draft.id,
    step: 'window',
    version: draft.version,
    tab: 'z',
    body: { ratePerSecond: '1' },
  });
  expect(await refused(submitDraft(ctx, { id: draft.id, version: draft.version }))).toBe('draft.changed');
});

test('somebody else cannot hand in a second time what was handed in', async () => {
  const draft = await filledDraft(ctx, given);
  await submitDraft(ctx, { id: draft.id, version: draft.version });
  expect(await refused(submitDraft(colleague, { id: draft.id, version: draft.version }))).toBe('draft.handed-in');
});

test('a clone has the contents, no signatures and no window that has begun', async () => {
  const draft = await filledDraft(ctx, given);
  const { number } = await submitDraft(ctx, { id: draft.id, version: draft.version });
  const source = await findCampaignByNumber(pool, number);
  await pool.query(`update campaign set starts_at = now() - interval '1 hour', state = 'completed' where number = $1`, [
    number,
  ]);
  const { id } = await cloneCampaign(colleague, number);
  const clone = await loadDraft(colleague, id);
  expect(clone).toMatchObject({ clonedFrom: source?.id, ownerId: colleague.staff.id, name: '国庆权益' });
  expect(clone.body).toMatchObject({
    audienceId: given.audienceId,
    startsAt: '',
    endsAt: '',
    signBy: '',
    ratePerSecond: '50',
    costCeiling: '100.00',
  });
});

test.each(['rejected', 'expired', 'voided', 'withdrawn'] as const)(
  'a campaign %s is corrected by its clone',
  async (state) => {
    const first = await filledDraft(ctx, given);
    const { number } = await submitDraft(ctx, { id: first.id, version: first.version });
    await pool.query('update campaign set state = $2 where number = $1', [number, state]);
    const { id } = await cloneCampaign(ctx, number);
    const { version } = await loadDraft(ctx, id);
    const second = await submitDraft(ctx, { id, version });
    expect(second.number).not.toBe(number);
    const [old, corrected] = [
      await findCampaignByNumber(pool, number),
      await findCampaignByNumber(pool, second.number),
    ];
    expect(corrected?.revises).toBe(old?.id);
  },
);

test('a campaign that the freeze sent back is corrected under its own number', async () => {
  const first = await filledDraft(ctx, given);
  const { number } = await submitDraft(ctx, { id: first.id, version: first.version });
  const sentBack = await findCampaignByNumber(pool, number);
  await moveCampaign(pool, sentBack?.id ?? '', 'draft', { code: 'audience.empty' }, new Date());
  const { id } = await cloneCampaign(ctx, number);
  const clone = await loadDraft(ctx, id);
  const saved = await saveDraft(ctx, {
    id,
    step: 'window',
    version: clone.version,
    tab: 'c',
    body: { ratePerSecond: '7' },
  });
  if (saved.kind !== 'saved') throw new Error('It was not saved.');
  expect(await submitDraft(ctx, { id, version: saved.draft.version })).toEqual({ number });
  expect(await findCampaign(pool, sentBack?.id ?? '')).toMatchObject({
    state: 'freezing',
    ratePerSecond: 7,
    revises: null,
  });
});

test('a list that hardly anybody remains of is handed in only by somebody who says that it is meant', async () => {
  const few = await furnish(pool, ctx);
  const draft = await filledDraft(ctx, few);
  const { estimate } = await checkDraft(ctx, draft);
  const candidates = estimate.result?.candidates ?? 0;
  expect((await checkDraft(ctx, draft)).manyLeftOut).toBeNull();
  const half = Math.ceil(candidates / 2);
  await pool.query(
    `insert into suppression (id, phone, kind, channels, purposes, source, created_at)
     select gen_random_uuid(), phone, 'dnc', ${everythingSql}, 'test', now() from audience_member where audience_id = $1 order by seq limit $2`,
    [few.audienceId, half],
  );
  await seeToEstimate(ctx, draft, { again: true });
  const { manyLeftOut, checks, ready } = await checkDraft(ctx, draft);
  expect(manyLeftOut).toEqual({ candidates, left: half, percent: Math.floor((half * 100) / candidates) });
  expect(checks).toContainEqual(expect.objectContaining({ state: 'warning', code: 'draft.many-left-out' }));
  expect(ready).toBe(true);
  const input = { id: draft.id, version: draft.version };
  expect(await refused(submitDraft(ctx, input))).toBe('draft.left-out-not-confirmed');
  expect(await campaigns(draft.id)).toBe(0);
  const house = await contextWith(pool, ['administrator'], { processes });
  await setLeftOutPercent(house, { percent: 60 });
  expect((await checkDraft(ctx, draft)).manyLeftOut).toBeNull();
  await setLeftOutPercent(house, { percent: 20 });
  await submitDraft(ctx, { ...input, leftOutMeant: true });
  expect(await campaigns(draft.id)).toBe(1);
});

const input = ({ id, version }: { id: string; version: number }) => ({ id, version });

test('what is missing is said before anybody is asked to confirm who is left out, and nothing is counted anew for it', async () => {
  const few = await furnish(pool, ctx);
  let counts = 0;
  const watched: Context = {
    ...ctx,
    processes: { ...processes, estimateDraft: (...asked) => (counts++, processes.estimateDraft(...asked)) },
  };
  const draft = await filledDraft(watched, few);
  await pool.query(
    `insert into suppression (id, phone, kind, channels, purposes, source, created_at)
     select gen_random_uuid(), phone, 'dnc', ${everythingSql}, 'test', now() from audience_member where audience_id = $1 and seq < 8`,
    [few.audienceId],
  );
  await seeToEstimate(watched, draft, { again: true });
  const emptied = async (body: Partial<DraftBody>) => {
    const { version } = await loadDraft(ctx, draft.id);
    const saved = await saveDraft(ctx, { id: draft.id, step: 'window', version, tab: 'kit', body });
    return saved.kind === 'saved' ? saved.draft : expect.fail('It was not saved.');
  };
  counts = 0;
  const { startsAt } = draft.body;
  expect(await refused(submitDraft(watched, input(await emptied({ startsAt: '' }))))).toBe('draft.incomplete');
  const late = await emptied({ startsAt, ratePerSecond: '90000' });
  expect(await refused(submitDraft(watched, input(late)))).toBe('campaign.faults');
  const whole = await emptied({ ratePerSecond: '50' });
  expect(await refused(submitDraft(watched, input(whole)))).toBe('draft.left-out-not-confirmed');
  expect(await campaigns(draft.id)).toBe(0);
  await submitDraft(watched, { ...input(whole), leftOutMeant: true });
  expect(await campaigns(draft.id)).toBe(1);
  expect(counts).toBe(0);
});
