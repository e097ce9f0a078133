import { randomUUIDv7 } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { faultsOfPage, openConsole } from '../kit/page/kit.ts';
import { makeCampaign, times, type LedgerRow } from './page-kit.ts';
import { silence } from '../../kit/suppression.ts';

const house = await openConsole();
const { pool, people, get, post } = house;
const { applicant, operator, auditor } = people;
const sent = {
  claimedAt: new Date('2026-11-22T02:00:00Z'),
  requestSeq: 1,
  changedAt: new Date('2026-11-22T02:00:09Z'),
};
const ledger: LedgerRow[] = [
  ...times(4, { ...sent, state: 'delivered' }),
  ...times(6, { ...sent, state: 'failed', reason: 'undelivered', code: 'IS_CLOSE' }),
  ...times(3, { ...sent, state: 'failed', reason: 'number-dead', code: 'MOBILE_NOT_ON_SERVICE' }),
  ...times(2, { ...sent, state: 'unknown' }),
  { ...sent, state: 'accepted' },
  { state: 'expired' },
  { state: 'cancelled' },
  { state: 'suppressed', reason: 'capped' },
];
const phoneOf = (seq: number): string => `+86139${String(seq).padStart(8, '0')}`;

/** Everybody on the list is a customer, whom the list was frozen with. */
async function campaignWithCustomers(change: Partial<Parameters<typeof makeCampaign>[1]> = {}) {
  const made = await makeCampaign(pool, { applicantId: applicant.id, ledger, state: 'completed', ...change });
  await pool.query(
    `insert into customer (id, phone) select gen_random_uuid(), phone from audience_member where audience_id = $1 on conflict do nothing`,
    [made.audienceId],
  );
  await pool.query(
    `update audience_member m set customer_id = c.id from customer c where c.phone = m.phone and m.audience_id = $1`,
    [made.audienceId],
  );
  return made;
}
const membersOf = async (id: unknown): Promise<string[]> =>
  (
    await pool.query<{ phone: string }>('select phone from audience_member where audience_id = $1 order by seq', [id])
  ).rows.map(({ phone }) => phone);
const make = (number: string, body: object, as = applicant) =>
  house.call('POST', `/v1/campaigns/${number}/audience`, { as, body });
const seqs = (...list: number[]): string[] => list.map(phoneOf);

beforeEach(() => pool.query('truncate suppression, customer cascade'));

