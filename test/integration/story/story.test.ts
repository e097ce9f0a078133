import { expect, test, vi } from 'vitest';
import { openConsoleHouse, password, press, type Visitor } from '../../kit/console-house.ts';
import { openBrowser, phone } from '../../kit/browser.ts';
import { phoneNumber } from '../../kit/phone-number.ts';
import { codeOf } from '../house/sign-in/kit.ts';
import { customerFile } from './customer-file.ts';
import {
  addSigningKey,
  approveSigningKeys,
  choose,
  comeIn,
  fill,
  go,
  inviteOnPage,
  ledgerOf,
  lookOver,
  open,
  openNow,
  pathOf,
  pause,
  resume,
  signAtDesk,
  signOnPhone,
  textOf,
  untilState,
  witnessed,
} from './kit.ts';

// Several pages each, on a machine that has other work.
vi.setConfig({ testTimeout: 120_000 });
const chrome = openBrowser();
const house = await openConsoleHouse({ scenario: { receipts: { delayMs: { minMs: 50, maxMs: 200 } } } });

const people = 240;
let number = '';
let administrator: Visitor;
let applicant: Visitor;
let liaison: Visitor;
let leader: Visitor;
let second: Visitor;

test('the first administrator comes in by the link that the first start wrote', async () => {
  administrator = await house.visitor(chrome.browser, 'Administrator');
  await comeIn(administrator, house.firstLink);
  expect(pathOf(administrator.page)).not.toMatch(/welcome|sign-in/);
  await open(administrator, '/people');
  expect(await textOf(administrator.page)).toContain('Administrator');
});

test('three others are invited, each for their own roles, and come in by their links', async () => {
  applicant = await arrive('chen-min', ['applicant', 'operator']);
  liaison = await arrive('zhao-lei', ['liaison'], { viewport: phone });
  leader = await arrive('zhou-wei', ['leader'], { locale: 'en' });
  await go(leader, 'form.language button[value=en]');
  expect(await leader.page.locator('html').getAttribute('lang')).toBe('en');
});

test('the leader adds an authenticator app, and from then on the password alone lets nobody in', async () => {
  const page = await open(leader, '/account');
  await page.locator('#totp-password').fill(password);
  await go(leader, 'form[action="/account/totp"] button');
  const secret = (await page.locator('ol.steps li').first().locator('.code').innerText()).trim();
  const uri = `otpauth://totp/x?secret=${secret}`;
  await page.locator('#code').fill(codeOf(uri));
  await go(leader, 'form[action="/account/totp/confirm"] button');
  await go(leader, 'form[action="/sign-out"] button');
  await fill(page, { email: leader.email, password });
  await go(leader, 'main form button.btn-primary');
  expect(pathOf(page)).toBe('/sign-in/code');
  await page.goto('/campaigns');
  expect(pathOf(page)).toBe('/sign-in');
  await page.goto('/sign-in/code');
  await page.locator('#code').fill(codeOf(uri));
  await go(leader, 'main form button');
  // Who only signs lands where the forms wait.
  expect(pathOf(page)).toBe('/sign-off');
});

test('who let a signer in does not approve the key, and is told who can', async () => {
  second = await house.join(chrome.browser, 'luo-jian', ['administrator']);
  await addSigningKey(liaison, '办公手机');
  await open(administrator, '/people');
  await go(administrator, `main table a:text-is("${liaison.name}")`);
  expect(await administrator.page.locator('form[action$="/approve"]').count()).toBe(0);
  expect(await textOf(administrator.page, '#credentials')).toContain('luo-jian');
  await go(administrator, 'form[action$="/decline"] button');
});

test('signers ask for signing passkeys, and only an administrator who did not let them in makes them good', async () => {
  for (const signer of [liaison, leader]) {
    await addSigningKey(signer, '办公电脑');
    await approveSigningKeys(second, signer.name);
    await open(signer, '/account');
  }
  expect(await textOf(liaison.page, '#signing-keys')).toContain('可用');
});

