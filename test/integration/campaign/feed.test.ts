import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createFigures } from '../../../src/campaign/figures.command.ts';
import { findFigures } from '../../../src/campaign/figures.db.ts';
import { openConsole } from '../kit/page/kit.ts';
import { countNow, makeCampaign, times } from './page-kit.ts';

const house = await openConsole();
const { app, pool, people } = house;
await app.listen({ port: 0, host: '127.0.0.1' });
const address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
const ago = (seconds: number): Date => new Date(Date.now() - seconds * 1_000);

type Shown = { state: string; parts: Record<string, string>; chart: { points: unknown[]; since: number } | null };
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Opens the stream as a browser does; `next` gives the next event that fits. */
async function watch(number: string, as: { key: string }, language = 'zh-CN') {
  const abort = new AbortController();
  ends.push(() => abort.abort());
  const answer = await fetch(`${address}/campaigns/${number}/events`, {
    headers: { authorization: `Bearer ${as.key}`, cookie: `waihu-language=${language}` },
    signal: abort.signal,
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  async function next(fits: (event: string, data: Shown) => boolean): Promise<{ event: string; data: Shown }> {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end < 0) {
        const { value, done } = (await reader?.read()) ?? { value: '', done: true };
        if (done) throw new Error('The stream ended.');
        text += value;
        continue;
      }
      const [block, rest] = [text.slice(0, end), text.slice(end + 2)];
      text = rest;
      const event = /^event: (.*)$/m.exec(block)?.[1] ?? '';
      const data = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}') as Shown;
      if (event !== '' && fits(event, data)) return { event, data };
    }
  }
  return { answer, next, ended: async () => (await reader?.closed.catch(() => 'broken')) ?? 'closed' };
}

const rows = () => [
  ...times(4, {
    state: 'delivered' as const,
    bizId: 'b',
    code: 'DELIVERED',
    claimedAt: ago(60),
    changedAt: ago(58),
    requestSeq: 1,
  }),
  ...times(6, { state: 'pending' as const }),
];

describe('the stream of a campaign', () => {
  test('shows what stands, then what has moved and nothing else, to each watcher in their own language', async () => {
    const { number, key } = await makeCampaign(pool, { applicantId: people.applicant.id, ledger: rows() });
    await countNow(pool, key);
    const one = await watch(number, people.operator);
    const two = await watch(number, people.operator, 'en');
    expect(one.answer.headers.get('content-type')).toContain('text/event-stream');
    const first = await one.next((event, { parts }) => event === 'view' && 'ledger' in parts);
    expect(first.data.parts['ledger']).toContain('收支平衡');
    expect(
      (await two.next((event, { parts }) => event === 'view' && 'ledger' in parts)).data.parts['ledger'],
    ).toContain('Balanced');

    await pool.query(
      `update message set state = 'failed', reason = 'undelivered', code = 'IS_CLOSE', biz_id = 'b', claimed_at = now(), changed_at = now() where campaign_key = $1 and seq = 10`,
      [key],
    );
    const moved = await one.next((_, { parts }) => parts['codes'] !== undefined);
    expect(moved.data.parts['codes']).toContain('IS_CLOSE');
    expect(moved.data.parts['why']).toBeUndefined();
    expect(moved.data.chart?.since).toBeGreaterThan(0);
  });

  test('says when the state has changed', async () => {
    const { number, id } = await makeCampaign(pool, { applicantId: people.applicant.id, ledger: rows() });
    const { next } = await watch(number, people.operator);
    await next((event) => event === 'view');
    await pool.query(`update campaign set state = 'paused' where id = $1`, [id]);
    expect((await next((_, { state }) => state === 'paused')).event).toBe('view');
  });

  test('ends for a person who loses the right or is disabled', async () => {
    const { number } = await makeCampaign(pool, { applicantId: people.applicant.id, ledger: rows() });
    const demoted = await house.hire(['operator']);
    const gone = await house.hire(['operator']);
    const first = await watch(number, demoted);
    const second = await watch(number, gone);
    await first.next((event) => event === 'view');
    await second.next((event) => event === 'view');
    await pool.query(`update staff_role set unit = '别处' where staff_id = $1`, [demoted.id]);
    await pool.query(`update staff set disabled_at = now() where id = $1`, [gone.id]);
    expect((await first.next((event) => event === 'gone')).event).toBe('gone');
    expect((await second.next((event) => event === 'gone')).event).toBe('gone');
    await expect(first.next(() => true)).rejects.toThrow('ended');
  });

  test('never carries a whole number', async () => {
    const { number, key } = await makeCampaign(pool, {
      state: 'paused',
      applicantId: people.applicant.id,
      ledger: times(3, { state: 'claimed', claimedAt: ago(5), changedAt: ago(5), requestSeq: 1 }),
    });
    await countNow(pool, key);
    const { next } = await watch(number, people.operator);
    const { data } = await next((_, { parts }) => (parts['open'] ?? '').includes('139****'));
    expect(JSON.stringify(data)).not.toMatch(/139\d{8}/);
  });
});

