import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import { record } from '../../../../src/house/audit/audit.db.ts';
import { transaction } from '../../../../src/kernel/sql.db.ts';
import { faultsOfPage, openConsole } from '../../kit/page/kit.ts';
import { makeCampaign, type Made } from '../../campaign/page-kit.ts';

const house = await openConsole();
const { pool, people, get, post } = house;
const { applicant, administrator, auditor } = people;
const uuid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/;
const textOf = (html: string): string => html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
const rows = (html: string): number[] => [...html.matchAll(/id="row-(\d+)"/g)].map(([, seq]) => Number(seq));
/** One row of the page: its text as it stands, and all of its markup. */
const rowOf = (html: string, seq: number) => {
  const markup = html.split(`id="row-${seq}"`)[1]?.split('</tr>')[0] ?? '';
  return { markup, text: textOf(markup.replaceAll(/<details>[\s\S]*?<\/details>/g, '')) };
};
const note = async (action: string, objectKind: string, objectId: string, details: object, by = applicant.id) =>
  (
    await transaction(pool, (tx) =>
      record(tx, { actor: `staff:${by}`, action, objectKind, objectId, details: { ...details } }),
    )
  ).seq;

let campaign: Made;
let pausedAt: number;
beforeAll(async () => {
  campaign = await makeCampaign(pool, { name: '中秋积分提醒', applicantId: applicant.id, size: 2 });
  const { rows: found } = await pool.query('select template_id, audience_id from campaign where id = $1', [
    campaign.id,
  ]);
  const { template_id: templateId, audience_id: audienceId } = found[0] as Record<string, string>;
  await note('campaign.create', 'campaign', campaign.id, { number: campaign.number, templateId, audienceId });
  pausedAt = await note('campaign.pause', 'campaign', campaign.id, { reason: '名单有误' });
  for (const code of ['fees', 'rates'])
    await house.call('POST', '/api/v1/topics', { body: { code, name: `主题 ${code}` } });
});
const asAuditor = { as: auditor };