test('a customer file in GB18030 is checked first, its faults are named, and only then taken', async () => {
  await open(applicant, '/imports');
  const { page } = applicant;
  await page.locator('#file').setInputFiles({
    name: '客户.csv',
    mimeType: 'text/csv',
    buffer: customerFile(people, [
      ['1380000', '短号', 'C9001', '', '是', ''],
      ['13800000001', '重复', 'C1', '', '是', ''],
      // Whose number it is cannot be told: neither row is taken.
      ['13700000001', '甲', 'C9002', '', '是', ''],
      ['13700000001', '乙', 'C9003', '', '是', ''],
    ]),
  });
  await go(applicant, 'form[data-upload] button.btn-primary');
  expect(await textOf(page)).toContain('gb18030');
  expect(await page.locator('.figure').allInnerTexts()).toEqual(['244', '240', '4', '240', '0', '0']);
  const faults = await textOf(page, 'section[aria-labelledby=faults-title] table');
  for (const reason of ['手机号位数不对', '手机号与前面的行重复', '同一手机号在文件中属于两位客户'])
    expect(faults).toContain(reason);
  await page.locator('button[popovertarget=accept].btn-primary').click();
  await lookOver(applicant);
  await go(applicant, '#accept form button.btn-primary');
  expect(await textOf(page)).not.toContain('13800000001');
  await open(applicant, '/customers');
});

test('a template is written, its variables filled in, and asked about at the gateway', async () => {
  const page = await open(applicant, '/templates/new');
  await fill(page, {
    name: '国庆权益提醒',
    signName: '云汀金融',
    source: '{{name}}您好，您的权益已到账，请于{{date}}前领取。',
    gatewayCode: 'SMS_1',
  });
  await page.locator('[name=gatewayAccountId]').selectOption({ label: 'sandbox' });
  for (const [name, label, type, example] of [
    ['name', '称呼', 'name', '王女士'],
    ['date', '截止日期', 'text', '10月7日'],
  ] as const) {
    const row = page.locator(`#variables [data-variable=${name}]`);
    await row.locator('[name=variableLabel]').fill(label);
    await row.locator('[name=variableType]').selectOption(type);
    await row.locator('[name=variableExample]').fill(example);
  }
  await go(applicant, 'button[value=save]');
  expect(pathOf(page)).toMatch(/^\/templates\/[\w-]{36}$/);
});

test('an audience is built from conditions and counted before it is saved', async () => {
  const page = await open(applicant, '/audiences/new');
  await fill(page, { name: '全部客户' });
  await expect.poll(() => textOf(page, '#count'), { timeout: 20_000 }).toContain(String(people));
  await lookOver(applicant);
  await go(applicant, 'button[value=save]');
  expect(await textOf(page)).toContain('全部客户');
});

test('the wizard leads from the people to the review', async () => {
  await open(administrator, '/people');
  await go(administrator, 'main table a:text-is("zhao-lei")');
  await fill(administrator.page, { phone: '13900001111' });
  await go(administrator, 'form[action$="/phone"] button');

  const page = await open(applicant, '/drafts/new');
  await fill(page, { name: '国庆出行权益', purpose: '国庆出行权益到账告知' });
  await go(applicant, 'main form button.btn-primary');
  await choose(page, '#audienceId', '全部客户');
  await go(applicant, 'button[value=next]');

  const chosen = page.waitForEvent('load');
  await choose(page, '#templateId', '国庆权益提醒');
  await chosen;
  await page.locator('[name="from.name"]').selectOption('name');
  await page.locator('[name="from.date"]').selectOption('attribute');
  await page.locator('[name="key.date"]').fill('截止日期');
  await lookOver(applicant);
  await go(applicant, 'button[value=next]');

  await fill(page, { ...openNow(), ratePerSecond: '10', costCeiling: '100' });
  await go(applicant, 'button[value=next]');

  // With everything in order the review is next; the checks, with the test messages, are a press away.
  await go(applicant, '.draft-steps a[href$="/checks"]');
  await expect.poll(() => textOf(page, '#estimate'), { timeout: 30_000 }).toContain('240');
  await page.getByLabel('zhao-lei').check();
  await go(applicant, '#tests form button');
  await expect.poll(() => textOf(page, '#tests-list'), { timeout: 30_000 }).toMatch(/送达/);
  await go(applicant, '#step button[value=next]');
  expect(await textOf(page)).toContain('国庆出行权益到账告知');
});

test('handed in, it waits for the liaison, and nothing but the test message has left', async () => {
  const { page } = applicant;
  await page.locator('[name=confirmed]').check();
  await press(page, 'form[action$="/submit"] button');
  number = /WH-\d{8}-\d{4,}/.exec(page.url())?.[0] ?? '';
  await untilState(page, 'awaiting-liaison');
  await lookOver(applicant);
  expect(house.sandbox.witness.counts().accepted).toBe(1);
});