describe('figures of a ledger', () => {
  test('are counted once for all who ask at the same moment', async () => {
    const { key } = await makeCampaign(pool, { applicantId: people.applicant.id, ledger: rows() });
    const figures = createFigures(pool);
    const [first, second] = [figures.refresh(key), figures.refresh(key)];
    expect(first).toBe(second);
    await first;
    expect((await findFigures(pool, [key])).get(key)?.lines).toEqual([
      expect.objectContaining({ state: 'delivered', taken: true, count: 4 }),
      expect.objectContaining({ state: 'pending', count: 6 }),
    ]);
    await figures.close();
  });

  test('counted on from the last look are those of a whole count', async () => {
    const { key } = await makeCampaign(pool, { applicantId: people.applicant.id, ledger: rows() });
    let at = Date.now();
    const figures = createFigures(pool, () => new Date(at));
    await figures.refresh(key);
    for (let seq = 5; seq <= 9; seq += 1) {
      at += 2_000;
      await pool.query(
        `update message set state = 'delivered', biz_id = 'b', claimed_at = $3, changed_at = $3 where campaign_key = $1 and seq = $2`,
        [key, seq, new Date(at - 500)],
      );
      await figures.refresh(key);
    }
    const stepwise = (await findFigures(pool, [key])).get(key);
    await pool.query(`delete from campaign_figures where campaign_key = $1`, [key]);
    await figures.refresh(key);
    const whole = (await findFigures(pool, [key])).get(key);
    expect(stepwise?.points).toEqual(whole?.points);
    expect(stepwise?.delays).toEqual(whole?.delays);
    expect(stepwise?.days).toEqual(whole?.days);
    expect(whole?.points.reduce((sum, [, submitted]) => sum + submitted, 0)).toBe(9);
    await figures.close();
  });

  test('of a campaign that ended are left in peace, until late receipts may have come', async () => {
    const { key } = await makeCampaign(pool, { state: 'archived', applicantId: people.applicant.id, ledger: rows() });
    let at = Date.now();
    const figures = createFigures(pool, () => new Date(at));
    await figures.refresh(key);
    await pool.query(
      `update message set state = 'failed', reason = 'undelivered' where campaign_key = $1 and seq = 1`,
      [key],
    );
    at += 60_000;
    expect((await figures.look([key], 5_000)).get(key)?.lines).toHaveLength(2);
    at += 600_000;
    expect((await figures.look([key], 5_000)).get(key)?.lines).toHaveLength(3);
    await figures.close();
  });
});

test('the server stops while somebody watches', async () => {
  const { number } = await makeCampaign(pool, { applicantId: people.applicant.id, ledger: rows() });
  const { next } = await watch(number, people.operator);
  await next((event) => event === 'view');
  await app.close();
  await expect(
    (async () => {
      for (;;) await next(() => true);
    })(),
  ).rejects.toThrow();
});
