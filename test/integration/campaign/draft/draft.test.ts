import { expect, test } from 'vitest';
import { checkDraft } from '../../../../src/campaign/draft/checks.command.ts';
import { createDraft, discardDraft, loadDraft, saveDraft } from '../../../../src/campaign/draft/draft.command.ts';
import { examplesOf, seeToEstimate, showEstimate } from '../../../../src/campaign/draft/estimate.command.ts';
import { submitDraft } from '../../../../src/campaign/draft/submit.command.ts';
import { cancelCampaign, rejectCampaign } from '../../../../src/campaign/campaign.command.ts';
import type { Context } from '../../../../src/house/context.ts';
import { AppError } from '../../../../src/kernel/app-error.rule.ts';
import { testDatabase } from '../../../kit/database.ts';
import { contextWith } from '../../../kit/people.ts';
import { agreeingGateway, countingProcesses, filledDraft, furnish } from './kit.ts';
import { silence } from '../../../kit/suppression.ts';

const { pool } = await testDatabase();
const processes = countingProcesses(() => pool);
const ctx = await contextWith(pool, ['applicant'], { processes });
const colleague = await contextWith(pool, ['applicant'], { processes });
const given = await furnish(pool, ctx);

const auditOf = async (id: string): Promise<string[]> =>
  (await pool.query('select action from audit where object_id = $1 order by seq', [id])).rows.map(
    ({ action }) => action,
  );
const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

test('a save keeps what is incomplete and wrong, just as it was typed', async () => {
  const { id } = await createDraft(ctx, { name: '草稿' });
  const saved = await saveDraft(ctx, {
    id,
    step: 'window',
    version: 1,
    tab: 'a',
    body: { startsAt: 'tomorrow?', ratePerSecond: '-1' },
  });
  expect(saved.kind).toBe('saved');
  expect((await loadDraft(ctx, id)).body).toMatchObject({ startsAt: 'tomorrow?', ratePerSecond: '-1' });
});

test('the second of two people is told who changed what, and nothing of either is lost', async () => {
  const { id } = await createDraft(ctx, { name: '两人' });
  const hers = await saveDraft(ctx, {
    id,
    step: 'audience',
    version: 1,
    tab: 'a',
    name: '两人',
    body: { purpose: 'hers' },
  });
  const his = await saveDraft(colleague, {
    id,
    step: 'audience',
    version: 1,
    tab: 'b',
    name: '两人',
    body: { purpose: 'his' },
  });
  expect(hers.kind).toBe('saved');
  expect(his).toMatchObject({
    kind: 'changed-elsewhere',
    theirs: { savedBy: ctx.staff.name, body: { purpose: 'hers' } },
  });
  expect((await loadDraft(ctx, id)).body.purpose).toBe('hers');
  // Keep mine: the same form once more, on top of theirs.
  const kept = await saveDraft(colleague, {
    id,
    step: 'audience',
    version: 2,
    tab: 'b',
    name: '两人',
    body: { purpose: 'his' },
  });
  expect(kept).toMatchObject({ kind: 'saved', draft: { version: 3, body: { purpose: 'his' } } });
});

test('a step saves its own fields only, so that another step done elsewhere stands', async () => {
  const { id } = await createDraft(ctx, { name: '分头' });
  await saveDraft(ctx, { id, step: 'window', version: 1, tab: 'a', body: { ratePerSecond: '30' } });
  const { version } = await loadDraft(ctx, id);
  await saveDraft(colleague, { id, step: 'audience', version, tab: 'b', body: { purpose: 'p', ratePerSecond: '99' } });
  expect((await loadDraft(ctx, id)).body).toMatchObject({ purpose: 'p', ratePerSecond: '30' });
});

test('an autosave that is still on its way does not make a tab conflict with itself', async () => {
  const { id } = await createDraft(ctx, { name: '自动' });
  for (const purpose of ['a', 'ab', 'abc'])
    expect(await saveDraft(ctx, { id, step: 'audience', version: 1, tab: 'one', body: { purpose } })).toMatchObject({
      kind: 'saved',
    });
  expect(await saveDraft(ctx, { id, step: 'audience', version: 2, tab: 'two', body: { purpose: 'x' } })).toMatchObject({
    kind: 'changed-elsewhere',
  });
});

test('two saves at the same instant: one is kept, one is asked', async () => {
  const { id } = await createDraft(ctx, { name: '同时' });
  const both = await Promise.all(
    [ctx, colleague].map((who, index) =>
      saveDraft(who, { id, step: 'audience', version: 1, tab: `tab-${index}`, body: { purpose: `p${index}` } }),
    ),
  );
  expect(both.map(({ kind }) => kind).toSorted()).toEqual(['changed-elsewhere', 'saved']);
});

test('a row of saves is on record once for each person and tab, not for each keystroke', async () => {
  const { id } = await createDraft(ctx, { name: '记录' });
  for (const purpose of ['1', '12', '123'])
    await saveDraft(ctx, { id, step: 'audience', version: 1, tab: 't', body: { purpose } });
  expect(await auditOf(id)).toEqual(['draft.create', 'draft.edit']);
});

test('a draft of another unit is not there for others, by whatever command', async () => {
  const outsider = await contextWith(pool, ['applicant'], { processes });
  const far: Context = { ...outsider, staff: { ...outsider.staff, grants: [{ role: 'applicant', unit: '别的单位' }] } };
  const { id } = await createDraft(ctx, { name: '本单位' });
  expect(await refused(loadDraft(far, id))).toBe('draft.missing');
  expect(await refused(saveDraft(far, { id, step: 'audience', version: 1, tab: 'x', body: { purpose: 'no' } }))).toBe(
    'draft.missing',
  );
  expect(await refused(discardDraft(far, id))).toBe('draft.missing');
  expect(await refused(submitDraft(far, { id, version: 1 }))).toBe('draft.missing');
  expect(await refused(createDraft(far, { name: 'x', unit: ctx.staff.unit }))).toBe('permission.denied-in-unit');
  expect((await loadDraft(ctx, id)).body.purpose).toBe('');
});

