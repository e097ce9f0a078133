import { beforeAll, describe, expect, test } from 'vitest';
import { loadContactPolicy } from '../../../src/contact/setting.db.ts';
import { defaultContactPolicy } from '../../../src/contact/refusal.rule.ts';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';

let house: Console;

beforeAll(async () => {
  house = await openConsole();
});

const caps = {
  marketingMax: '1',
  marketingDays: '30',
  noticeMax: '3',
  noticeDays: '1',
  deadNumberDays: '30',
};

describe('the contact policy', () => {
  test('is there for everybody to read, in words', async () => {
    const { status, html } = await house.get('/policy', { as: house.people.agent });
    expect(status).toBe(200);
    expect(html).toContain('营销：同一位客户 7 天内最多联系 2 次');
    expect(html).toContain('通知：同一位客户 1 天内最多联系 10 次');
    expect(html).toContain('营销短信 08:00–20:00');
    expect(html).not.toContain('name="marketingMax"');
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('is changed by those who may change settings alone', async () => {
    for (const as of [house.people.operator, house.people.supervisor, house.people.auditor])
      expect((await house.post('/policy', caps, { as })).status).toBe(403);
    expect(await loadContactPolicy(house.pool)).toEqual(defaultContactPolicy);
  });

  test.each([
    ['a number that is none', { marketingMax: 'many' }],
    ['a part of a contact', { noticeMax: '1.5' }],
    ['less than none', { noticeMax: '-1' }],
    ['no days', { marketingDays: '0' }],
    ['more than a year', { noticeDays: '367' }],
    ['an empty field', { noticeDays: '' }],
    ['a silence that never begins', { deadNumberDays: '0' }],
  ])('takes no cap with %s and keeps what was typed', async (_, change) => {
    const form = { ...caps, ...change };
    const { status, html } = await house.post('/policy', form);
    expect(status).toBe(422);
    for (const [name, value] of Object.entries(form))
      expect(html).toMatch(new RegExp(`name="${name}" value="${value}"`));
    expect(html.match(/class="field-fault"/g)).toHaveLength(1);
    expect(faultsOfPage(html)).toEqual([]);
    expect(await loadContactPolicy(house.pool)).toEqual(defaultContactPolicy);
  });

  test('is changed at once and on record', async () => {
    expect((await house.post('/policy', caps)).location).toBe('/policy');
    expect(await loadContactPolicy(house.pool)).toEqual({
      marketing: { max: 1, days: 30 },
      notice: { max: 3, days: 1 },
      deadNumberDays: 30,
    });
    const { html } = await house.get('/policy', { language: 'en' });
    expect(html).toContain('at most 1 contact with one customer in 30 days');
    expect(html).toContain('/audit?object=setting:contact-policy');
    expect(faultsOfPage(html)).toEqual([]);
    const { rows } = await house.pool.query("select details from audit where action = 'contact-policy.set'");
    expect(rows).toHaveLength(1);
  });

  test('of nothing at all says that nothing is sent', async () => {
    await house.post('/policy', { ...caps, marketingMax: '0' });
    expect((await house.get('/policy')).html).toContain('当前不发送任何营销信息');
  });
});
