import { beforeAll, expect, test, vi } from 'vitest';
import { openBrowser } from '../../kit/browser.ts';
import { openConsoleHouse, password, press, type Visitor } from '../../kit/console-house.ts';
import { countActs } from './click-count.ts';
import { customerFile } from './customer-file.ts';
import { fill, ledgerOf, lookOver, openNow, pathOf, textOf, untilState } from './kit.ts';

// Several pages each, on a machine that has other work.
vi.setConfig({ testTimeout: 240_000 });
const chrome = openBrowser();
const house = await openConsoleHouse({
  scenario: { review: { delayMs: 300 }, receipts: { delayMs: { minMs: 50, maxMs: 200 } } },
});
const willing = 30;
const unwilling = 4;

beforeAll(async () => {
  // As a fresh start leaves it: the first administrator and the sandbox account, nobody and nothing else.
  await house.pool.query(
    `update staff set disabled_at = now() where id not in (select staff_id from invitation where used_at is null)`,
  );
  await house.pool.query('delete from template');
});

async function type({ page }: Visitor, values: Record<string, string>): Promise<void> {
  for (const [selector, value] of Object.entries(values)) await page.locator(selector).fill(value);
}
async function comeIn(visitor: Visitor, link: string, more: Record<string, string> = {}): Promise<void> {
  await visitor.page.goto(link);
  await type(visitor, { ...more, 'main [name=password]': password, 'main [name=again]': password });
  await press(visitor.page, 'main form button');
}
/** The button of a step in the list, once it is there: the list moves by itself. */
const follow = async ({ page }: Visitor, step: string): Promise<void> => {
  await page.locator(`.first-run [data-step=${step}] a.btn-primary`).waitFor({ timeout: 60_000 });
  await press(page, `.first-run [data-step=${step}] a.btn-primary`);
};
const statesOf = async ({ page }: Visitor): Promise<Record<string, string | null>> => {
  const lines = await page.locator('.first-run [data-step]').all();
  const read = lines.map(async (line) => [await line.getAttribute('data-step'), await line.getAttribute('data-state')]);
  return Object.fromEntries(await Promise.all(read));
};

