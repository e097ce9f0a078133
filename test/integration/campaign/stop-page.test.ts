import { describe, expect, test } from 'vitest';
import { openConsole } from '../kit/page/kit.ts';
import { countNow, makeCampaign, times, type LedgerRow } from './page-kit.ts';

const house = await openConsole();
const { pool, people, get, post } = house;
const { applicant, operator } = people;
const left = { claimedAt: new Date(Date.now() - 120_000), requestSeq: 1 };
const mixed: LedgerRow[] = [
  ...times(12, { ...left, state: 'delivered', bizId: 'b', code: 'DELIVERED', changedAt: new Date() }),
  ...times(9, { state: 'pending' }),
];
async function sending() {
  const made = await makeCampaign(pool, { applicantId: applicant.id, ledger: mixed });
  await countNow(pool, made.key);
  return made;
}
const stateOf = async (id: string): Promise<string> =>
  (await pool.query(`select state from campaign where id = $1`, [id])).rows[0].state as string;
const actsIn = (html: string, number: string): string[] =>
  [...html.matchAll(new RegExp(`action="/campaigns/${number}/([\\w.]+)"`, 'g'))].map(([, act]) => act ?? '').toSorted();

describe('who may stop a campaign', () => {
  test.each([
    ['operator', true],
    ['liaison', true],
    ['leader', true],
    ['supervisor', true],
    ['applicant', false],
    ['auditor', false],
    ['administrator', false],
  ] as const)('%s: %s', async (role, may) => {
    const { id, number } = await sending();
    const as = people[role];
    const page = await get(`/campaigns/${number}`, { as });
    expect(actsIn(page.html, number).includes('pause')).toBe(may);
    const paused = await post(`/campaigns/${number}/pause`, { reason: '客户来电核实' }, { as });
    expect([paused.status, await stateOf(id)]).toEqual(may ? [303, 'paused'] : [403, 'sending']);
    // Only who runs it lets it go on, or ends it.
    await pool.query(`update campaign set state = 'paused' where id = $1`, [id]);
    for (const act of ['resume', 'cancel']) {
      if (role === 'operator') continue;
      const tried = await post(`/campaigns/${number}/${act}`, { reason: '不该成功', typed: 'x' }, { as });
      expect([act, tried.status, await stateOf(id)]).toEqual([act, 403, 'paused']);
    }
  });
});

test('what the dialogs say is counted when they open, whatever the page was loaded with', async () => {
  const { number, key } = await sending();
  const said = async (): Promise<Record<string, string>> =>
    JSON.parse((await get(`/campaigns/${number}/consequences`, { as: operator })).html);
  expect((await said())['pause']).toMatch(/已提交 12 人，还有 9 人未发送/);
  await pool.query(
    `update message set state = 'accepted', claimed_at = now(), biz_id = 'b' where campaign_key = $1 and state = 'pending'`,
    [key],
  );
  await pool.query(`update campaign_figures set at = at - interval '1 minute' where campaign_key = $1`, [key]);
  expect((await said())['cancel']).toMatch(/已提交 21 人，无法撤回；未发送的 0 人/);
});

test.each([
  ['rejected', '未发送：确认书被退回'],
  ['withdrawn', '未发送：确认书已撤回'],
  ['expired', '未发送：确认书逾期未签'],
  ['awaiting-leader', '未发送：确认书待签字'],
] as const)('the ledger of a campaign that is %s says of its people: %s', async (state, sentence) => {
  const { number } = await makeCampaign(pool, { state, applicantId: applicant.id, size: 3 });
  const page = await get(`/campaigns/${number}/ledger`, { as: operator });
  expect(page.html.split(sentence)).toHaveLength(4);
  const person = await get(`/campaigns/${number}/people/1`, { as: operator });
  expect(person.html).toContain(sentence);
  expect(person.html).not.toContain('等待轮到');
});
