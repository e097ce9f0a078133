import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { contextWith } from '../../../kit/people.ts';
import { countingProcesses, furnish, hidden, wizardOf } from './kit.ts';
import { AppError } from '../../../../src/kernel/app-error.rule.ts';
import { draftSteps } from '../../../../src/campaign/draft/draft.rule.ts';
import { faultsOfPage, openConsole, type Shown } from '../../kit/page/kit.ts';

let pool: Pool | null = null;
let away = false;
const counting = countingProcesses(() => pool as Pool);
const house = await openConsole({
  processes: {
    ...counting,
    startCampaign: () =>
      away ? Promise.reject(new AppError('unavailable', 'process.unreachable', 'away')) : Promise.resolve(),
  },
});
pool = house.pool;
const { get, post, people } = house;
const { applicant, operator, liaison } = people;
const as = applicant;
const steps = ['audience', 'text', 'window', 'checks', 'review'] as const;
const given = await furnish(pool, await contextWith(pool, ['applicant'], { processes: counting }));
const { whole, windowForm, begin, fill, filled } = wizardOf(house, as, given);

test('the wizard leads from a name to one submitted campaign', async () => {
  const id = await filled();
  const review = await get(`/drafts/${id}/review`, { as });
  expect(review.html).toContain('我已逐项核对');
  expect(review.html).toContain('王女士您好');
  const form = { version: hidden(review, 'version'), confirmed: 'yes' };
  const [first, second] = await Promise.all([
    post(`/drafts/${id}/submit`, form, { as }),
    post(`/drafts/${id}/submit`, form, { as }),
  ]);
  expect([first.status, second.status]).toEqual([303, 303]);
  expect(first.location).toMatch(/^\/campaigns\/WH-\d{8}-\d{4}$/);
  expect(second.location).toBe(first.location);
  // The back button: every page of the draft leads to what it has become.
  for (const step of steps) expect((await get(`/drafts/${id}/${step}`, { as })).location).toBe(first.location);
  expect((await get(`/drafts/${id}`, { as })).location).toBe(first.location);
});

test.each(steps)('step %s is whole in both languages, empty and filled in', async (step) => {
  for (const id of [await begin(), await filled()]) {
    for (const language of ['zh-CN', 'en'] as const) {
      const page = await get(`/drafts/${id}/${step}`, { as, language });
      expect(page.status).toBe(200);
      expect(faultsOfPage(page.html)).toEqual([]);
      expect(page.html).not.toContain('5550');
    }
  }
});

test('the first page is whole in both languages, and keeps what was typed when it is refused', async () => {
  for (const language of ['zh-CN', 'en'] as const)
    expect(faultsOfPage((await get('/drafts/new', { as, language })).html)).toEqual([]);
  const page = await post('/drafts', { name: '  ', purpose: '用途还在', unit: '' }, { as });
  expect(page.status).toBe(422);
  expect(page.html).toContain('用途还在');
});

test('a template chosen anew gets its variables’ sources guessed from the columns of the file', async () => {
  const id = await begin();
  await fill(id, 'audience', { audienceId: given.audienceId });
  await fill(id, 'text', { templateId: given.templateId, topic: '' }, { go: 'stay' });
  const page = await get(`/drafts/${id}/text`, { as });
  expect(page.html).toMatch(/name="key\.name" value="name"/);
  expect(page.html).toMatch(/name="key\.date" value="date"/);
  expect(page.html).toContain('最长');
});

test('the preview shows what is typed and saves nothing', async () => {
  const id = await begin();
  await fill(id, 'audience', { audienceId: given.audienceId });
  const form = {
    templateId: given.templateId,
    'from.name': 'row',
    'key.name': 'name',
    'from.date': 'constant',
    'key.date': '十月七日',
  };
  const preview = await post(`/drafts/${id}/preview`, form, { as, htmx: true });
  expect(preview.html).toContain('请于十月七日前领取');
  expect((await get(`/drafts/${id}/text`, { as })).html).not.toContain('十月七日');
});

test('what cannot be read is kept, named at its field, and not passed over', async () => {
  const id = await begin();
  const page = await fill(id, 'window', { ...windowForm, ratePerSecond: '很快', startsAt: '2026-02-30T09:00' });
  expect(page.status).toBe(422);
  expect(page.html).toContain('value="很快"');
  expect(page.html).toContain('id="ratePerSecond-fault"');
  expect(page.html).toContain('id="startsAt-fault"');
  expect((await get(`/drafts/${id}/window`, { as })).html).toContain('value="很快"');
});