describe('a list made from the people of a campaign', () => {
  test.each([
    [{ outcomes: ['failed'] }, seqs(5, 6, 7, 8, 9, 10)],
    [{ outcomes: ['failed'], reasons: ['number-dead'] }, seqs(11, 12, 13)],
    [{ outcomes: ['unknown'], confirmUnknown: true }, seqs(14, 15, 16)],
    [{ outcomes: ['expired', 'cancelled'] }, seqs(17, 18)],
    [
      { outcomes: ['cancelled', 'failed', 'failed'], reasons: ['undelivered', 'number-dead'] },
      seqs(5, 6, 7, 8, 9, 10, 11, 12, 13, 18),
    ],
  ])('holds %o', async (wanted, phones) => {
    const { number, id: campaignId } = await campaignWithCustomers();
    const { status, body } = await make(number, { ...wanted, name: '再发一次' });
    expect([status, body['people']]).toEqual([201, phones.length]);
    expect(await membersOf(body['id'])).toEqual(phones);
    const { body: made } = await house.call('GET', `/v1/audiences/${String(body['id'])}`, { as: applicant });
    expect(made).toMatchObject({ name: '再发一次', state: 'open', size: phones.length, fromCampaign: campaignId });
  });

  test('leaves out, and counts, who was silenced since and whose number is not theirs any more', async () => {
    const { number } = await campaignWithCustomers();
    await silence(pool, { phone: phoneOf(5) });
    // Silent for marketing alone, and lifted again: neither keeps anybody from a notice.
    await silence(pool, { phone: phoneOf(6), reach: 'marketing' });
    await silence(pool, { phone: phoneOf(7), liftedAt: new Date() });
    await pool.query('delete from customer where phone = $1', [phoneOf(8)]);
    await pool.query('delete from customer where phone = $1', [phoneOf(9)]);
    await pool.query('insert into customer (id, phone) values ($1, $2)', [randomUUIDv7(), phoneOf(9)]);
    const before = await house.call('GET', `/v1/campaigns/${number}/audience`, { as: applicant });
    expect(before.body['items']).toContainEqual({
      outcome: 'failed',
      reason: 'undelivered',
      people: 6,
      usable: 3,
      leftOut: { reached: 0, 'taken-over': 1, gone: 1, suppressed: 1 },
      usual: true,
    });
    const { body } = await make(number, { outcomes: ['failed'] });
    expect(body).toMatchObject({ people: 3, leftOut: { reached: 0, 'taken-over': 1, gone: 1, suppressed: 1 } });
    expect(await membersOf(body['id'])).toEqual(seqs(6, 7, 10));
    const page = (await get(`/audiences/${String(body['id'])}`, { as: applicant })).html;
    for (const word of ['号码现属其他客户', '客户资料已无此号码', '已禁发', number, '用此名单新建活动'])
      expect(page).toContain(word);
  });

  test('leaves out whom a receipt says it reached, however late it came, and waits for those who were tried before', async () => {
    const { number, key } = await campaignWithCustomers();
    const receipt = (seq: number, delivered: boolean) =>
      pool.query(
        `insert into receipt (biz_id, phone, out_id, delivered, error_code, segments, matched) values ($1, $2, $3, $4, 'X', 1, true)`,
        [`late-${seq}`, phoneOf(seq), `wh-${key}-${seq}-1`, delivered],
      );
    for (const seq of [5, 14, 18]) await receipt(seq, true);
    await receipt(6, false);
    const { body } = await make(number, { outcomes: ['failed', 'unknown', 'cancelled'], confirmUnknown: true });
    expect(body['leftOut']).toEqual({ reached: 3, 'taken-over': 0, gone: 0, suppressed: 0 });
    expect(await membersOf(body['id'])).toEqual(seqs(6, 7, 8, 9, 10, 15, 16));

    const running = await campaignWithCustomers({ state: 'cancelled' });
    await pool.query(`update campaign set finished_at = null where key = $1`, [running.key]);
    await pool.query(`update message set attempt = 1 where campaign_key = $1 and seq = 18`, [running.key]);
    const open = await make(running.number, { outcomes: ['cancelled', 'expired'] });
    expect(await membersOf(open.body['id'])).toEqual(seqs(17));
  });

  test('of a marketing campaign leaves out who is silent for marketing', async () => {
    const { number } = await campaignWithCustomers({ kind: 'marketing' });
    await silence(pool, { phone: phoneOf(5), reach: 'marketing' });
    const { body } = await make(number, { outcomes: ['failed'] });
    expect(await membersOf(body['id'])).toEqual(seqs(6, 7, 8, 9, 10));
  });

  test('of people who are no customers takes only numbers that nobody has been recorded with since', async () => {
    const { number, audienceId } = await makeCampaign(pool, { applicantId: applicant.id, ledger, state: 'completed' });
    const { rows } = await pool.query('select frozen_from from audience where id = $1', [audienceId]);
    await pool.query(
      `insert into audience_member (audience_id, seq, phone, variables) values ($1, 1, $2, '{"金额":"88"}')`,
      [(rows[0] as { frozen_from: string }).frozen_from, phoneOf(6)],
    );
    await pool.query('insert into customer (id, phone) values ($1, $2)', [randomUUIDv7(), phoneOf(5)]);
    const { body } = await make(number, { outcomes: ['failed'] });
    expect(body['leftOut']).toEqual({ reached: 0, 'taken-over': 1, gone: 0, suppressed: 0 });
    const kept = await pool.query('select phone, variables from audience_member where audience_id = $1 order by seq', [
      body['id'],
    ]);
    expect(kept.rows.slice(0, 2)).toEqual([
      { phone: phoneOf(6), variables: { 金额: '88' } },
      { phone: phoneOf(7), variables: {} },
    ]);
  });

  test('takes the unknown only when nothing more is awaited and somebody has said that they may get a second text', async () => {
    const open = await campaignWithCustomers({ state: 'sending' });
    const asked = { outcomes: ['failed', 'unknown'], confirmUnknown: true };
    const early = await make(open.number, asked);
    expect([early.status, early.body['code']]).toEqual([409, 'people-list.unknown-open']);
    expect((await make(open.number, { outcomes: ['failed'] })).status).toBe(201);
    const over = await campaignWithCustomers();
    const unsaid = await make(over.number, { ...asked, confirmUnknown: false });
    expect([unsaid.status, unsaid.body['code']]).toEqual([422, 'people-list.unknown-unconfirmed']);
    expect((await make(over.number, asked)).body['people']).toBe(9);
  });

  test('is not made of nobody', async () => {
    const { number } = await campaignWithCustomers({ ledger: [{ ...sent, state: 'delivered' }] });
    const none = await make(number, { outcomes: ['failed', 'expired'] });
    expect([none.status, none.body['code']]).toEqual([409, 'people-list.empty']);
    const unfrozen = await makeCampaign(pool, { applicantId: applicant.id, state: 'draft' });
    expect((await make(unfrozen.number, { outcomes: ['failed'] })).body['code']).toBe('ledger.not-frozen');
  });

  test('is on record with how it was chosen', async () => {
    const { number, id } = await campaignWithCustomers();
    const { body } = await make(number, { outcomes: ['failed', 'expired'] });
    const { rows } = await pool.query(`select actor, action, object_id, details from audit order by seq desc limit 1`);
    expect(rows).toEqual([
      {
        actor: `staff:${applicant.id}`,
        action: 'audience.created-from-campaign',
        object_id: body['id'],
        details: {
          campaignId: id,
          number,
          outcomes: ['failed', 'expired'],
          reasons: expect.not.arrayContaining(['number-dead', 'number-blacklisted', 'number-refused']) as unknown,
          people: 7,
          leftOut: { reached: 0, 'taken-over': 0, gone: 0, suppressed: 0 },
        },
      },
    ]);
  });
});

