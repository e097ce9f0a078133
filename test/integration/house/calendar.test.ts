import { beforeAll, describe, expect, test } from 'vitest';
import { tellOfCalendarEnd } from '../../../src/house/calendar-ending.command.ts';
import { storeCalendar } from '../../../src/kernel/calendar.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';

let house: Console;

beforeAll(async () => {
  house = await openConsole();
});

const next = {
  version: 'cn-2027.1',
  source: '国务院办公厅通知',
  coveredFrom: '2026-01-01',
  coveredUntil: '2027-12-31',
  days: '2026-10-01 至 2026-10-07 休\n2026-10-10 班\n2027-01-01 休',
};
const active = async (): Promise<string> =>
  (await house.pool.query<{ version: string }>('select version from calendar where active')).rows[0]?.version ?? '';

describe('the calendar', () => {
  test('says when there is none', async () => {
    const { status, html } = await house.get('/calendar', { as: house.people.agent });
    expect(status).toBe(200);
    expect(html).toContain('还没有生效的工作日历');
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('shows a year of days off and make-up workdays to everybody', async () => {
    await transaction(house.pool, (tx) => storeCalendar(tx, calendarCn, 'Generated'));
    for (const language of ['zh-CN', 'en'] as const) {
      const { html } = await house.get('/calendar?year=2026', { as: house.people.leader, language });
      expect(html.match(/<table>/g)).toHaveLength(12);
      expect(html).toMatch(/<td class="holiday[^"]*">\s*<time datetime="2026-10-01">/);
      expect(html).toMatch(/<td class="workday[^"]*">\s*<time datetime="2026-10-10">/);
      expect(html).toMatch(/<td class="weekend[^"]*">\s*<time datetime="2026-10-11">/);
      expect(faultsOfPage(html)).toEqual([]);
    }
    const { html } = await house.get('/calendar?year=2026');
    expect(html).toContain('放假 33 天');
    expect(html).toContain('调休上班 6 天');
  });

  test('hatches a year it does not know', async () => {
    const { html } = await house.get('/calendar?year=2030');
    expect(html.match(/<td class="unknown/g)).toHaveLength(365);
  });

  test.each(['1066', 'next', '99999'])('takes no year like %s', async (year) => {
    expect((await house.get(`/calendar?year=${year}`)).status).toBe(400);
  });

  test('whom its end is told to, and when, is a setting of the house', async () => {
    const { people } = house;
    const set = (weeks: string, roles: string[], as = people.administrator) =>
      house.post('/calendar/notice', { weeks, roles }, { as });
    expect((await set('8', ['administrator'], people.auditor)).status).toBe(403);
    expect((await set('0', ['administrator'])).status).toBe(422);
    expect((await set('8', [])).status).toBe(422);
    expect((await set('8', ['auditor', 'administrator'])).status).toBe(303);
    const page = await house.get('/calendar');
    expect(faultsOfPage(page.html)).toEqual([]);
    expect(page.html).toMatch(/name="weeks" value="8"/);
    for (const role of ['administrator', 'auditor'])
      expect(page.html).toMatch(new RegExp(`name="roles" value="${role}" checked`));
    expect(page.html).not.toMatch(/name="roles" value="agent" checked/);
    expect((await house.get('/calendar', { as: people.auditor })).html).not.toContain('action="/calendar/notice"');
    const { rows } = await house.pool.query(
      `select details from audit where action = 'calendar.notice-set' order by seq`,
    );
    expect(rows).toEqual([{ details: { weeks: 8, roles: expect.arrayContaining(['auditor', 'administrator']) } }]);
    const before = await tellOfCalendarEnd(house.pool, new Date('2026-11-05T15:00:00Z'));
    expect(before.told).toBe(0);
    await tellOfCalendarEnd(house.pool, new Date('2026-11-05T16:00:00Z'));
    const told = await house.pool.query(
      `select distinct r.role from notice n join staff_role r using (staff_id) where n.kind = 'calendar-ending' order by 1`,
    );
    expect(told.rows).toEqual([{ role: 'administrator' }, { role: 'auditor' }]);
    // Whoever can import one sees it where they land.
    const landed = async (as: (typeof people)['agent']) => (await house.get('/campaigns', { as })).html;
    expect(await landed(people.administrator)).toContain('工作日历只覆盖到 2026-12-31');
    expect(await landed(people.operator)).not.toContain('工作日历只覆盖到');
    await house.pool.query(
      `delete from setting where key = 'calendar-notice'; delete from notice; delete from audit where action = 'calendar.ending'`,
    );
  });

  test('that ends in seven weeks is told to administrators, once, on record; once more when it has ended', async () => {
    const { pool, people } = house;
    const tell = async (at: string) => (await tellOfCalendarEnd(pool, new Date(at))).told;
    expect(await tell('2026-11-12T15:59:00Z')).toBe(0);
    const told = await tell('2026-11-12T16:00:00Z');
    expect(told).toBeGreaterThan(0);
    expect(await tell('2026-11-12T16:10:00Z')).toBe(0);
    expect(await tell('2026-12-31T15:59:00Z')).toBe(0);
    expect(await tellOfCalendarEnd(pool, new Date('2026-12-31T16:00:00Z'))).toEqual({ told, over: '2026-12-31' });
    expect(await tellOfCalendarEnd(pool, new Date('2027-01-01T16:00:00Z'))).toEqual({ told: 0, over: null });
    const { rows } = await pool.query(
      `select distinct r.role from notice n join staff_role r using (staff_id) where n.kind = 'calendar-ending'`,
    );
    expect(rows).toEqual([{ role: 'administrator' }]);
    const { rows: acts } = await pool.query(
      `select object_id, (details->>'days')::int as days from audit where action = 'calendar.ending' order by seq`,
    );
    expect(acts).toEqual([
      { object_id: calendarCn.version, days: 49 },
      { object_id: calendarCn.version, days: 0 },
    ]);
    for (const language of ['zh-CN', 'en'] as const) {
      const { html } = await house.get('/notices', { as: people.administrator, language });
      expect(html).toContain('2026-12-31');
      expect(faultsOfPage(html)).toEqual([]);
    }
  });

  test('is imported by an administrator alone', async () => {
    expect((await house.get('/calendar/import', { as: house.people.applicant })).status).toBe(403);
    expect(
      (await house.post('/calendar/import', { ...next, act: 'import' }, { as: house.people.operator })).status,
    ).toBe(403);
    expect(await active()).toBe(calendarCn.version);
  });

  test('begins an import with what is in force', async () => {
    const { html } = await house.get('/calendar/import');
    expect(html).toContain('2026-10-01 至 2026-10-07 休');
    expect(html).toContain('value="cn-2027.1"');
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('shows what would change and stores nothing before that is confirmed', async () => {
    const { status, html } = await house.post('/calendar/import', next);
    expect(status).toBe(200);
    expect(html).toContain('2027-01-01');
    expect(html).toContain('未覆盖');
    expect(html).toContain('国务院办公厅通知');
    expect(faultsOfPage(html)).toEqual([]);
    expect(await active()).toBe(calendarCn.version);
  });

  test.each([
    ['a day that is not there', { days: '2027-02-30 休' }],
    ['a line nobody can read', { days: '2027-01-01 休\n春节' }],
    ['a day outside what is covered', { days: '2028-01-01 休' }],
    ['a version of another form', { version: '../etc' }],
    ['a version that is stored', { version: calendarCn.version }],
    ['no source', { source: ' ' }],
    ['cover that ends before it begins', { coveredUntil: '2025-01-01', days: '' }],
    ['a date that is none', { coveredFrom: 'soon' }],
  ])('refuses %s and keeps what was typed', async (_, change) => {
    const form = { ...next, ...change };
    const { status, html } = await house.post('/calendar/import', form);
    expect(status).toBe(422);
    expect(html).toContain('role="alert"');
    if (form.days.includes('春节')) expect(html).toContain('第 2 行：该行无法识别');
    expect(html).toContain(form.days.split('\n')[0] ?? '');
    expect(faultsOfPage(html)).toEqual([]);
    expect((await house.post('/calendar/import', { ...form, act: 'import' })).status).toBe(422);
    expect(await active()).toBe(calendarCn.version);
  });

  test('comes into force when confirmed, once, on record', async () => {
    expect((await house.post('/calendar/import', { ...next, act: 'import' })).location).toBe('/calendar');
    expect(await active()).toBe('cn-2027.1');
    expect((await house.post('/calendar/import', { ...next, act: 'import' })).status).toBe(422);
    const { rows } = await house.pool.query("select object_id from audit where action = 'calendar.import'");
    expect(rows).toEqual([{ object_id: 'cn-2027.1' }]);
    expect((await house.get('/calendar')).html).toContain('/audit?object=calendar:cn-2027.1');
  });

  test('goes back to the form as it was typed', async () => {
    const { status, html } = await house.post('/calendar/import', { ...next, version: 'cn-2027.2', act: 'edit' });
    expect(status).toBe(200);
    expect(html).toContain('value="cn-2027.2"');
    expect(html).toContain('<textarea');
  });
});
