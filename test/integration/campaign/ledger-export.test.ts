import { randomUUIDv7 } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { openConsole } from '../kit/page/kit.ts';
import { makeCampaign, times, type LedgerRow } from './page-kit.ts';

const house = await openConsole();
const { pool, people, get, post } = house;
const { applicant, operator, auditor } = people;
const sent = {
  claimedAt: new Date('2026-11-22T02:00:00Z'),
  requestSeq: 1,
  changedAt: new Date('2026-11-22T02:00:09Z'),
};
const ledger: LedgerRow[] = [
  ...times(5, { ...sent, state: 'delivered', bizId: 'b', code: 'DELIVERED' }),
  ...times(3, { ...sent, state: 'failed', reason: 'undelivered', code: 'IS_CLOSE', bizId: 'b' }),
  ...times(2, { ...sent, state: 'failed', reason: 'number-dead', code: 'MOBILE_NOT_ON_SERVICE', bizId: 'b' }),
  ...times(2, { ...sent, state: 'unknown', code: 'worker.lost' }),
  { state: 'pending' },
];
const excluded = [
  { phone: '+8613700000001', reason: 'dnc' },
  { phone: '+8613700000002', reason: 'variable.missing' },
];
const campaign = await makeCampaign(pool, { applicantId: applicant.id, ledger, excluded, state: 'completed' });
await pool.query(`insert into customer (id, external_id, phone) values ($1, '=KH-1', '+8613900000006')`, [
  randomUUIDv7(),
]);
await pool.query(
  `update audience_member m set customer_id = c.id from customer c where c.phone = m.phone and m.audience_id = $1`,
  [campaign.audienceId],
);
type Options = NonNullable<Parameters<typeof post>[2]>;
const take = async (
  form: Partial<Record<'part' | 'reason' | 'text', string>>,
  options: Options = { as: applicant },
) => {
  const { html, ...rest } = await post(`/campaigns/${campaign.number}/ledger.csv`, form, options);
  return { ...rest, csv: html, lines: rest.status === 200 ? parse(html, { bom: true }) : [] };
};

describe('the ledger as a file', () => {
  test('is taken by who made the campaign, numbers masked, in words and codes', async () => {
    const { status, lines, csv, headers } = await take({});
    expect(status).toBe(200);
    expect(headers['content-disposition']).toContain(`${campaign.number}-ledger.csv`);
    expect(lines).toHaveLength(1 + ledger.length);
    expect(lines[0]).toEqual([
      '序号',
      '号码',
      '客户号',
      '结果',
      '结果代码',
      '原因',
      '原因代码',
      '提交次数',
      '网关错误码',
      '提交时间（北京时间）',
      '最近变动（北京时间）',
    ]);
    expect(lines[6]).toEqual([
      '6',
      '139****0006',
      "'=KH-1",
      '失败',
      'failed',
      '未送达',
      'undelivered',
      '1',
      'IS_CLOSE',
      '2026-11-22 10:00:00',
      '2026-11-22 10:00:09',
    ]);
    expect(csv).not.toMatch(/1[3-9]\d{9}/);
  });

  test.each([
    [{ part: 'failed' }, 5],
    [{ part: 'failed', reason: 'number-dead' }, 2],
    [{ reason: 'number-dead' }, 2],
    [{ part: 'unknown' }, 2],
    [{ part: 'pending' }, 1],
    [{ part: 'excluded' }, 2],
    [{ part: 'excluded', reason: 'dnc' }, 1],
    [{ text: '0006' }, 1],
    [{ text: '=KH-1' }, 1],
    [{ part: '', reason: '', text: '' }, ledger.length],
  ])('holds what the page shows: %o', async (form, count) => {
    const { lines } = await take(form);
    expect(lines).toHaveLength(1 + count);
  });

  test('speaks the language of the session', async () => {
    const { lines } = await take({ part: 'failed' }, { as: applicant, language: 'en' });
    expect(lines[0]?.slice(0, 4)).toEqual(['No.', 'Number', 'Customer', 'Outcome']);
    expect(lines[1]?.slice(3).join(' ')).not.toMatch(/\p{Script=Han}/u);
  });

  test('is put on record with what it was narrowed by, never with what was typed', async () => {
    await take({ part: 'failed', reason: 'undelivered' });
    await take({ text: '0006' });
    const { rows } = await pool.query(
      `select actor, action, object_kind, details from audit where action = 'ledger.export' order by seq desc limit 2`,
    );
    expect(rows).toEqual([
      {
        actor: `staff:${applicant.id}`,
        action: 'ledger.export',
        object_kind: 'export',
        details: { number: campaign.number, typed: true },
      },
      {
        actor: `staff:${applicant.id}`,
        action: 'ledger.export',
        object_kind: 'export',
        details: { number: campaign.number, part: 'failed', reason: 'undelivered' },
      },
    ]);
  });

  test('is not given to colleagues, operators or another unit, and is not offered to them', async () => {
    const colleague = await house.hire(['applicant']);
    const stranger = await house.hire(['applicant']);
    await pool.query(`update staff_role set unit = '别组' where staff_id = $1`, [stranger.id]);
    expect((await take({}, { as: auditor })).status).toBe(200);
    expect((await take({}, { as: colleague })).status).toBe(403);
    expect((await take({}, { as: operator })).status).toBe(403);
    expect((await take({}, { as: stranger })).status).toBe(404);
    const button = `action="/campaigns/${campaign.number}/ledger.csv"`;
    for (const page of ['', '/ledger?part=failed']) {
      expect((await get(`/campaigns/${campaign.number}${page}`, { as: applicant })).html).toContain(button);
      expect((await get(`/campaigns/${campaign.number}${page}`, { as: colleague })).html).not.toContain(button);
    }
  });

  test('keeps the filter of the page in its button', async () => {
    const { html } = await get(`/campaigns/${campaign.number}/ledger?part=failed&reason=undelivered`, {
      as: applicant,
    });
    expect(html).toContain('name="part" value="failed"');
    expect(html).toContain('name="reason" value="undelivered"');
    expect(html).toContain('导出筛选结果');
  });

  test('is whole where it takes many pages', async () => {
    const size = 11_000;
    const many = await makeCampaign(pool, {
      applicantId: applicant.id,
      ledger: [...times(size - 1, { ...sent, state: 'failed', reason: 'undelivered' }), { state: 'delivered' }],
    });
    const { html } = await post(`/campaigns/${many.number}/ledger.csv`, { part: 'failed' }, { as: applicant });
    const seqs = parse(html, { bom: true, from: 2 }).map(([seq]) => Number(seq));
    expect(seqs).toEqual(Array.from({ length: size - 1 }, (_, index) => index + 1));
    const whole = await post(`/campaigns/${many.number}/ledger.csv`, {}, { as: applicant });
    expect(parse(whole.html, { bom: true, from: 2 })).toHaveLength(size);
  });
});
