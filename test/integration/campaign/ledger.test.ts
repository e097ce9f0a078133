import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { faultsOfPage, openConsole } from '../kit/page/kit.ts';
import { countNow, makeCampaign, times, type LedgerRow } from './page-kit.ts';
import { silence } from '../../kit/suppression.ts';

const house = await openConsole();
const { pool, people, get, post } = house;
const { applicant, operator, liaison, auditor } = people;
const day = 86_400_000;
const ago = (ms: number): Date => new Date(Date.now() - ms);
const peopleIn = (html: string): number[] => [...html.matchAll(/data-person="(\d+)"/g)].map(([, seq]) => Number(seq));
const textOf = (html: string): string => html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
const left = { claimedAt: ago(120_000), requestSeq: 1 };
const ledger: LedgerRow[] = [
  ...times(60, { ...left, state: 'delivered', bizId: 'b', code: 'DELIVERED', changedAt: ago(100_000) }),
  ...times(3, {
    ...left,
    state: 'failed',
    reason: 'undelivered',
    code: 'IS_CLOSE',
    bizId: 'b',
    changedAt: ago(100_000),
  }),
  ...times(2, {
    ...left,
    state: 'failed',
    reason: 'number-refused',
    code: 'isv.MOBILE_NUMBER_ILLEGAL',
    changedAt: ago(100_000),
  }),
  ...times(5, { state: 'suppressed', reason: 'capped', changedAt: ago(100_000) }),
  ...times(2, { ...left, state: 'unknown', code: 'worker.lost', changedAt: ago(100_000) }),
  ...times(8, { state: 'pending' }),
];
const excluded = [
  { phone: '+8613700000001', reason: 'dnc' },
  { phone: '+8613700000002', reason: 'variable.missing' },
];
async function sending(change: Partial<Parameters<typeof makeCampaign>[1]> = {}) {
  const made = await makeCampaign(pool, { applicantId: applicant.id, ledger, kind: 'marketing', excluded, ...change });
  if (change.opened !== false) await countNow(pool, made.key);
  return made;
}
const seqOf = (state: string): number => ledger.findIndex((row) => row.state === state) + 1;

describe('the people of a campaign', () => {
  test('come in pages in order of the list, everybody once, numbers masked', async () => {
    const { number } = await sending();
    const seen: number[] = [];
    let path: string | null = `/campaigns/${number}/ledger`;
    for (let page = 0; path && page < 5; page += 1) {
      const { html, status }: { html: string; status: number } = await get(path, { as: liaison });
      expect({ status, faults: faultsOfPage(html) }).toEqual({ status: 200, faults: [] });
      expect(html).not.toMatch(/139\d{8}/);
      seen.push(...peopleIn(html));
      path = /rel="next" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=') ?? null;
    }
    expect(seen).toEqual(ledger.map((_, index) => index + 1));
  });

  test.each([
    ['part=failed', 5],
    ['part=failed&reason=undelivered', 3],
    ['part=suppressed&reason=capped', 5],
    ['part=suppressed&reason=dnc', 0],
    ['part=unknown', 2],
    ['part=expired', 0],
    ['text=0071', 1],
    ['text=0071&part=delivered', 0],
    ['text=9999', 0],
  ])('behind %s are %i', async (query, count) => {
    const { number } = await sending();
    const { html } = await get(`/campaigns/${number}/ledger?${query}`, { as: operator });
    expect(peopleIn(html)).toHaveLength(count);
  });

  test('are found by the house’s own number of the customer', async () => {
    const { number } = await sending();
    await pool.query(
      `insert into customer (id, external_id, phone) values ($1, 'KH-778899', '+8613900000042') on conflict do nothing`,
      [randomUUIDv7()],
    );
    expect(peopleIn((await get(`/campaigns/${number}/ledger?text=KH-778899`, { as: operator })).html)).toEqual([42]);
    expect(peopleIn((await get(`/campaigns/${number}/ledger?text=KH-1`, { as: operator })).html)).toEqual([]);
  });

  test('are never looked for by a whole number in the address, which is not shown again either', async () => {
    const { number } = await sending();
    for (const typed of ['13900000042', '139 0000 0042', '+86139-0000-0042']) {
      const led = await get(`/campaigns/${number}/ledger?text=${encodeURIComponent(typed)}`, { as: operator });
      expect(led).toMatchObject({ status: 303, location: `/campaigns/${number}/ledger?refused=whole-number` });
      expect((await get(led.location ?? '', { as: operator })).html).toContain('role="alert"');
    }
  });

  test('before the first is sent are all pending; whoever was left out stands apart with the reason', async () => {
    const { number } = await sending({ opened: false, state: 'scheduled' });
    const { html } = await get(`/campaigns/${number}/ledger?part=pending`, { as: operator });
    expect(peopleIn(html)).toHaveLength(50);
    const out = await get(`/campaigns/${number}/ledger?part=excluded`, { as: operator });
    expect(textOf(out.html)).toContain('137****0001 在免打扰名单中');
    expect(faultsOfPage(out.html)).toEqual([]);
    expect(
      textOf((await get(`/campaigns/${number}/ledger?part=excluded&reason=variable.missing`, { as: operator })).html),
    ).not.toContain('137****0001');
  });

  test('lead to their explanation only for those who may explain', async () => {
    const { number } = await sending();
    expect((await get(`/campaigns/${number}/ledger`, { as: operator })).html).toContain(
      `/campaigns/${number}/people/1"`,
    );
    expect((await get(`/campaigns/${number}/ledger`, { as: liaison })).html).not.toContain(`/people/1"`);
    expect((await get(`/campaigns/${number}/people/1`, { as: liaison })).status).toBe(403);
    expect((await get(`/campaigns/${number}/people/1`, { as: auditor })).status).toBe(200);
  });
});