describe('a row of the record', () => {
  test('is a sentence with names, its details in words, and its ids only where they are asked for', async () => {
    const { html } = await get(`/audit?object=campaign:${campaign.id}`, asAuditor);
    const paused = rowOf(html, pausedAt);
    expect(paused.text).toContain(`Person applicant 暂停发送 ${campaign.number} 中秋积分提醒`);
    expect(paused.text).toContain('原因 名单有误');
    expect(paused.markup).toContain(`href="/campaigns/${campaign.number}"`);
    for (const proof of [campaign.id, applicant.id, 'campaign.pause'])
      expect(paused.markup.split('<details>')[1]).toContain(proof);
    const made = rowOf(html, pausedAt - 1);
    expect(made.text).toMatch(/模板 模板 \d+ v1/);
    expect(made.text).toContain('名单 名单');
    for (const { text } of [paused, made]) {
      expect(text).not.toMatch(uuid);
      expect(text).not.toMatch(/[a-z]+\.[a-z]+|templateId/);
    }
  });

  test('reads in English as a sentence too', async () => {
    const { html } = await get(`/audit?object=campaign:${campaign.id}`, { ...asAuditor, language: 'en' });
    expect(faultsOfPage(html)).toEqual([]);
    expect(rowOf(html, pausedAt).text).toContain(`Person applicant paused sending ${campaign.number}`);
  });

  test.each([
    ['staff.roles-set', 'staff', { from: [], to: [{ role: 'liaison', unit: '外呼组' }] }, /改为 角色 \S+、单位 外呼组/],
    ['campaign.finish', 'campaign', { counts: { delivered: 9_900, failed: 100 } }, /台账 失败 100、送达 9,900/],
    [
      'campaign.cost-exceeded',
      'campaign',
      { billedFen: 12_300, ceilingFen: 10_000 },
      /计费 ¥123\.00 所签上限 ¥100\.00/,
    ],
    ['key.created', 'key', { staffId: '', name: 'robot', expiresInDays: null }, /名称 robot/],
    ['gateway.change', 'gateway', { fields: ['ratePerSecond', 'settings.endpoint'] }, /改动项 每秒条数、/],
    ['campaign.refuse', 'campaign', { code: 'form.expired' }, /代码含义 \S*\p{Script=Han}/u],
    ['gateway.stop', 'gateway', { code: 'x.y', until: '2026-12-01T00:00:00.000Z' }, /至 2026-12-01 08:00:00/],
    ['notice-quiet.set', 'setting', { from: '22:00', to: '08:00', restDays: true }, /结束 08:00 开始 22:00/],
    ['audit.export', 'audit', { from: '2026-11-01' }, /开始 2026-11-01/],
    ['delegation.revoked', 'delegation', { already: true }, /此前已结束 是/],
  ])('%s of a %s says its details in words', async (action, kind, details, words) => {
    const id = kind === 'campaign' ? campaign.id : '01980000-0000-7000-8000-00000000000a';
    const said = 'staffId' in details ? { ...details, staffId: administrator.id } : details;
    const seq = await note(action, kind, id, said, administrator.id);
    const { html } = await get(`/audit?action=${action}`, asAuditor);
    expect(rowOf(html, seq).text).toMatch(words);
    if ('staffId' in details) expect(rowOf(html, seq).text).toContain('人员 Person administrator');
  });

  test('names no customer, and leads to one only who may open customers', async () => {
    const id = '01980000-0000-7000-8000-00000000000c';
    await pool.query(`insert into customer (id, phone, name) values ($1, '+8613900001234', '王小明')`, [id]);
    const seq = await note('customer.reveal', 'customer', id, { reason: '核实' });
    const page = async (as: typeof auditor) => (await get(`/audit?object=customer:${id}`, { as })).html;
    for (const as of [auditor, administrator]) {
      const row = rowOf(await page(as), seq);
      expect(row.text).toContain('查看完整号码');
      expect(row.markup).not.toContain('王小明');
      expect(row.markup).not.toContain('1234');
      expect(row.markup.includes(`href="/customers/${id}"`)).toBe(as === auditor);
    }
  });
});

describe('the filters', () => {
  test.each([
    ['actor', () => applicant.id],
    ['kind', () => 'topic'],
    ['action', () => 'topic'],
    ['action', () => 'campaign.pause'],
  ])('narrow by %s and stay in the address of the next page', async (name, value) => {
    for (let each = 0; each < 55; each += 1) {
      if (name === 'actor' || value() === 'campaign.pause')
        await note('campaign.pause', 'campaign', campaign.id, { reason: 'x' });
      else await note('topic.renamed', 'topic', 'fees', { from: 'a', to: 'b' }, administrator.id);
    }
    const { html } = await get(`/audit?${name}=${value()}`, asAuditor);
    const next = /rel="next" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=') ?? '';
    expect(next).toContain(`${name}=${value()}`);
    const seen = [...rows(html), ...rows((await get(next, asAuditor)).html)];
    expect(new Set(seen).size).toBe(seen.length);
    const { rows: all } = await pool.query<{ seq: string }>(
      `select seq from audit where ($1 = 'actor' and actor = 'staff:' || $2) or ($1 = 'kind' and object_kind = $2)
         or ($1 = 'action' and (action = $2 or action like $2 || '.%')) order by seq desc limit 100`,
      [name, value()],
    );
    expect(seen).toEqual(all.slice(0, seen.length).map(({ seq }) => Number(seq)));
  });

  test('offer every person by name, and keep what was chosen', async () => {
    const { html } = await get(`/audit?actor=${applicant.id}&kind=campaign&action=campaign`, asAuditor);
    expect(html).toContain(`<option value="${applicant.id}" selected>Person applicant</option>`);
    expect(html).toContain('<option value="campaign" selected>');
  });

  test('are those of the API', async () => {
    const ask = async (query: string) => {
      const { status, body } = await house.call('GET', `/api/v1/audit?limit=1000&${query}`, { as: auditor });
      return { status, items: (body['items'] ?? []) as { seq: number; actor: string; action: string; at: string }[] };
    };
    const by = (await ask(`actor=${applicant.id}`)).items;
    expect(by.length).toBeGreaterThan(50);
    expect(new Set(by.map(({ actor }) => actor))).toEqual(new Set([`staff:${applicant.id}`]));
    const paused = (await ask(`action=campaign.pause&actor=${applicant.id}`)).items;
    expect(new Set(paused.map(({ action }) => action))).toEqual(new Set(['campaign.pause']));
    const topics = (await ask('action=topic')).items;
    expect(topics.map(({ seq }) => seq)).toEqual(topics.map(({ seq }) => seq).toSorted((a, b) => a - b));
    const from = topics[1]?.at ?? '';
    expect((await ask(`action=topic&until=${from}`)).items.length).toBe(1);
    expect((await ask(`action=topic&from=${from}`)).items.length).toBe(topics.length - 1);
    expect((await ask('actor=system')).items.every(({ actor }) => actor === 'system')).toBe(true);
    expect((await ask('actor=nobody')).status).toBe(400);
    expect((await house.call('GET', '/api/v1/audit', { as: applicant })).status).toBe(403);
  });
});

