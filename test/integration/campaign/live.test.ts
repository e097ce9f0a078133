import { describe, expect, test } from 'vitest';
import { campaignStates, type CampaignState } from '../../../src/campaign/state.rule.ts';
import { putArchive } from '../../kit/archive-file.ts';
import { sealKey } from '../../kit/archive-keys.ts';
import { archiveParts, buildArchive } from '../../kit/archive.ts';
import { faultsOfPage, openConsole } from '../kit/page/kit.ts';
import { countNow, formFor, makeCampaign, times, type LedgerRow } from './page-kit.ts';

const noFile = async () => ({ there: false, seals: [], unreadable: 0 });
const house = await openConsole({
  seals: { key: sealKey, sealHead: async () => undefined, read: noFile, last: () => null },
});
const { pool, people, get, post } = house;
const { applicant, operator, liaison, auditor } = people;
const ago = (seconds: number): Date => new Date(Date.now() - seconds * 1_000);
const left = { claimedAt: ago(120), requestSeq: 1 };
const mixed: LedgerRow[] = [
  ...times(7, { ...left, state: 'delivered', bizId: 'b', code: 'DELIVERED', changedAt: ago(117) }),
  ...times(1, {
    ...left,
    state: 'failed',
    reason: 'undelivered',
    code: 'MOBILE_NOT_ON_SERVICE',
    bizId: 'b',
    changedAt: ago(80),
  }),
  ...times(1, {
    ...left,
    state: 'failed',
    reason: 'number-refused',
    code: 'isv.MOBILE_NUMBER_ILLEGAL',
    changedAt: ago(119),
  }),
  ...times(2, { state: 'suppressed', reason: 'capped', changedAt: ago(120) }),
  ...times(1, { ...left, state: 'accepted', bizId: 'b', code: 'OK', changedAt: ago(119) }),
  ...times(1, { ...left, state: 'unknown', code: 'client.timeout', changedAt: ago(100) }),
  ...times(1, { ...left, state: 'claimed', changedAt: ago(120) }),
  ...times(9, { state: 'pending' }),
];
async function sending(change: Partial<Parameters<typeof makeCampaign>[1]> = {}) {
  const made = await makeCampaign(pool, { applicantId: applicant.id, ledger: mixed, ...change });
  await countNow(pool, made.key);
  return made;
}
const stateOf = async (id: string): Promise<string> =>
  (await pool.query(`select state from campaign where id = $1`, [id])).rows[0].state as string;
const textOf = (html: string): string => html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
const actsIn = (html: string, number: string): string[] =>
  [...html.matchAll(new RegExp(`action="/campaigns/${number}/([\\w.]+)"`, 'g'))].map(([, act]) => act ?? '').toSorted();

const taken = async (id: string): Promise<string[]> =>
  (
    await pool.query(`select action from audit where object_kind = 'export' and object_id = $1 order by seq`, [id])
  ).rows.map(({ action }) => action as string);