describe('why a person was contacted or not', () => {
  test.each([
    ['delivered', '已送达。', '第 1 次提交网关'],
    ['failed', '未送达：未送达', 'IS_CLOSE · 短信通道被关停'],
    ['suppressed', '未发送：已达频次上限', '联系频次'],
    ['unknown', '提交结果不明', '提交时系统中断'],
    ['pending', '尚未发送，等待轮到。', '没有向此人提交过短信'],
  ])('for %s: says %s', async (state, verdict, further) => {
    const { number } = await sending();
    for (const language of ['en', 'zh-CN'] as const) {
      const { status, html } = await get(`/campaigns/${number}/people/${seqOf(state)}?now=1`, {
        as: operator,
        language,
      });
      expect({ status, faults: faultsOfPage(html) }).toEqual({ status: 200, faults: [] });
      if (language === 'en') continue;
      expect(textOf(html)).toContain(verdict);
      expect(textOf(html)).toContain(further);
    }
  });

  test('shows the touches that filled the cap and when the person is free again, without names of other units', async () => {
    const seq = seqOf('suppressed');
    const phone = `+86139${String(seq).padStart(8, '0')}`;
    const { number } = await sending();
    const open = await makeCampaign(pool, { name: '中秋积分兑换提醒', applicantId: applicant.id });
    const secret = await makeCampaign(pool, { name: '别组的活动', unit: '别组', applicantId: applicant.id });
    const decided = Date.now() - 100_000;
    const touch = (key: number, at: Date) =>
      pool.query(
        `insert into contact (phone, channel, purpose, at, campaign_key, seq) values ($1, 'sms', 'marketing', $2, $3, 1)`,
        [phone, at, key],
      );
    await touch(open.key, new Date(decided - 6 * day));
    await touch(secret.key, new Date(decided - 3 * day));
    await touch(open.key, new Date(decided + 50_000));
    const local = await house.hire(['operator']);
    await pool.query(`update staff_role set unit = '外呼组' where staff_id = $1`, [local.id]);
    const text = textOf((await get(`/campaigns/${number}/people/${seq}`, { as: local })).html);
    expect(text).toContain('近 7 天营销联系 2 次，上限 2 次');
    expect(text).toContain('中秋积分兑换提醒');
    expect(text).not.toContain('别组的活动');
    expect(text).toContain('其他单位的活动');
    const free = new Date(decided + day + 8 * 3_600_000).toISOString();
    expect(text).toContain(`最早 ${free.slice(5, 10)} ${free.slice(11, 16)} 可再收营销短信`);
  });

  test('keeps the stored decision when the record has changed since, and shows both side by side', async () => {
    const seq = seqOf('delivered') + 7;
    const { number } = await sending();
    await silence(pool, { phone: `+86139${String(seq).padStart(8, '0')}`, source: 'reply' });
    const then = textOf((await get(`/campaigns/${number}/people/${seq}`, { as: operator })).html);
    expect(then).toContain('已送达。');
    expect(then).toMatch(/退订 没有记录 通过/);
    const now = textOf((await get(`/campaigns/${number}/people/${seq}?now=1`, { as: operator })).html);
    expect(now).toContain('现在也不能发：已退订');
    expect(now).toContain('与当时的判定不同');
    expect(now).toMatch(/退订 没有记录 通过/);
  });

  test('names the file that a consent came from, with its day, and no id', async () => {
    const seq = seqOf('delivered');
    const { number, audienceId } = await sending();
    const [customer, file] = [randomUUIDv7(), randomUUIDv7()];
    await pool.query(
      `insert into import (id, kind, file_name, state, created_by, created_at, finished_at)
       values ($1, 'customers', '客户500.csv', 'accepted', $2, '2026-11-27T01:00:00Z', '2026-11-27T01:05:00Z')`,
      [file, applicant.id],
    );
    await pool.query('insert into customer (id, phone) values ($1, $2)', [customer, '+8613977000001']);
    await pool.query(
      `insert into consent (customer_id, purpose, granted, source, changed_at) values ($1, 'marketing', true, $2, $3)`,
      [customer, `import:${file}`, ago(30 * day)],
    );
    await pool.query('update audience_member set customer_id = $1 where audience_id = $2 and seq = $3', [
      customer,
      audienceId,
      seq,
    ]);
    const { html } = await get(`/campaigns/${number}/people/${seq}`, { as: operator });
    expect(textOf(html)).toContain('来源：客户500.csv（11-27 导入）');
    expect(html).not.toContain(file);
    const card = await get(`/customers/${customer}`, { as: operator });
    expect(textOf(card.html)).toContain('客户500.csv（11-27 导入）');
  });

  test('is a drawer without a frame of its own for a page that asks for one', async () => {
    const { number } = await sending();
    const { html } = await get(`/campaigns/${number}/people/3`, { as: operator, htmx: true });
    expect(html).not.toContain('<html');
    expect(html).toContain('id="explain-title"');
  });

  test('is told for a typed number, which stays out of addresses, pages and logs', async () => {
    const { number } = await sending();
    const found = await post(`/campaigns/${number}/explain`, { phone: '139 0000 0042' }, { as: operator });
    expect(found).toMatchObject({ status: 303, location: `/campaigns/${number}/people/42` });
    const out = await post(`/campaigns/${number}/explain`, { phone: '13700000001' }, { as: operator });
    expect(textOf(out.html)).toContain('冻结名单时被剔除： 在免打扰名单中');
    const nobody = await post(`/campaigns/${number}/explain`, { phone: '13600000009' }, { as: operator });
    expect(textOf(nobody.html)).toContain('不在本活动的候选名单中');
    const wrong = await post(`/campaigns/${number}/explain`, { phone: '010-12345678901' }, { as: operator });
    expect(wrong.status).toBe(422);
    for (const { html } of [out, nobody, wrong]) expect(html).not.toMatch(/12345678901|1[37]\d0000000\d/);
    expect(house.log()).not.toMatch(/1[379]\d{1}00000\d{3}|13700000001|12345678901/);
  });

  test('is missing for a place that nobody has', async () => {
    const { number } = await sending();
    expect((await get(`/campaigns/${number}/people/${ledger.length + 1}`, { as: operator })).status).toBe(404);
    expect((await get(`/campaigns/${number}/people/0`, { as: operator })).status).toBe(400);
  });
});
