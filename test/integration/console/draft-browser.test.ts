import type { AddressInfo } from 'node:net';
import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { createDraft, loadDraft } from '../../../src/commands/draft.ts';
import { draftSteps } from '../../../src/domain/draft.ts';
import { seriousFindings } from '../../kit/axe.ts';
import { desktop, newPerson, openBrowser, phone, type BrowserPerson } from '../../kit/browser.ts';
import { contextWith } from '../../kit/people.ts';
import { waitFor } from '../../kit/campaign.ts';
import { countingProcesses, filledDraft, furnish } from '../draft/kit.ts';
import { openConsole } from './kit.ts';

let pool: Pool | null = null;
const house = await openConsole({ processes: countingProcesses(() => pool as Pool) });
pool = house.pool;
const ctx = await contextWith(house.pool, ['applicant'], { processes: countingProcesses(() => house.pool) });
const given = await furnish(house.pool, ctx);
await house.app.listen({ port: 0, host: '127.0.0.1' });
const baseUrl = `http://127.0.0.1:${(house.app.server.address() as AddressInfo).port}`;
const here = openBrowser();

async function arrive(options: { viewport?: typeof desktop; javaScript?: boolean } = {}): Promise<BrowserPerson> {
  const person = await newPerson(here.browser, { baseUrl, ...options });
  await person.context.setExtraHTTPHeaders({ authorization: `Bearer ${house.people.applicant.key}` });
  return person;
}
const purposeOf = async (id: string): Promise<string> => (await loadDraft(ctx, id)).body.purpose;
const untilPurpose = (id: string, purpose: string) =>
  waitFor(
    async () => ((await purposeOf(id)) === purpose ? true : null),
    () => purposeOf(id),
    15,
  );

test.each([
  ['a desk', desktop],
  ['a phone', phone],
])('on %s every step is accessible, keeps inside the screen and breaks no policy', async (_, viewport) => {
  const { id } = await filledDraft(ctx, given);
  const person = await arrive({ viewport });
  for (const step of draftSteps) {
    await person.page.goto(`/drafts/${id}/${step}`);
    expect([step, await seriousFindings(person.page)]).toEqual([step, []]);
    await person.page.screenshot({ path: `/tmp/shots/${step}-${viewport.width}.png`, fullPage: true });
    const overflow = await person.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect([step, overflow]).toEqual([step, 0]);
  }
  expect(person.complained()).toEqual([]);
  await person.close();
});

test('what is typed is kept by itself, and survives a closed page', async () => {
  const { id } = await createDraft(ctx, { name: '自动保存' });
  const person = await arrive();
  await person.page.goto(`/drafts/${id}/audience`);
  await person.page.fill('#purpose', '几秒后自己保存');
  await untilPurpose(id, '几秒后自己保存');
  await person.page.fill('#purpose', '关闭页面前的最后一句');
  await person.page.goto('/drafts/new');
  await untilPurpose(id, '关闭页面前的最后一句');
  // The same tab goes on without a conflict with itself.
  await person.page.goto(`/drafts/${id}/audience`);
  await person.page.fill('#purpose', '继续写');
  await person.page.click('button[value="next"]');
  await person.page.waitForURL(`**/drafts/${id}/text`);
  expect(await purposeOf(id)).toBe('继续写');
  expect(person.complained()).toEqual([]);
  await person.close();
});

test('of two tabs the second is shown both versions, and keeps its own by a click', async () => {
  const { id } = await createDraft(ctx, { name: '两个标签页' });
  const [one, two] = [await arrive(), await arrive()];
  for (const { page } of [one, two]) await page.goto(`/drafts/${id}/audience`);
  await one.page.fill('#purpose', '第一个');
  await one.page.click('button[value="stay"]');
  await untilPurpose(id, '第一个');
  await two.page.fill('#purpose', '第二个');
  await two.page.click('form[data-draft] button[value="stay"]');
  await two.page.getByText('保留我填写的').waitFor();
  expect(await two.page.textContent('table')).toContain('第一个');
  expect(await purposeOf(id)).toBe('第一个');
  expect(await seriousFindings(two.page)).toEqual([]);
  await two.page.getByText('保留我填写的').click();
  await untilPurpose(id, '第二个');
  await Promise.all([one.close(), two.close()]);
});

test('another template draws its own variables, without a button and with one', async () => {
  const { id } = await filledDraft(ctx, given, { templateId: null, variableSources: {} });
  for (const javaScript of [true, false]) {
    const person = await arrive({ javaScript });
    await person.page.goto(`/drafts/${id}/text`);
    await person.page.selectOption('#templateId', given.templateId);
    if (!javaScript) await person.page.click('form[data-draft] button[value="stay"]');
    await person.page.waitForSelector('input[name="key.date"]');
    expect(await person.page.inputValue('input[name="key.date"]')).toBe('date');
    await person.close();
  }
});
