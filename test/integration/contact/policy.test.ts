import { beforeAll, describe, expect, test } from 'vitest';
import { loadRetention } from '../../../src/app/retention.db.ts';
import { usualRetention } from '../../../src/app/retention.rule.ts';
import { loadContactPolicy, loadOptOutSetting } from '../../../src/contact/setting.db.ts';
import { defaultContactPolicy } from '../../../src/contact/policy.rule.ts';
import { formOfPolicy } from '../../../src/contact/policy-form.page.ts';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';

let house: Console;

beforeAll(async () => {
  house = await openConsole();
});

const usual = formOfPolicy(defaultContactPolicy);

describe('the contact policy', () => {
  test('is there for everybody to read, in words', async () => {
    const { status, html } = await house.get('/policy', { as: house.people.agent });
    expect(status).toBe(200);
    expect(html).toMatch(
      /<th scope="row">营销<\/th>\s*<td[^>]*>\s*<span>—<\/span>\s*<\/td><td[^>]*>\s*<span>2<\/span>/,
    );
    expect(html).toContain('<span>09:00-18:00</span>');
    expect(html).toContain('按网关账号的时段');
    expect(html).toContain('营销短信 08:00–20:00');
    expect(html).not.toContain('name="cap-marketing-week"');
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('is changed by those who may change settings alone', async () => {
    for (const as of [house.people.operator, house.people.supervisor, house.people.auditor])
      expect((await house.post('/policy', usual, { as })).status).toBe(403);
    expect(await loadContactPolicy(house.pool)).toEqual(defaultContactPolicy);
  });

  test.each([
    ['a number that is none', { 'cap-marketing-week': 'many' }],
    ['a part of a contact', { 'cap-total-day': '1.5' }],
    ['less than none', { 'cap-service-day': '-1' }],
    ['hours that are none', { 'hours-care-call-working': '9 to 5' }],
    ['hours that end before they begin', { 'hours-care-call-rest': '18:00-09:00' }],
    ['reminders of repayments at night', { 'hours-repayment-call-working': '09:00-23:00' }],
    ['a fourth call about a repayment', { 'cap-repayment-callsADay': '4' }],
    ['a silence that never begins', { deadNumberDays: '0' }],
    ['a silence of no length', { deadNumberDays: '' }],
    ['a black list without end', { blacklistDays: '9999' }],
  ])('takes none with %s and keeps what was typed', async (_, change) => {
    const { status, html } = await house.post('/policy', { ...usual, ...change });
    expect(status).toBe(422);
    for (const [name, value] of Object.entries(change))
      expect(html).toMatch(new RegExp(`name="${name}" value="${value}"[^>]*aria-invalid="true"`));
    expect(html.match(/class="field-fault"/g)).toHaveLength(1);
    expect(faultsOfPage(html)).toEqual([]);
    expect(await loadContactPolicy(house.pool)).toEqual(defaultContactPolicy);
  });

  test('is changed at once and on record', async () => {
    const change = {
      'cap-marketing-month': '3',
      'cap-service-day': '',
      'hours-care-call-rest': '',
      'hours-care-sms-working': '9:00–17:30',
      'hours-care-sms-rest': '10:00-16:00',
      deadNumberDays: '30',
      blacklistDays: '365',
    };
    expect((await house.post('/policy', { ...usual, ...change })).location).toBe('/policy');
    const { caps, hours } = defaultContactPolicy;
    expect(await loadContactPolicy(house.pool)).toEqual({
      ...defaultContactPolicy,
      caps: { ...caps, marketing: { ...caps.marketing, month: 3 }, service: { ...caps.service, day: null } },
      hours: {
        ...hours,
        care: {
          ...hours.care,
          call: { working: ['09:00', '18:00'], rest: null },
          sms: { working: ['09:00', '17:30'], rest: ['10:00', '16:00'] },
        },
      },
      deadNumberDays: 30,
      blacklistDays: 365,
    });
    const { html } = await house.get('/policy', { language: 'en' });
    expect(html).toMatch(/name="cap-marketing-month" value="3"/);
    expect(html).toContain('/audit?object=setting:contact-policy');
    expect(faultsOfPage(html)).toEqual([]);
    const { rows } = await house.pool.query("select details from audit where action = 'contact-policy.set'");
    expect(rows).toHaveLength(1);
  });
});

test('an administrator changes the caps over the API, on record; a cap that is none is refused', async () => {
  const { administrator, auditor } = house.people;
  const onRecord = async (): Promise<number> => {
    const { body } = await house.call('GET', '/api/v1/audit?objectKind=setting&action=contact-policy.set', {
      as: auditor,
    });
    return (body['items'] as unknown[]).length;
  };
  const before = await onRecord();
  const { caps } = defaultContactPolicy;
  const wanted = { ...defaultContactPolicy, caps: { ...caps, marketing: { ...caps.marketing, month: 1 } } };
  expect(await house.call('POST', '/api/v1/contact-policy', { as: administrator, body: wanted })).toMatchObject({
    status: 200,
    body: wanted,
  });
  expect((await house.call('GET', '/api/v1/contact-policy', { as: auditor })).body).toEqual(wanted);
  const bad = { ...wanted, total: { ...wanted.total, day: -1 } };
  expect((await house.call('POST', '/api/v1/contact-policy', { as: administrator, body: bad })).status).toBe(400);
  const unlawful = { ...wanted, caps: { ...caps, repayment: { ...caps.repayment, callsADay: 9 } } };
  expect(await house.call('POST', '/api/v1/contact-policy', { as: administrator, body: unlawful })).toMatchObject({
    status: 422,
    body: { code: 'policy.fields' },
  });
  expect(await onRecord()).toBe(before + 1);
});

test('what an opt-out silences is shown to everybody and changed on the page, with marketing and texts always in it', async () => {
  const agent = (await house.get('/policy', { as: house.people.agent })).html;
  expect(agent).toContain('客户回复退订后停发什么');
  expect(agent).toMatch(/value="marketing" checked disabled/);
  expect(agent).toMatch(/value="survey" checked>/);
  expect(agent).not.toMatch(/name="purposes" value="(?:service|repayment)"/);
  const form = { purposes: ['survey', 'care'], channels: 'call', secondNoDays: '60' };
  expect((await house.post('/policy/opt-out', form, { as: house.people.operator })).status).toBe(403);
  const wrong = await house.post('/policy/opt-out', { ...form, purposes: 'care', secondNoDays: '999' });
  expect(wrong.status).toBe(422);
  // On the page itself, once, with what was typed.
  expect(wrong.html).toMatch(/name="secondNoDays" value="999"[^>]*aria-invalid="true"/);
  expect(wrong.html).toMatch(/name="purposes" value="care"\s+checked/);
  expect(wrong.html.match(/请填 1 到 180 的整数天数。/g)).toHaveLength(2);
  const share = await house.post('/policy/left-out', { percent: '101' });
  expect(share.status).toBe(422);
  expect(share.html).toMatch(/name="percent" value="101"[^>]*aria-invalid="true"/);
  expect((await house.post('/policy/opt-out', form)).location).toBe('/policy');
  expect(await loadOptOutSetting(house.pool)).toEqual({
    purposes: ['marketing', 'survey', 'care'],
    channels: ['sms', 'call'],
    secondNoDays: 60,
  });
  const as = house.people.operator;
  expect((await house.call('GET', '/v1/opt-out-effect', { as })).body).toMatchObject({ secondNoDays: 60 });
  const body = { purposes: [], channels: [], secondNoDays: 90 };
  expect((await house.call('POST', '/v1/opt-out-effect', { as, body })).status).toBe(403);
  expect((await house.call('POST', '/v1/opt-out-effect', { body })).body).toEqual({
    purposes: ['marketing'],
    channels: ['sms'],
    secondNoDays: 90,
  });
  const { rows } = await house.pool.query(`select details from audit where action = 'opt-out-effect.set' order by seq`);
  expect(rows).toHaveLength(2);
});

test('data is kept for less time only once that was named and meant; what cannot be used is told first', async () => {
  const form = Object.fromEntries(Object.entries(usualRetention).map(([what, days]) => [what, String(days)]));
  const asked = await house.post('/retention', { ...form, receipts: '200', notices: '200' });
  expect(asked.status).toBe(422);
  expect(asked.html).toContain('回执：730 天 → 200 天');
  expect(asked.html).not.toContain('站内提醒：');
  expect(asked.html).toMatch(/name="receipts" value="200"/);
  expect(await loadRetention(house.pool)).toEqual(usualRetention);
  const wrong = await house.post('/retention', { ...form, receipts: '20', sure: 'yes' });
  expect(wrong.status).toBe(422);
  expect(wrong.html).not.toContain('name="sure"');
  expect((await house.post('/retention', { ...form, receipts: '200', sure: 'yes' })).location).toBe('/retention');
  expect((await loadRetention(house.pool)).receipts).toBe(200);
  // Longer, or as it is, needs no word.
  expect((await house.post('/retention', { ...form, receipts: '300' })).location).toBe('/retention');
});
