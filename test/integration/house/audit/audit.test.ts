import { beforeAll, describe, expect, test, vi } from 'vitest';
import { faultsOfPage, openConsole } from '../../kit/page/kit.ts';

let house: Awaited<ReturnType<typeof openConsole>>;
beforeAll(async () => {
  house = await openConsole();
  for (const code of ['fees', 'rates', 'news'])
    await house.call('POST', '/api/v1/topics', { body: { code, name: `Topic ${code}` } });
});
const rows = (html: string): number[] => [...html.matchAll(/id="row-(\d+)"/g)].map(([, seq]) => Number(seq));
const auditor = () => ({ as: house.people.auditor });

describe('the record', () => {
  test.each(['zh-CN', 'en'] as const)('reads in %s and holds nothing that no page may hold', async (language) => {
    const { status, html } = await house.get('/audit', { ...auditor(), language });
    expect(status).toBe(200);
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('is narrowed to one object, one kind of act, one person', async () => {
    const all = rows((await house.get('/audit', auditor())).html);
    expect(all).toEqual(all.toSorted((a, b) => b - a));
    const topics = rows((await house.get('/audit?action=topic', auditor())).html);
    expect(topics).toHaveLength(3);
    expect(rows((await house.get('/audit?object=topic:fees', auditor())).html)).toHaveLength(1);
    const by = house.people.administrator.id;
    expect(rows((await house.get(`/audit?actor=${by}`, auditor())).html)).toEqual(expect.arrayContaining(topics));
    expect(rows((await house.get(`/audit?actor=${house.people.leader.id}`, auditor())).html)).toEqual([]);
    expect(rows((await house.get('/audit?from=2001-01-01&until=2001-01-02', auditor())).html)).toEqual([]);
  });

  test('asks for filters that can be used', async () => {
    expect((await house.get("/audit?object=topic:'--", auditor())).status).toBe(400);
  });

  test('is closed to whoever may not read it', async () => {
    const { status, html } = await house.get('/audit', { as: house.people.applicant });
    expect(status).toBe(403);
    expect(html).toContain('您没有此项权限');
    expect((await house.post('/audit/chain', {}, { as: house.people.applicant })).status).toBe(403);
  });
});

const checked = async () => {
  await house.post('/audit/chain', {}, { ...auditor(), htmx: true });
  return vi.waitFor(async () => {
    const { html } = await house.get('/audit/chain', { ...auditor(), htmx: true });
    expect(html).not.toContain('<progress');
    return html;
  });
};

describe('the chain', () => {
  test('is recomputed on the page, and a row that was changed behind our back is named', async () => {
    expect(await checked()).toContain('全部相扣');
    const changed = await house.pool.query(
      `update audit set details = '{"changed":true}' where object_kind = 'topic' and object_id = 'rates' returning seq`,
    );
    const html = await checked();
    expect(html).toContain('已断裂');
    expect(html).toContain(String(changed.rows[0].seq));
  });
});
