import { describe, expect, test } from 'vitest';
import { campaignStates } from '../../../src/campaign/state.rule.ts';
import { chinaDateAt, chinaInstant } from '../../../src/kernel/working-day.rule.ts';
import { faultsOfPage, openConsole } from '../kit/page/kit.ts';
import { countNow, formFor, makeCampaign, times } from './page-kit.ts';
import { storeCalendar } from '../../../src/kernel/calendar.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';

const house = await openConsole();
const { pool, people, get } = house;
const { applicant, liaison, leader, operator } = people;
const ago = (seconds: number): Date => new Date(Date.now() - seconds * 1_000);
const numbersIn = (html: string): string[] =>
  [...html.matchAll(/data-row="([^"]+)"/g)].map(([, number]) => number ?? '');
const rowOf = (html: string, number: string): string =>
  html.slice(html.indexOf(`data-row="${number}"`)).split('</tr>')[0] ?? '';
const tabCount = (html: string, label: string): number =>
  Number(new RegExp(`>${label} <(?:small|span class="count-badge")>([\\d,]+)<`).exec(html)?.[1]?.replaceAll(',', ''));

const find = async (text: string) =>
  numbersIn((await get(`/campaigns?text=${encodeURIComponent(text)}`, { as: operator })).html);
const having = async (query: string) => numbersIn((await get(`/campaigns?${query}`, { as: operator })).html);
const judged = (state: 'delivered' | 'failed', at: Date) => ({
  state,
  ...(state === 'failed' && { reason: 'undelivered' }),
  bizId: 'b',
  code: 'X',
  claimedAt: at,
  changedAt: at,
  requestSeq: 1,
});