describe('whose it is', () => {
  test('only those make one who may make audiences in the unit; another unit finds neither campaign nor list', async () => {
    const { number } = await campaignWithCustomers({ unit: '外呼组' });
    const stranger = await house.hire(['applicant']);
    await pool.query(`update staff_role set unit = '别组' where staff_id = $1`, [stranger.id]);
    const sees = await house.hire(['auditor', 'applicant']);
    await pool.query(`update staff_role set unit = '别组' where staff_id = $1 and role = 'applicant'`, [sees.id]);
    for (const as of [operator, auditor]) {
      expect((await make(number, { outcomes: ['failed'] }, as)).status).toBe(403);
      expect((await get(`/campaigns/${number}/audience`, { as })).status).toBe(403);
      expect((await get(`/campaigns/${number}`, { as })).html).not.toContain('/audience"');
    }
    expect((await make(number, { outcomes: ['failed'] }, sees)).body['code']).toBe('permission.denied-in-unit');
    expect((await make(number, { outcomes: ['failed'] }, stranger)).status).toBe(404);
    expect((await get(`/campaigns/${number}/audience`, { as: stranger })).status).toBe(404);

    const { body } = await make(number, { outcomes: ['failed'], name: '秘密的名单' });
    const id = String(body['id']);
    expect((await get('/audiences', { as: applicant })).html).toContain('秘密的名单');
    expect((await get('/audiences?kind=campaign', { as: applicant })).html).toContain('秘密的名单');
    expect((await get('/audiences?kind=file', { as: applicant })).html).not.toContain('秘密的名单');
    for (const path of ['/audiences', '/audiences?kind=campaign'])
      expect((await get(path, { as: stranger })).html).not.toContain('秘密的名单');
    for (const path of [`/audiences/${id}`, `/audiences/${id}/count`])
      expect((await get(path, { as: stranger })).status).toBe(404);
    expect((await house.call('GET', `/v1/audiences/${id}`, { as: stranger })).status).toBe(404);
    // Nor can they write to these people.
    const refused = await post('/drafts', { audienceId: id, name: 'x', unit: '别组' }, { as: stranger });
    expect(refused.status).toBe(422);
    expect(refused.html).not.toContain('秘密的名单');
    const { rows } = await pool.query('select count(*)::int as n from campaign_draft where owner_id = $1', [
      stranger.id,
    ]);
    expect(rows).toEqual([{ n: 0 }]);
  });
});

