import { beforeAll, describe, expect, test } from 'vitest';
import { openHouse, type House } from '../http/kit.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});

const html = { accept: 'text/html' };
const pageIn = async (headers: Record<string, string>): Promise<string> =>
  (await house.call('GET', '/nowhere', { headers: { ...html, ...headers } })).text;

describe('every page', () => {
  test('loads nothing from elsewhere and runs no inline script', async () => {
    const { headers, text } = await house.call('GET', '/nowhere', { headers: html });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/);
    expect(text).not.toMatch(/<script(?![^>]*src=)|\son\w+=|\sstyle=|(?:src|href)="https?:/);
  });

  test('speaks the language that was chosen, else the browser’s, else Chinese', async () => {
    expect(await pageIn({})).toContain('没有找到');
    expect(await pageIn({ 'accept-language': 'fr-FR,en;q=0.8' })).toContain('Not found');
    expect(await pageIn({ 'accept-language': 'en', cookie: 'waihu-language=zh-CN' })).toContain('<html lang="zh-CN">');
  });

  test('leaves no word without a translation', async () => {
    const { text } = await house.call('GET', '/nowhere', { headers: html });
    expect(text).not.toContain('⟦');
  });
});

test('an asset is kept for ever under the digest of its bytes, and nothing outside the folders is served', async () => {
  const page = await house.call('GET', '/nowhere', { headers: html });
  const styles = [...page.text.matchAll(/href="(\/assets\/[^"]+)"/g)].map(([, href]) => href ?? '');
  expect(styles.length).toBeGreaterThan(3);
  for (const href of styles) {
    const asset = await house.call('GET', href, { as: null });
    expect(asset.status).toBe(200);
    expect(asset.headers['cache-control']).toContain('immutable');
  }
  for (const outside of [
    '/assets/../package.json',
    '/assets/%2e%2e/package.json',
    '/assets/noto/..%2f..%2fhtmx.org/package.json',
  ])
    expect((await house.call('GET', outside, { as: null })).status).toBe(404);
});

test('who is not signed in is led to the sign-in page and back', async () => {
  const answer = await house.call('GET', '/', { as: null, headers: html });
  expect(answer.status).toBe(303);
  expect(answer.headers['location']).toBe('/sign-in?next=%2F');
});

test('programs still get problem documents', async () => {
  const answer = await house.call('GET', '/api/v1/nowhere');
  expect(answer.status).toBe(404);
  expect(answer.headers['content-type']).toContain('application/problem+json');
});
