import { randomUUIDv7 } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { readPdf } from '../../kit/print/pdf-text.ts';
import { faultsOfPage } from '../../kit/page/kit.ts';
import { openSigning, type Signing } from '../signing-kit.ts';

let house: Signing;
const numbers: string[] = [];
beforeAll(async () => {
  house = await openSigning();
  const audience = await house.addAudience(3);
  for (const [name, unit, day] of [
    ['国庆权益', '营销运营部', '2026-09-29'],
    ['还款提醒', '客户服务部', '2026-10-15'],
    ['100% Cashback_May', '营销运营部', '2026-11-01'],
  ] as const) {
    const id = await house.submitted(audience, { name, unit });
    await house.pool.query('update form set created_at = $2 where campaign_id = $1', [
      id,
      new Date(`${day}T12:00:00+08:00`),
    ]);
    numbers.push((await house.show(id)).campaign.number);
  }
});
const found = async (query: Record<string, string>) => {
  const { status, html } = await house.get(house.people.liaison, `/archive?${new URLSearchParams(query).toString()}`);
  expect([status, ...faultsOfPage(html)]).toEqual([200]);
  return numbers.flatMap((number, index) => (html.includes(`href="/sign-off/${number}"`) ? [index] : []));
};

describe('the search', () => {
  test.each([
    ['everything', {}, [0, 1, 2]],
    ['a name', { text: '权益' }, [0, 1, 2]],
    ['a name that only one has', { text: '国庆权' }, [0]],
    ['one character', { text: '债' }, []],
    ['Latin letters in any case', { text: 'CASHBACK' }, [2]],
    ['signs that mean something to SQL', { text: '100%' }, [2]],
    ['an underscore is itself', { text: 'k_m' }, [2]],
    ['a wildcard finds nothing by itself', { text: '国%权' }, []],
    ['words that stand apart', { text: '国庆还款' }, []],
    ['a unit', { unit: '客户服务部' }, [1]],
    ['a first day', { from: '2026-10-15' }, [1, 2]],
    ['a last day', { until: '2026-10-15' }, [0, 1]],
    ['one day', { from: '2026-10-15', until: '2026-10-15' }, [1]],
    ['days that do not exist are no filter', { from: '2026-02-30' }, [0, 1, 2]],
    ['all together', { unit: '营销运营部', text: '国庆', from: '2026-09-01', until: '2026-09-30' }, [0]],
    ['a quote', { text: "'; drop table form; --" }, []],
  ])('finds by %s', async (_, query, expected) => {
    expect(await found(query as Record<string, string>)).toEqual(expected);
  });

  test('finds by number, whole or in part', async () => {
    expect(await found({ number: numbers[1] ?? '' })).toEqual([1]);
    expect(await found({ number: (numbers[1] ?? '').slice(-4) })).toEqual([1]);
    expect(await found({ number: 'wh-' })).toEqual([0, 1, 2]);
  });

  test('keeps the filter from page to page and shows each form once', async () => {
    const { rows } = await house.pool.query<{ id: string }>('select id from campaign limit 1');
    const [source] = rows;
    // Clones of one form in the archive: 120 more, of one moment, which the id tells apart.
    for (let i = 0; i < 120; i += 1) {
      const id = randomUUIDv7();
      await house.pool.query(
        `insert into campaign (id, number, name, unit, purpose, applicant_id, applicant_name, template_id, audience_id, frozen_audience_id, starts_at, ends_at, daily_from, daily_to, days,
            rate_per_second, cost_ceiling_fen, sign_by, state, submitted_at)
          select $1, $2, '批量', unit, purpose, applicant_id, applicant_name, template_id, audience_id, frozen_audience_id, starts_at, ends_at, daily_from, daily_to, days,
            rate_per_second, cost_ceiling_fen, sign_by, 'archived', submitted_at from campaign where id = $3`,
        [id, `WH-20260101-${String(i + 1).padStart(4, '0')}`, source?.id],
      );
      await house.pool.query(
        `insert into form (id, subject_kind, subject_id, unit, applicant_id, canonical, digest, expires_at, state, state_at, created_at)
          select $1, 'campaign', $2, unit, applicant_id, jsonb_build_object('number', $3::text, 'name', '批量归档')::text, encode(sha256($3::text::bytea), 'hex'), expires_at, 'signed', '2026-01-01', '2026-01-01' from form where campaign_id = $4`,
        [randomUUIDv7(), id, `WH-20260101-${String(i + 1).padStart(4, '0')}`, source?.id],
      );
    }
    const seen: string[] = [];
    for (let path: string | null = '/archive?text=批量归档'; path !== null;) {
      const { html } = await house.get(house.people.liaison, encodeURI(path));
      seen.push(...[...html.matchAll(/href="\/sign-off\/(WH-20260101-\d{4})"/g)].map(([, number]) => String(number)));
      const next = /rel="next" href="([^"]+)"/.exec(html)?.[1] ?? null;
      path = next && decodeURIComponent(next.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='));
    }
    expect(seen).toHaveLength(120);
    expect(new Set(seen).size).toBe(120);
  });

  test('the index serves it', async () => {
    await house.pool.query('analyze form');
    const client = await house.pool.connect();
    try {
      await client.query('begin');
      await client.query('set local enable_seqscan = off');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `explain select id from form where search_pairs @> character_pairs('国庆权')`,
      );
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('form_search');
      await client.query('rollback');
    } finally {
      client.release();
    }
  });
});

describe('the print', () => {
  test('is a PDF with the digest as text, and is put on record as an export', async () => {
    const [number = ''] = numbers;
    const { status, bytes } = await house.get(house.people.liaison, `/sign-off/${number}/pdf`);
    expect(status).toBe(200);
    if (process.env['SHOTS']) await writeFile(`${process.env['SHOTS']}/form.pdf`, bytes);
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
    const { rows } = await house.pool.query<{ actor: string; details: { number: string; digest: string } }>(
      `select actor, details from audit where action = 'form.export' order by seq desc limit 1`,
    );
    expect(rows[0]).toMatchObject({ actor: `staff:${house.people.liaison.id}`, details: { number } });
    const { pages } = readPdf(bytes);
    expect(pages).toHaveLength(1);
    const text = pages.join('\n');
    expect(text).toContain('短信内容发送确认书');
    expect(text).toContain('国庆权益');
    for (const group of rows[0]?.details.digest.match(/.{8}/g) ?? []) expect(text).toContain(group);
  });
});