const take = async (form: Record<string, string>, as = auditor, language: 'zh-CN' | 'en' = 'zh-CN') => {
  const { status, html } = await post('/audit/export.csv', form, { as, language });
  return { status, lines: status === 200 ? parse(html, { bom: true }) : [] };
};

describe('the record as a file', () => {
  test('holds every row that the filter finds, as sentences with the proof beside them', async () => {
    await transaction(pool, async (tx) => {
      for (let each = 0; each < 1_100; each += 1)
        await record(tx, {
          actor: `staff:${applicant.id}`,
          action: 'draft.edit',
          objectKind: 'draft',
          objectId: campaign.id,
          details: { step: 'text', version: each },
        });
    });
    const { lines } = await take({ action: 'draft', actor: applicant.id, kind: '', object: '', from: '', until: '' });
    expect(lines).toHaveLength(1 + 1_100);
    expect(lines[0]?.slice(0, 4)).toEqual(['序号', '时间（北京时间）', '记录', '操作人']);
    const seqs = lines.slice(1).map(([seq]) => Number(seq));
    expect(seqs).toEqual(seqs.toSorted((a, b) => b - a));
    expect(lines[1]?.[2]).toBe('Person applicant 修改草稿');
    expect(lines[1]?.[7]).toMatch(/^步骤：\S+；版本：1,099$/);
    expect(lines[1]?.slice(8, 11)).toEqual([`staff:${applicant.id}`, 'draft.edit', campaign.id]);
    const one = await take({ object: `campaign:${campaign.id}`, action: 'campaign.create' }, auditor, 'en');
    expect(one.lines[1]?.[2]).toBe(`Person applicant created the campaign: ${campaign.number} 中秋积分提醒`);
  });

  test('is itself on record, with what it was narrowed by', async () => {
    await take({ actor: applicant.id, action: 'campaign' });
    const { rows: last } = await pool.query(
      `select actor, action, object_kind as kind, details from audit order by seq desc limit 1`,
    );
    expect(last).toEqual([
      {
        actor: `staff:${auditor.id}`,
        action: 'audit.export',
        kind: 'audit',
        details: { actorId: applicant.id, action: 'campaign' },
      },
    ]);
    const { html } = await get('/audit?action=audit', asAuditor);
    expect(textOf(html)).toContain('导出审计日志');
    expect(textOf(html)).toContain('操作人 Person applicant');
  });

  test('is closed to whoever may not read the record', async () => {
    for (const as of [applicant, people.operator, people.leader]) expect((await take({}, as)).status).toBe(403);
    const local = await house.hire(['auditor']);
    await pool.query(`update staff_role set unit = '外呼组' where staff_id = $1`, [local.id]);
    expect((await take({}, local)).status).toBe(403);
    expect((await get('/audit', { as: local })).status).toBe(403);
  });
});
