import { beforeAll, describe, expect, test } from 'vitest';
import { readImport } from '../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../src/customer/import/acceptance.command.ts';
import { fileOf } from './import/csv-file.ts';
import { contextWith } from '../../kit/people.ts';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';

let house: Console;

beforeAll(async () => {
  house = await openConsole();
});

async function shown(wanted: RegExp): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    const { html } = await house.get('/topics');
    if (wanted.test(html) || tries === 100) return html;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('topics', () => {
  test('begin empty and can be created by an administrator alone', async () => {
    expect((await house.get('/topics', { as: house.people.applicant })).html).toContain('还没有订阅主题');
    expect((await house.post('/topics', { name: '资讯', code: 'news' }, { as: house.people.applicant })).status).toBe(
      403,
    );
    expect((await house.get('/topics', { as: house.people.liaison })).status).toBe(403);
    const made = await house.post('/topics', { name: ' 资讯 ', code: 'news' });
    expect([made.status, made.location]).toEqual([303, '/topics']);
  });

  test('show their subscribers as last counted', async () => {
    const applicant = await contextWith(house.pool, ['applicant']);
    const people = '手机号,姓名,主题\n13800000001,甲,news\n13800000002,乙,news\n13800000003,丙,\n';
    const { id } = await readImport(applicant, { kind: 'customers', fileName: 'people.csv', stream: fileOf(people) });
    await acceptImport(applicant, { importId: id });
    await house.pool.query('delete from audience_count');
    const html = await shown(/class="right"[^>]*>2\s*<small>统计于/);
    expect(html).toMatch(/class="right"[^>]*>2\s*<small>统计于/);
    expect(faultsOfPage(html)).toEqual([]);
  });

  test.each([
    ['a code with capitals', { name: '新', code: 'News' }],
    ['a code with a space', { name: '新', code: 'a b' }],
    ['no code', { name: '新', code: '' }],
    ['no name', { name: ' ', code: 'new' }],
    ['a name that is too long', { name: '长'.repeat(61), code: 'new' }],
    ['a code that is taken', { name: '另一个', code: 'news' }],
  ])('refuse %s and keep what was typed', async (_, form) => {
    const { status, html } = await house.post('/topics', form);
    expect(status).toBe(422);
    expect(html).toContain('role="alert"');
    expect(html).toContain(`value="${form.code}"`);
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('are renamed on record, with the code left as it is', async () => {
    expect((await house.post('/topics/news/rename', { name: '产品资讯' })).location).toBe('/topics');
    const { html } = await house.get('/topics', { language: 'en' });
    expect(html).toContain('产品资讯');
    expect(html).toContain('/audit?object=topic:news');
    expect(faultsOfPage(html)).toEqual([]);
    const { rows } = await house.pool.query("select details from audit where action = 'topic.renamed'");
    expect(rows).toEqual([{ details: { from: '资讯', to: '产品资讯' } }]);
  });

  test('that are not there cannot be renamed, nor by somebody without the right', async () => {
    expect((await house.post('/topics/none/rename', { name: 'x' })).status).toBe(422);
    expect((await house.post('/topics/news/rename', { name: 'x' }, { as: house.people.operator })).status).toBe(403);
    expect((await house.post('/topics/news/rename', { name: '' })).status).toBe(422);
  });
});