test('a newcomer comes from the first sign-in to an archived campaign, led by the list', async () => {
  const began = performance.now();
  const { come, tally } = countActs(house, chrome.browser);
  const administrator = await come('administrator');
  await comeIn(administrator, house.firstLink, {
    'main [name=name]': '周敏',
    'main [name=email]': 'zhou@example.test',
    'main [name=company]': '云汀金融',
  });
  expect(await statesOf(administrator)).toMatchObject({ people: 'now', gateway: 'done', keys: 'later' });
  await lookOver(administrator);

  // The three roles without which nothing goes out stand there already; the unit is the company.
  await follow(administrator, 'people');
  await lookOver(administrator);
  for (const [index, name] of ['chen-min', 'zhao-lei', 'zhou-wei'].entries())
    await type(administrator, { [`#name-${index + 1}`]: name, [`#email-${index + 1}`]: `${name}@example.test` });
  await press(administrator.page, 'form[action="/people/invite"] button');
  const links = await administrator.page
    .locator('input[data-link]')
    .evaluateAll((all) => all.map((each) => (each as unknown as { value: string }).value));
  expect(links).toHaveLength(3);
  await lookOver(administrator);

  const applicant = await come('chen-min');
  await comeIn(applicant, links[0] ?? '');
  const signers = [await come('zhao-lei'), await come('zhou-wei')];
  for (const [index, signer] of signers.entries()) {
    await comeIn(signer, links[index + 1] ?? '');
    // The key is the second step of the welcome, and its name is proposed.
    expect(pathOf(signer.page)).toBe('/account/signing-key');
    await lookOver(signer);
    await press(signer.page, 'form[data-signing-key] button');
    expect(pathOf(signer.page)).toBe('/sign-off');
    expect(await statesOf(signer)).toMatchObject({ people: index === 0 ? 'now' : 'done', keys: 'now' });
  }

  await press(administrator.page, '.side-bar .brand');
  await follow(administrator, 'keys');
  expect(pathOf(administrator.page)).toBe('/people/keys');
  expect(await textOf(administrator.page)).toMatch(/zhao-lei[\s\S]*zhou-wei/);
  await lookOver(administrator);
  // Nothing is ticked beforehand: each tick says that this fingerprint was compared.
  const boxes = administrator.page.locator('form[action="/people/keys"] input[name=id]');
  expect(await boxes.evaluateAll((all) => all.map((box) => (box as unknown as { checked: boolean }).checked))).toEqual([
    false,
    false,
  ]);
  for (const box of await boxes.all()) await box.click();
  await press(administrator.page, 'form[action="/people/keys"] button');
  expect(await textOf(administrator.page, '.flash')).toContain('zhou-wei');
  await lookOver(administrator);

  await follow(applicant, 'template');
  await type(applicant, {
    '#name': '国庆权益',
    '#sign-name': '云汀新签',
    '#source': '您的国庆权益已到账，请于10月7日前领取。拒收请回复R',
  });
  await applicant.page.locator('[name=kind][value=marketing]').check();
  await press(applicant.page, '#saves [value=apply]');
  expect(await textOf(applicant.page)).toContain('SMS_');
  await lookOver(applicant);

  await press(applicant.page, '[data-first-run=audience]');
  const chooser = applicant.page.waitForEvent('filechooser');
  await applicant.page.locator('#file').click();
  const no = Array.from({ length: unwilling }, (_, n) => [`1390000000${n}`, '不愿', `N${n}`, '', '否', '']);
  await (await chooser).setFiles({ name: '十月客户.csv', mimeType: 'text/csv', buffer: customerFile(willing, no) });
  await press(applicant.page, 'form[data-upload] button.btn-primary');
  await applicant.page.locator('button[popovertarget=accept].btn-primary').click();
  expect(await applicant.page.locator('[name=asAudience]').isChecked()).toBe(true);
  await press(applicant.page, '#accept form button.btn-primary');
  await lookOver(applicant);

  // The only template and these people are chosen already.
  await press(applicant.page, 'main .alert-success form[action="/drafts"] button');
  expect(await applicant.page.locator('#name').inputValue()).toContain('十月客户');
  await type(applicant, { '#purpose': '国庆权益到账告知' });
  await expect.poll(() => textOf(applicant.page, '#estimate'), { timeout: 60_000 }).toContain(String(willing));
  await press(applicant.page, '#step button[value=next]');
  await press(applicant.page, '#step button[value=next]');
  // At any hour of the day: the proposal keeps to office hours.
  await fill(applicant.page, openNow());
  await press(applicant.page, '#step button[value=next]');
  // Everything is in order: the review is next, which holds the checks as well.
  expect(pathOf(applicant.page)).toMatch(/\/review$/);
  await lookOver(applicant);
  await applicant.page.locator('[name=confirmed]').check();
  await press(applicant.page, 'form[action$="/submit"] button');

  for (const [index, signer] of signers.entries()) {
    await untilState(applicant.page, index === 0 ? 'awaiting-liaison' : 'awaiting-leader');
    await signer.page.locator('.first-run [data-step=campaign] a.btn-primary').waitFor();
    // The list and the page below it say the same.
    expect(await textOf(signer.page, 'section[aria-labelledby=mine]')).toContain('十月客户');
    await follow(signer, 'campaign');
    await signer.page.locator('#read-all').check();
    await press(signer.page, 'button[data-sign=desk]');
  }
  await untilState(applicant.page, 'archived');
  expect((await ledgerOf(applicant.page))['delivered']).toBe(willing);
  expect(house.sandbox.witness.counts().accepted).toBe(willing);
  await press(applicant.page, 'form[action$="/verify"] button');
  expect(await applicant.page.locator('.check-list .bad').count()).toBe(0);
  expect(await textOf(applicant.page)).toContain('通过');
  await lookOver(applicant);
  process.stdout.write(
    `${tally.clicks} clicks, ${tally.fields} fields, ${Math.round((performance.now() - began) / 1_000)} seconds\n`,
  );

  // Everybody's together. A page that asks for one press or one word more fails here.
  expect(tally.clicks).toBeGreaterThan(20);
  expect(tally.clicks).toBeLessThan(40);
  expect(tally.fields).toBeLessThanOrEqual(26);

  // The way is over: the list is gone for everybody.
  for (const { page } of [administrator, applicant, ...signers]) {
    await page.goto('/campaigns');
    expect(await page.locator('.first-run').count()).toBe(0);
  }
});