const purposeForm = (page: Shown, purpose: string) => ({
  version: hidden(page, 'version'),
  tab: hidden(page, 'tab'),
  go: 'next',
  name: '国庆权益',
  purpose,
});
test('a form opened before somebody else saved shows both versions and keeps both', async () => {
  const id = await begin();
  const [hers, his] = [await get(`/drafts/${id}/audience`, { as }), await get(`/drafts/${id}/audience`, { as })];
  expect((await post(`/drafts/${id}/audience`, purposeForm(hers, '她写的用途'), { as })).status).toBe(303);
  const conflict = await post(`/drafts/${id}/audience`, purposeForm(his, '他写的用途'), { as });
  expect(conflict.status).toBe(409);
  expect(faultsOfPage(conflict.html)).toEqual([]);
  for (const each of ['她写的用途', '他写的用途', '保留我填写的', '改用对方的']) expect(conflict.html).toContain(each);
  expect((await post(`/drafts/${id}/audience`, purposeForm(conflict, '他写的用途'), { as })).status).toBe(303);
  expect((await get(`/drafts/${id}/audience`, { as })).html).toContain('他写的用途');
});

test('an autosave answers with the version, and says so when somebody else was faster', async () => {
  const id = await begin();
  const page = await get(`/drafts/${id}/audience`, { as });
  const form = { version: hidden(page, 'version'), purpose: '自动', autosave: '1' };
  const saved = await post(`/drafts/${id}/audience`, { ...form, tab: 'one' }, { as });
  expect([saved.status, JSON.parse(saved.html)]).toMatchObject([200, { version: 2 }]);
  const late = await post(`/drafts/${id}/audience`, { ...form, purpose: '另一个', tab: 'two' }, { as });
  expect(late.status).toBe(409);
  expect(JSON.parse(late.html)).toHaveProperty('message');
});

test('an audience made here is chosen; a condition that cannot be read keeps the form', async () => {
  const id = await begin();
  const page = await get(`/drafts/${id}/audience`, { as });
  const place = { version: hidden(page, 'version'), tab: hidden(page, 'tab') };
  const bad = await post(`/drafts/${id}/audience/new`, { ...place, name: '高等级', registeredFrom: '昨天' }, { as });
  expect(bad.status).toBe(422);
  expect(bad.html).toContain('value="高等级"');
  const good = await post(
    `/drafts/${id}/audience/new`,
    { ...place, name: '高等级', tiers: ['gold', 'diamond'] },
    { as },
  );
  expect(good.location).toBe(`/drafts/${id}/audience`);
  expect((await get(`/drafts/${id}/audience`, { as })).html).toMatch(/<option value="[0-9a-f-]{36}" selected>高等级/);
});

test('an unconfirmed or unfinished draft is not handed in, and says what to change', async () => {
  const id = await filled();
  const review = await get(`/drafts/${id}/review`, { as });
  const unconfirmed = await post(`/drafts/${id}/submit`, { version: hidden(review, 'version') }, { as });
  expect(unconfirmed.status).toBe(422);
  expect(unconfirmed.html).toContain('请先勾选');
  const empty = await begin('空的');
  const page = await get(`/drafts/${empty}/review`, { as });
  expect(page.html).not.toContain(`action="/drafts/${empty}/submit"`);
  expect(page.html).toContain(`href="/drafts/${empty}/text"`);
  expect((await post(`/drafts/${empty}/submit`, { version: '1', confirmed: 'yes' }, { as })).status).toBe(422);
});

test('when Temporal is away at the submission, the page says what stands and repeats without a second campaign', async () => {
  const id = await filled();
  const form = { version: hidden(await get(`/drafts/${id}/review`, { as }), 'version'), confirmed: 'yes' };
  away = true;
  const lost = await post(`/drafts/${id}/submit`, form, { as });
  away = false;
  expect(lost.status).toBe(503);
  expect(faultsOfPage(lost.html)).toEqual([]);
  const number = /WH-\d{8}-\d{4}/.exec(lost.html)?.[0];
  expect((await post(`/drafts/${id}/submit`, form, { as })).location).toBe(`/campaigns/${number}`);
});

test('a clone of a campaign is a draft again', async () => {
  const id = await filled();
  const form = { version: hidden(await get(`/drafts/${id}/review`, { as }), 'version'), confirmed: 'yes' };
  const { location } = await post(`/drafts/${id}/submit`, form, { as });
  const clone = await post(`${location}/clone`, {}, { as });
  expect(clone.location).toMatch(/^\/drafts\/[0-9a-f-]{36}\/audience$/);
  expect(clone.location).not.toContain(id);
});