describe('the page of a campaign', () => {
  test.each(campaignStates)('in state %s reads in both languages without a missing word', async (state) => {
    const before = ['draft', 'freezing'].includes(state);
    const begun = ['sending', 'paused', 'settling', 'completed', 'archived', 'cancelled', 'voided'].includes(state);
    const campaign = await makeCampaign(pool, {
      state,
      applicantId: applicant.id,
      ...(begun ? { ledger: mixed } : before ? {} : { size: 5 }),
      stateReason: { code: 'campaign.error-budget', answered: 60, refused: 30 },
    });
    if (begun) await countNow(pool, campaign.key);
    if (!before) await formFor(pool, campaign, applicant.id);
    for (const language of ['zh-CN', 'en'] as const) {
      const { status, html } = await get(`/campaigns/${campaign.number}`, { as: operator, language });
      expect({ status, faults: faultsOfPage(html) }).toEqual({ status: 200, faults: [] });
    }
  });

  test('splits the ledger into parts that sum to the list and to 100.00 %', async () => {
    const { number } = await sending();
    const { html } = await get(`/campaigns/${number}`, { as: operator });
    const shares = [...html.matchAll(/<span class="figure">([\d,]+)<\/span> <span class="secondary">([\d.]+)%/g)];
    expect(shares.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(mixed.length);
    expect(shares.reduce((sum, [, , share]) => sum + Math.round(Number(share) * 100), 0)).toBe(10_000);
    expect(html).toContain('收支平衡');
    const text = textOf(html);
    expect(text).toMatch(/等待回执 2 /);
    expect(text).toMatch(/提交结果不明 1 /);
  });

  test('turns the mark red and says the difference when the ledger does not account for everybody', async () => {
    const { number, key } = await sending();
    await pool.query(`delete from message where campaign_key = $1 and seq > 20`, [key]);
    await countNow(pool, key);
    const { html } = await get(`/campaigns/${number}`, { as: operator });
    expect(html).not.toContain('收支平衡');
    expect(html).toContain('台账不平：少了 3 人');
  });

  test('claims nobody to be pending on a list that ended unsigned, and everybody while its ledger is not opened', async () => {
    const rejected = await makeCampaign(pool, { state: 'rejected', applicantId: applicant.id, size: 5 });
    const shown = await get(`/campaigns/${rejected.number}`, { as: operator });
    expect(shown.html).toContain('没有向任何人发送。');
    expect(shown.html).not.toContain('class="ledger-parts"');
    const cancelled = await makeCampaign(pool, { state: 'cancelled', applicantId: applicant.id, size: 5 });
    await countNow(pool, cancelled.key);
    expect((await get(`/campaigns/${cancelled.number}`, { as: operator })).html).toContain('收支平衡');
  });

  test('says what each code means and what is done about it, in the language of the page', async () => {
    const { number } = await sending();
    const zh = textOf((await get(`/campaigns/${number}`, { as: operator })).html);
    expect(zh).toMatch(/MOBILE_NOT_ON_SERVICE 号码停机 1 失败 计为失败，不自动重发/);
    expect(zh).toMatch(/client\.timeout 网关未在时限内应答 1 不明 结果不明：等待回执并查询/);
    const en = textOf((await get(`/campaigns/${number}`, { as: operator, language: 'en' })).html);
    expect(en).toMatch(
      /isv\.MOBILE_NUMBER_ILLEGAL Not a valid mobile number\. 1 Failed Suppressed as a dead number: no more SMS/,
    );
  });

  test('offers each person only what they may do there in that state', async () => {
    const offered: Partial<Record<CampaignState, [operator: string[], applicant: string[]]>> = {
      draft: [[], ['clone', 'ledger.csv', 'submit']],
      'awaiting-leader': [[], ['clone', 'ledger.csv', 'withdraw']],
      scheduled: [
        ['cancel', 'pause'],
        ['clone', 'ledger.csv', 'withdraw'],
      ],
      sending: [
        ['cancel', 'pause'],
        ['clone', 'ledger.csv'],
      ],
      paused: [
        ['cancel', 'resume'],
        ['clone', 'ledger.csv'],
      ],
      archived: [[], ['clone', 'ledger.csv']],
    };
    for (const [state, [byOperator, byApplicant]] of Object.entries(offered)) {
      const { number } = await makeCampaign(pool, {
        state: state as CampaignState,
        applicantId: applicant.id,
        size: 3,
      });
      expect(actsIn((await get(`/campaigns/${number}`, { as: operator })).html, number)).toEqual(byOperator);
      expect(actsIn((await get(`/campaigns/${number}`, { as: applicant })).html, number)).toEqual(byApplicant);
      const stops = state === 'scheduled' || state === 'sending' ? ['pause'] : [];
      expect(actsIn((await get(`/campaigns/${number}`, { as: liaison })).html, number)).toEqual(stops);
    }
  });

  test('of another unit is as if it were not there, whatever is done with it', async () => {
    const local = await house.hire(['operator', 'auditor']);
    await pool.query(`update staff_role set unit = '别处' where staff_id = $1`, [local.id]);
    const { number, id } = await sending();
    for (const path of ['', '/ledger', '/people/1', '/events'])
      expect((await get(`/campaigns/${number}${path}`, { as: local })).status).toBe(404);
    for (const act of ['pause', 'cancel', 'ledger.csv', 'archive.json', 'verify', 'explain'])
      expect(
        (await post(`/campaigns/${number}/${act}`, { reason: 'x', phone: '13900000001' }, { as: local })).status,
      ).toBe(404);
    expect(await stateOf(id)).toBe('sending');
  });

  test('that is not there is a page that says so', async () => {
    expect((await get('/campaigns/WH-20200101-0001', { as: operator })).status).toBe(404);
    expect((await get('/campaigns/nonsense', { as: operator })).status).toBe(400);
  });
});

describe('pausing, resuming and cancelling', () => {
  test.each([
    ['  ', '—'],
    ['出错了\u202E\u0000', '出错了'],
    ['错'.repeat(3_000), '错'.repeat(500)],
  ])('a pause is never refused for its reason (%#)', async (reason, kept) => {
    const { number, id } = await sending();
    const answer = await post(`/campaigns/${number}/pause`, { reason }, { as: operator });
    expect(answer).toMatchObject({ status: 303, location: `/campaigns/${number}` });
    expect(await stateOf(id)).toBe('paused');
    const { rows } = await pool.query('select state_reason as reason from campaign where id = $1', [id]);
    expect(rows).toMatchObject([{ reason: { reason: kept } }]);
  });

  test('a pause names the calls in flight, masked, on the page it leads to', async () => {
    const { number, id } = await sending();
    const answer = await post(`/campaigns/${number}/pause`, { reason: '核对名单' }, { as: operator });
    expect(answer).toMatchObject({ status: 303, location: `/campaigns/${number}` });
    expect(await stateOf(id)).toBe('paused');
    const flash = /waihu-flash=([^;]+)/.exec(String(answer.headers['set-cookie']))?.[1] ?? '';
    const { html } = await get(`/campaigns/${number}`, { as: operator, headers: { cookie: `waihu-flash=${flash}` } });
    expect(textOf(html)).toContain('已暂停。正在提交 1 条：#14 139****0014；1 条等待回执。');
    expect(textOf(html)).toContain('停止时有 1 条短信正在提交');
    expect(html).toContain('核对名单');
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('a second pause changes nothing and says where the campaign stands', async () => {
    const { number, id } = await sending();
    await post(`/campaigns/${number}/pause`, { reason: '一' }, { as: operator });
    const again = await post(`/campaigns/${number}/pause`, { reason: '二' }, { as: operator });
    expect(again.status).toBe(422);
    const { rows } = await pool.query(
      `select count(*)::int as n from audit where object_id = $1 and action = 'campaign.pause'`,
      [id],
    );
    expect(rows[0]).toEqual({ n: 1 });
    expect(again.html).toContain('已暂停');
  });

  test('cancelling takes the name of the campaign, typed, on the server too', async () => {
    const { number, id } = await sending({ name: '国庆分期券' });
    for (const typed of ['', '国庆', number, '国庆分期券！'])
      expect((await post(`/campaigns/${number}/cancel`, { reason: '停', typed }, { as: operator })).status).toBe(422);
    const wrong = await post(`/campaigns/${number}/cancel`, { reason: '原因要保留', typed: 'x' }, { as: operator });
    expect(wrong.html).toContain('>原因要保留</textarea>');
    expect(await stateOf(id)).toBe('sending');
    expect(
      (await post(`/campaigns/${number}/cancel`, { reason: '停', typed: '国庆分期券' }, { as: operator })).status,
    ).toBe(303);
    expect(await stateOf(id)).toBe('cancelled');
  });

  test('are not for an applicant, and withdrawing is for the applicant of that campaign alone', async () => {
    const other = await house.hire(['applicant']);
    const running = await sending();
    expect((await post(`/campaigns/${running.number}/pause`, { reason: 'x' }, { as: applicant })).status).toBe(403);
    const waiting = await makeCampaign(pool, { state: 'awaiting-liaison', applicantId: applicant.id, size: 3 });
    expect((await post(`/campaigns/${waiting.number}/withdraw`, { reason: 'x' }, { as: other })).status).toBe(403);
    expect(await stateOf(waiting.id)).toBe('awaiting-liaison');
    expect((await post(`/campaigns/${waiting.number}/withdraw`, { reason: '改文案' }, { as: applicant })).status).toBe(
      303,
    );
    expect(await stateOf(waiting.id)).toBe('withdrawn');
  });

  test('resuming goes on where it stood', async () => {
    const { number, id } = await sending({ state: 'paused' });
    expect((await post(`/campaigns/${number}/resume`, {}, { as: operator })).status).toBe(303);
    expect(await stateOf(id)).toBe('sending');
  });
});

describe('what leaves the house', () => {
  test('is the ledger with masked numbers and words, put on record', async () => {
    const { number, id } = await sending();
    const { status, html, headers } = await post(`/campaigns/${number}/ledger.csv`, {}, { as: auditor });
    expect(status).toBe(200);
    expect(headers['content-disposition']).toContain(`${number}-ledger.csv`);
    expect(html.trim().split('\r\n')).toHaveLength(mixed.length + 1);
    expect(html).toContain('139****0001,,送达,delivered');
    expect(html).not.toMatch(/139\d{8}/);
    expect(await taken(id)).toEqual(['ledger.export']);
    expect((await post(`/campaigns/${number}/ledger.csv`, {}, { as: operator })).status).toBe(403);
  });

  test('is no archive before there is one', async () => {
    const { number, id } = await sending();
    expect((await post(`/campaigns/${number}/archive.json`, {}, { as: auditor })).status).toBe(404);
    expect((await post(`/campaigns/${number}/verify`, {}, { as: operator })).status).toBe(404);
    expect(await taken(id)).toEqual([]);
  });
});

describe('verifying an archive on its page', () => {
  test('shows each check of the offline verifier in the language of the page, and does not hold for one changed byte', async () => {
    const { number, id } = await sending({ state: 'archived' });
    const good = buildArchive(archiveParts(), sealKey);
    const bad = Buffer.from(Buffer.from(good).toString('utf8').replace('王', '李').replace('"size":5', '"size":6'));
    const store = (body: Uint8Array) => putArchive(pool, id, body);
    await store(good);
    const holds = await post(`/campaigns/${number}/verify`, {}, { as: operator });
    expect({ status: holds.status, faults: faultsOfPage(holds.html) }).toEqual({ status: 200, faults: [] });
    expect(holds.html).toContain('验证通过');
    expect(holds.html).toContain('两份签字验证通过。');
    expect(holds.html).toContain('封签密钥与指定的一致。');
    expect(holds.html).not.toContain('未比对');
    await store(bad);
    const broken = await post(`/campaigns/${number}/verify`, {}, { as: operator, language: 'en' });
    expect(broken.html).toContain('Does not hold');
    expect(broken.html).toContain('it was changed');
    const download = await post(`/campaigns/${number}/archive.json`, {}, { as: auditor });
    expect(download.html).toBe(bad.toString('utf8'));
  });
});