test('a deleted draft is gone and on record', async () => {
  const { id } = await createDraft(ctx, { name: '删' });
  await discardDraft(ctx, id);
  expect(await refused(loadDraft(ctx, id))).toBe('draft.missing');
  expect(await auditOf(id)).toEqual(['draft.create', 'draft.delete']);
});

test('the count tells who would get it, why others not, what it costs, and how three texts look', async () => {
  await silence(pool, { phone: '+8613805550001', kind: 'dnc' });
  const draft = await filledDraft(ctx, given);
  const { state, result } = await showEstimate(ctx, draft);
  expect(state).toBe('done');
  expect(result).toMatchObject({
    candidates: 12,
    size: 11,
    excluded: { dnc: 1 },
    bySegments: { 1: 11 },
    segments: 11,
    costFen: 50,
    gateway: null,
  });
  expect(result?.sample).toHaveLength(5);
  expect(JSON.stringify(result)).not.toContain('5550');
  const examples = await examplesOf(ctx, draft, result);
  expect(examples.map(({ which }) => which)).toEqual(['shortest', 'usual', 'longest']);
  const lengths = examples.map(({ length }) => length);
  expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
  expect(examples[0]?.text).toMatch(/^【云汀金融】王女士您好/);
  await pool.query(`delete from suppression where phone = '+8613805550001'`);
});

test('a change makes the count stale, and only the change of what it depends on', async () => {
  const draft = await filledDraft(ctx, given);
  const rate = await saveDraft(ctx, {
    id: draft.id,
    step: 'window',
    version: draft.version,
    tab: 'kit',
    body: { ratePerSecond: '9' },
  });
  if (rate.kind !== 'saved') throw new Error('It was not saved.');
  expect((await showEstimate(ctx, rate.draft)).state).toBe('done');
  const text = await saveDraft(ctx, {
    id: draft.id,
    step: 'text',
    version: rate.draft.version,
    tab: 'kit',
    body: { topic: 'news' },
  });
  if (text.kind !== 'saved') throw new Error('It was not saved.');
  expect((await showEstimate(ctx, text.draft)).state).toBe('stale');
  expect((await checkDraft(ctx, text.draft)).ready).toBe(false);
});

test('without Temporal the wizard goes on, and the count says what is missing', async () => {
  const down: Context = {
    ...ctx,
    processes: {
      ...processes,
      estimateDraft: () => Promise.reject(new AppError('unavailable', 'process.unreachable', 'away')),
    },
  };
  const draft = await filledDraft(down, given);
  expect(await showEstimate(down, draft)).toMatchObject({ state: 'failed', fault: 'process.unreachable' });
  const { checks, ready } = await checkDraft(down, draft);
  expect(ready).toBe(false);
  expect(checks).toContainEqual(
    expect.objectContaining({ name: 'people', state: 'fault', code: 'process.unreachable' }),
  );
});

test('a gateway that holds another text is a fault before anybody is asked to sign', async () => {
  const other = agreeingGateway({
    findTemplate: (code) => Promise.resolve({ code, content: '别的内容', state: 'passed', rejectInfo: null }),
  });
  const draft = await filledDraft({ ...ctx, processes: countingProcesses(() => pool, other) }, given);
  expect((await checkDraft(ctx, draft)).checks).toContainEqual(
    expect.objectContaining({ name: 'gateway', state: 'fault', code: 'gateway.template-differs', step: 'text' }),
  );
});

test.each([
  ['a rate above the account', { ratePerSecond: '5000' }, 'campaign.rate-above-account', 'window'],
  ['a ceiling below the estimate', { costCeiling: '0.10' }, 'campaign.over-ceiling', 'window'],
  ['daily hours the wrong way round', { dailyFrom: '18:00', dailyTo: '09:00' }, 'window.daily-order', 'window'],
  [
    'a variable without a source',
    { variableSources: { name: { from: 'name' as const } } },
    'campaign.variable-without-source',
    'text',
  ],
  ['no audience', { audienceId: null }, 'draft.no-audience', 'audience'],
  ['an unreadable time', { startsAt: '2026-02-30T09:00' }, 'draft.unreadable-time', 'window'],
])('%s is named with its step, and cannot be handed in', async (_, over, code, step) => {
  const draft = await filledDraft(ctx, given, over);
  const { checks, ready } = await checkDraft(ctx, draft);
  expect(ready).toBe(false);
  expect(checks.filter((check) => check.code === code).map((check) => check.step)).toEqual([step]);
  if (code !== 'campaign.over-ceiling')
    expect(await refused(submitDraft(ctx, { id: draft.id, version: draft.version, leftOutMeant: true }))).toMatch(
      /^(draft\.incomplete|campaign\.)/,
    );
});

test('commands that a draft has no part in still refuse it', async () => {
  const operator = await contextWith(pool, ['operator', 'liaison'], { processes });
  const { id } = await createDraft(ctx, { name: '无关' });
  expect(await refused(cancelCampaign(operator, { campaignId: id, reason: 'x' }))).toBe('campaign.missing');
  expect(await refused(rejectCampaign(operator, { campaignId: id, reason: 'x' }))).toBe('campaign.missing');
  expect(await refused(seeToEstimate(operator, await loadDraft(ctx, id)))).toBe('permission.denied');
});