test('a deleted draft is no longer there', async () => {
  const id = await begin('要删的');
  expect((await post(`/drafts/${id}/delete`, {}, { as })).location).toBe('/campaigns');
  expect((await get(`/drafts/${id}/audience`, { as })).status).toBe(404);
});

test.each([
  ['GET', '/drafts/new'],
  ['POST', '/drafts'],
  ...steps.map((step) => ['GET', `/drafts/ID/${step}`] as const),
  ['POST', '/drafts/ID/audience'],
  ['POST', '/drafts/ID/submit'],
  ['POST', '/drafts/ID/delete'],
  ['POST', '/drafts/ID/tests'],
  ['POST', '/drafts/ID/estimate'],
  ['GET', '/drafts/ID/estimate'],
  ['GET', '/drafts/ID/tests'],
  ['POST', '/drafts/ID/preview'],
] as const)('%s %s is for those who may write campaigns', async (method, path) => {
  const id = await begin();
  const url = path.replace('ID', id);
  for (const other of [operator, liaison]) {
    const page =
      method === 'GET'
        ? await get(url, { as: other })
        : await post(url, { version: '1', step: 'audience' }, { as: other });
    expect(page.status).toBe(403);
    expect(page.html).not.toContain(whole.purpose);
  }
});

test('nobody signed in is led to the sign-in page, and back to the step', async () => {
  const id = await begin();
  const page = await get(`/drafts/${id}/window`, { as: null });
  expect([page.status, page.location]).toEqual([303, `/sign-in?next=${encodeURIComponent(`/drafts/${id}/window`)}`]);
});

test('a campaign begins from a template’s page and from an audience’s, each chosen already', async () => {
  const template = await get(`/templates/${given.templateId}`, { as });
  expect(template.html).toContain('用此模板新建活动');
  const audience = await get(`/audiences/${given.audienceId}`, { as });
  expect(audience.html).toContain('用此名单新建活动');
  for (const chosen of [{ templateId: given.templateId }, { audienceId: given.audienceId }]) {
    const made = await post('/drafts', chosen, { as });
    expect([made.status, made.location]).toEqual([303, expect.stringMatching(/\/audience$/)]);
    const id = made.location?.split('/')[2];
    const { rows } = await house.pool.query('select name, body from campaign_draft where id = $1', [id]);
    expect(rows[0].body).toMatchObject(chosen);
    expect(rows[0].name).toMatch(/ \d\d-\d\d$/);
  }
});

test.each([
  ['ends before it begins', { startsAt: whole.endsAt, endsAt: whole.startsAt }, '结束时间须晚于开始时间'],
  ['has daily hours the wrong way round', { dailyFrom: '18:00', dailyTo: '09:00' }, '每日'],
  ['is faster than the gateway', { ratePerSecond: '5000' }, '（网关上限）'],
])('a window that %s does not pass the step', async (_, change, sentence) => {
  const id = await begin();
  await fill(id, 'audience', { audienceId: given.audienceId });
  await fill(id, 'text', { templateId: given.templateId });
  const refused = await fill(id, 'window', { ...windowForm, ...change });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain(sentence);
});

test('a step with something to change in it is not marked as done', async () => {
  const id = await begin();
  await fill(id, 'audience', { audienceId: '' });
  const page = await get(`/drafts/${id}/window`, { as });
  expect(page.html).toMatch(/<li class="faulty">\s*<a href="\/drafts\/[\w-]+\/audience"/);
  expect(page.html).not.toMatch(/<li class="done">\s*<a href="\/drafts\/[\w-]+\/audience"/);
});

test('what is not filled in yet names its step by the number it has, and a rate that cannot be names the account’s limit', async () => {
  const id = await begin();
  await fill(id, 'audience', { audienceId: given.audienceId });
  await fill(id, 'text', { templateId: given.templateId });
  const { html } = await get(`/drafts/${id}/checks`, { as });
  const place = draftSteps.indexOf('window') + 1;
  expect(html).toContain(`未填写发送时间，请到第 ${place} 步填写。 <a href="/drafts/${id}/window">`);
  expect(html).toContain(`<a href="/drafts/${id}/window"><span class="draft-step-number" aria-hidden="true">${place}<`);
  await fill(id, 'window', { ...windowForm, ratePerSecond: '0' });
  const page = await get(`/drafts/${id}/window`, { as });
  expect(page.html).toContain('请填 1 至 100（网关上限）。');
});