test('the liaison signs on a phone, and the leader is next', async () => {
  await open(liaison, '/sign-off');
  await signOnPhone(liaison, number);
  expect(await textOf(liaison.page)).toMatch(/已签字/);
  await open(leader, '/sign-off');
  expect(await textOf(leader.page)).toContain(number);
  expect(house.sandbox.witness.counts().accepted).toBe(1);
});

test('the leader signs at the desk, and what others look at moves by itself', async () => {
  const page = await open(applicant, `/campaigns/${number}`);
  await signAtDesk(leader, number);
  // Nothing is reloaded here by hand: the stream alone brings it.
  await untilState(page, 'sending');
  await expect.poll(async () => (await ledgerOf(page))['delivered'], { timeout: 45_000 }).toBeGreaterThan(5);
});

test('a pause is over only when it holds: nothing leaves until it is resumed', async () => {
  const { page } = applicant;
  await pause(page, '客户来电核实');
  await untilState(page, 'paused');
  const held = house.sandbox.witness.counts().accepted;
  expect(held).toBeLessThan(people);
  await lookOver(applicant);
  expect(await textOf(page, '.flash')).toContain('暂停');
  await open(applicant, '/campaigns');
  await open(applicant, `/campaigns/${number}/ledger`);
  expect(house.sandbox.witness.counts().accepted).toBe(held);
  await open(applicant, `/campaigns/${number}`);
  await resume(page);
  await untilState(page, 'sending', 'finishing', 'completed', 'archived');
});

test('a customer who writes TD is suppressed, and the pages say why', async () => {
  const reader = (await witnessed(house, number))[0]?.phone.slice(-11) ?? '';
  await house.post('replies', { phone: reader, content: 'TD' });
  const { page } = applicant;
  const shown = async () => {
    await page.goto('/suppressions');
    return textOf(page);
  };
  await expect.poll(shown, { timeout: 20_000 }).toContain(reader.slice(-4));
  await lookOver(applicant);
});

test('it ends, is archived, and the archive is verified on the page', async () => {
  const page = await open(applicant, `/campaigns/${number}`);
  await untilState(page, 'archived');
  await lookOver(applicant);
  const ledger = await ledgerOf(page);
  expect(Object.values(ledger).reduce((sum, count) => sum + count, 0)).toBe(people);
  expect(ledger).toMatchObject({ pending: 0, delivered: people });
  await go(applicant, 'form[action$="/verify"] button');
  expect(await textOf(page)).toContain('通过');
  expect(await page.locator('.check-list .bad').count()).toBe(0);
  await open(leader, '/archive');
  expect(await textOf(leader.page)).toContain(number);
});

test('the gateway’s own witness has everybody once, and nobody before the second signature', async () => {
  const { rows } = await house.pool.query('select key, id from campaign where number = $1', [number]);
  const { accepted, numbersAcceptedMoreThanOnce } = house.sandbox.witness.counts({ outIdPrefix: `wh-${rows[0].key}-` });
  expect({ accepted, numbersAcceptedMoreThanOnce }).toEqual({ accepted: people, numbersAcceptedMoreThanOnce: 0 });
  const signed = await house.pool.query(
    'select max(s.signed_at) as at from signature s join form f on f.id = s.form_id where f.campaign_id = $1',
    [rows[0].id],
  );
  const [first] = await witnessed(house, number);
  expect(Date.parse(first?.acceptedAt ?? '')).toBeGreaterThan(signed.rows[0].at.getTime());
});

test('the record of it all is on the audit page, and its chain holds', async () => {
  const page = await open(administrator, '/audit');
  expect(await textOf(page)).toContain('chen-min');
  await page.locator('#chain form button').click();
  await expect.poll(() => textOf(page, '#chain'), { timeout: 30_000 }).toContain('全部相扣');
  await lookOver(administrator);
});

test('the log tells of no fault and of no whole phone number', () => {
  const lines = house
    .log()
    .split('\n')
    .filter((line) => line !== '');
  expect(lines.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)).toEqual([]);
  expect(house.log()).not.toMatch(phoneNumber);
});

/** Invited on the page of people, and come in by the link. */
async function arrive(name: string, roles: string[], options = {}): Promise<Visitor> {
  const visitor = await house.visitor(chrome.browser, name, options);
  await comeIn(visitor, await inviteOnPage(administrator, name, roles));
  return visitor;
}