describe('its page', () => {
  test.each(['zh-CN', 'en'] as const)('says who comes onto it before it is made, in %s', async (language) => {
    const { number } = await campaignWithCustomers();
    const { html, status } = await get(`/campaigns/${number}/audience`, { as: applicant, language });
    expect({ status, faults: faultsOfPage(html) }).toEqual({ status: 200, faults: [] });
    expect(html).toMatch(/data-people-total>6</);
    expect(html).toMatch(/value="failed:undelivered" data-people="6" checked/);
    expect(html).toMatch(/value="failed:number-dead" data-people="3">/);
    expect(html).toMatch(/value="unknown" data-people="3">/);
    if (language === 'en') expect(html.replaceAll(/活动 \d+/g, '').replaceAll('中文', '')).not.toContain('失败');
  });

  test('is reached from the ledger with what is looked at there, and leads on to the list', async () => {
    const { number } = await campaignWithCustomers();
    const ledgerPage = (await get(`/campaigns/${number}/ledger?part=failed&reason=number-dead`, { as: applicant }))
      .html;
    const href = /href="(\/campaigns\/[^"]+\/audience[^"]*)"/.exec(ledgerPage)?.[1] ?? '';
    const { html } = await get(href.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='), { as: applicant });
    expect(html).toMatch(/value="failed:number-dead" data-people="3" checked/);
    expect(html).toMatch(/data-people-total>3</);
    const done = await post(
      `/campaigns/${number}/audience`,
      { pick: ['failed:undelivered', 'expired'], name: '重发名单' },
      { as: applicant },
    );
    expect(done.status).toBe(303);
    expect((await get(done.location ?? '', { as: applicant })).html).toContain('重发名单');
    expect(await membersOf(done.location?.split('/').at(-1))).toEqual(seqs(5, 6, 7, 8, 9, 10, 17));
  });

  test('keeps what was ticked and typed when it is refused', async () => {
    const { number } = await campaignWithCustomers();
    const unsaid = await post(
      `/campaigns/${number}/audience`,
      { pick: 'unknown', name: '我的名字' },
      { as: applicant },
    );
    expect(unsaid.status).toBe(422);
    expect(unsaid.html).toMatch(/value="unknown" data-people="3" checked/);
    expect(unsaid.html).toContain('value="我的名字"');
    expect(unsaid.html).toContain('请先勾选确认');
    expect((await post(`/campaigns/${number}/audience`, { name: 'x' }, { as: applicant })).html).toContain(
      '请至少选择一类人员',
    );
    const confirmed = await post(
      `/campaigns/${number}/audience`,
      { pick: 'unknown', name: '我的名字', confirm: 'yes' },
      { as: applicant },
    );
    expect(confirmed.status).toBe(303);
    expect((await get(confirmed.location ?? '', { as: applicant })).html).toContain('可能已经收到短信');
  });
});