describe('the list of campaigns', () => {
  test('shows every state in both languages without a missing word or inline code', async () => {
    for (const state of campaignStates)
      await makeCampaign(pool, { name: `状态 ${state}`, state, applicantId: applicant.id, size: 7, opened: false });
    for (const language of ['zh-CN', 'en'] as const) {
      const { status, html } = await get('/campaigns', { as: operator, language });
      expect({ status, faults: faultsOfPage(html) }).toEqual({ status: 200, faults: [] });
      expect(numbersIn(html)).toHaveLength(campaignStates.length);
    }
  });

  test('is not for people who may not read campaigns, nor for nobody', async () => {
    expect((await get('/campaigns', { as: people.agent })).status).toBe(403);
    expect(await get('/campaigns', { as: null })).toMatchObject({
      status: 303,
      location: expect.stringMatching(/^\/sign-in/),
    });
  });

  test('counts what waits for the person who looks, and for no other', async () => {
    const own = await house.hire(['applicant', 'liaison']);
    const { html: before } = await get('/campaigns?tab=mine', { as: liaison });
    const waiting = await makeCampaign(pool, { state: 'awaiting-liaison', applicantId: applicant.id, size: 3 });
    await makeCampaign(pool, { state: 'awaiting-liaison', applicantId: own.id, size: 3 });
    const { html } = await get('/campaigns?tab=mine', { as: liaison });
    expect(tabCount(html, '待我处理')).toBe(tabCount(before, '待我处理') + 2);
    expect(numbersIn(html)).toContain(waiting.number);
    expect(rowOf(html, waiting.number)).toContain(`href="/sign-off/${waiting.number}"`);

    const mine = numbersIn((await get('/campaigns?tab=mine', { as: own })).html);
    expect(mine).toContain(waiting.number);
    expect(mine).not.toContain(
      `${waiting.number.slice(0, -4)}${String(Number(waiting.number.slice(-4)) + 1).padStart(4, '0')}`,
    );
    expect(numbersIn((await get('/campaigns?tab=mine', { as: leader })).html)).not.toContain(waiting.number);
  });

  test('asks nobody to sign twice: who signed as liaison officer does not owe the leader’s signature', async () => {
    const both = await house.hire(['liaison', 'leader']);
    const campaign = await makeCampaign(pool, { state: 'awaiting-leader', applicantId: applicant.id, size: 3 });
    const form = await formFor(pool, campaign, applicant.id, ago(7_200));
    expect(numbersIn((await get('/campaigns?tab=mine', { as: both })).html)).toContain(campaign.number);
    await pool.query(
      `insert into credential (id, staff_id, kind, label, public_key, fingerprint) values (gen_random_uuid(), $1, 'ed25519', 'x', '\\x00', 'list-test')`,
      [both.id],
    );
    await pool.query(
      `insert into signature (id, form_id, applicant_id, role, staff_id, credential_id, digest, evidence, signed_at)
       select gen_random_uuid(), $1, $2, 'liaison', $3, id, 'd', '{}', now() from credential where fingerprint = 'list-test'`,
      [form, applicant.id, both.id],
    );
    expect(numbersIn((await get('/campaigns?tab=mine', { as: both })).html)).not.toContain(campaign.number);
    expect(numbersIn((await get('/campaigns?tab=mine', { as: leader })).html)).toContain(campaign.number);
  });

  test('names who owes the signature that is missing', async () => {
    const campaign = await makeCampaign(pool, { state: 'awaiting-leader', applicantId: applicant.id, size: 3 });
    await formFor(pool, campaign, applicant.id, ago(6_120));
    const row = rowOf((await get('/campaigns?tab=signing', { as: operator })).html, campaign.number);
    expect(row).toContain('Person leader');
    expect(row).toContain('已等 1 小时 42 分');
  });

  test('says of a signed campaign whether it starts later, waits for its hours or is about to begin', async () => {
    await transaction(pool, (tx) => storeCalendar(tx, calendarCn, 'test'));
    const make = () => makeCampaign(pool, { state: 'scheduled', applicantId: applicant.id, size: 3 });
    const [later, closed, open] = [await make(), await make(), await make()];
    await pool.query(`update campaign set starts_at = now() + interval '2 hours' where id = $1`, [later.id]);
    await pool.query(`update campaign set days = 'every-day', daily_from = $2, daily_to = $3 where id = $1`, [
      closed.id,
      ...hoursElsewhere(),
    ]);
    await pool.query(`update campaign set daily_from = '00:00', daily_to = '24:00' where id = any($1)`, [
      [later.id, open.id],
    ]);
    const { html } = await get('/campaigns?tab=scheduled', { as: operator });
    expect(rowOf(html, later.number)).toContain('后开始');
    expect(rowOf(html, closed.number)).toContain('等待发送时段');
    expect(rowOf(html, open.number)).toContain('已在发送窗口内，即将开始');
    expect((await get(`/campaigns/${open.number}`, { as: operator })).html).toContain('已在发送窗口内，即将开始');
    expect((await get(`/campaigns/${later.number}`, { as: operator })).html).toContain('起按窗口自动开始');
  });

  test('pages through campaigns that moved at the same moment without losing or repeating one', async () => {
    const unit = '分页组';
    for (let each = 0; each < 45; each += 1)
      await makeCampaign(pool, { unit, state: 'scheduled', applicantId: applicant.id });
    await pool.query(
      `update campaign set created_at = '2026-01-01', submitted_at = '2026-09-29T06:32:08.123456Z' where unit = $1`,
      [unit],
    );
    const seen: string[] = [];
    let path: string | null = `/campaigns?unit=${encodeURIComponent(unit)}`;
    for (let page = 0; path && page < 5; page += 1) {
      const { html }: { html: string } = await get(path, { as: operator });
      seen.push(...numbersIn(html));
      path = /rel="next" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=') ?? null;
    }
    expect(seen).toHaveLength(45);
    expect(new Set(seen).size).toBe(45);
  });

  test('finds by part of a name or number, and takes % and _ as they are', async () => {
    const campaign = await makeCampaign(pool, { name: '满减 100% 券', applicantId: applicant.id });
    expect(await find('100%')).toEqual([campaign.number]);
    expect(await find('100_')).toEqual([]);
    expect(await find(campaign.number.slice(-9))).toContain(campaign.number);
  });

  test('filters by kind, owner and the days of sending', async () => {
    const campaign = await makeCampaign(pool, {
      kind: 'marketing',
      applicantId: operator.id,
      startsAt: chinaInstant('2025-03-03', '09:00'),
      endsAt: chinaInstant('2025-03-05', '18:00'),
    });
    expect(await having('from=2025-03-05&until=2025-03-05')).toEqual([campaign.number]);
    expect(await having('from=2025-03-06&until=2025-03-09')).toEqual([]);
    expect(await having('kind=marketing&until=2025-03-03')).toEqual([campaign.number]);
    expect(await having('kind=notice&until=2025-03-03')).toEqual([]);
    expect(await having(`owner=${operator.id}`)).toEqual([campaign.number]);
  });

  test('answers a query that makes no sense with a page that says so', async () => {
    for (const query of ['tab=nonsense', 'from=yesterday', 'after=1.2', 'owner=x'])
      expect((await get(`/campaigns?${query}`, { as: operator })).status).toBe(400);
  });

  test('shows people of one unit that unit’s campaigns only, as rows and as refreshed rows', async () => {
    const local = await house.hire(['operator']);
    await pool.query(`update staff_role set unit = '华东组' where staff_id = $1`, [local.id]);
    const seen = await makeCampaign(pool, { unit: '华东组', applicantId: applicant.id });
    const hidden = await makeCampaign(pool, { unit: '华南组', applicantId: applicant.id });
    expect(numbersIn((await get('/campaigns', { as: local })).html)).toEqual([seen.number]);
    const rows = await get(`/campaigns/rows?numbers=${seen.number},${hidden.number},nonsense`, {
      as: local,
      htmx: true,
    });
    expect(numbersIn(rows.html)).toEqual([seen.number]);
    expect(faultsOfPage(rows.html)).toEqual([]);
  });

  test('leads with drafts of the wizard where the person may go on with them', async () => {
    const writer = await house.hire(['applicant']);
    await pool.query(
      `insert into campaign_draft (id, owner_id, unit, name, step, body, saved_by, saved_tab) values (gen_random_uuid(), $1, 'Test', '半成品活动', 'text', '{}', $1, 'tab')`,
      [writer.id],
    );
    const { html } = await get('/campaigns?tab=draft', { as: writer });
    expect(html).toContain('半成品活动');
    expect(html).toMatch(/href="\/drafts\/[0-9a-f-]{36}\/text"/);
    expect((await get('/campaigns?tab=draft', { as: operator })).html).not.toContain('半成品活动');
  });
});

describe('the figures above the list', () => {
  test('are of today by Beijing’s midnight, and compare with yesterday', async () => {
    const local = await house.hire(['operator']);
    await pool.query(`update staff_role set unit = '数字组' where staff_id = $1`, [local.id]);
    const midnight = chinaInstant(chinaDateAt(new Date()), '00:00').getTime();
    const today = new Date(midnight + 1_000);
    const yesterday = new Date(midnight - 1_000);
    const { key } = await makeCampaign(pool, {
      unit: '数字组',
      applicantId: applicant.id,
      ledger: [
        ...times(3, judged('delivered', today)),
        ...times(1, judged('failed', today)),
        ...times(1, judged('delivered', yesterday)),
        ...times(1, judged('failed', yesterday)),
        ...times(4, { state: 'pending' }),
      ],
    });
    await countNow(pool, key);
    const { html } = await get('/campaigns', { as: local });
    const figures = html
      .slice(html.indexOf('id="campaign-figures"'), html.indexOf('class="tabs"'))
      .replaceAll(/<[^>]+>|\s+/g, ' ');
    expect(figures).toMatch(/今日已提交短信\s+4\s/);
    expect(figures).toMatch(/75\.00%\s+昨日 50\.00%/);
    // Ten people at five fen each, four of whom went out today.
    expect(figures).toContain('¥0.20');
  });
});

/** Daily hours that do not hold now: the first half of the day or the second. */
function hoursElsewhere(): [from: string, to: string] {
  const morning = new Date(Date.now() + 8 * 3_600_000).getUTCHours() < 12;
  return morning ? ['13:00', '23:00'] : ['01:00', '11:00'];
}
