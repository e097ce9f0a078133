import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { createAssetUrls, serveAssets } from '../../../../src/kit/page/assets.ts';

const web = fileURLToPath(new URL('../../../../web/', import.meta.url));
const served = async (url: string) => {
  const app = Fastify();
  await serveAssets(app);
  return app.inject(url);
};

test.each(['console', 'campaign', 'sign-off'])(
  '%s.css is all its parts, each once, at an address of their bytes',
  async (sheet) => {
    const url = createAssetUrls()(`${sheet}.css`);
    const answer = await served(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
    const parts = globSync(`${sheet}/*.css`, { cwd: web }).map((part) => readFileSync(path.join(web, part), 'utf8'));
    const places = parts.map((part) => answer.body.split(part).length - 1);
    expect(places).toEqual(parts.map(() => 1));
    expect(answer.body.length).toBe(parts.join('').length);
    const digest = createHash('sha256').update(answer.body).digest('base64url').slice(0, 12);
    expect(url).toBe(`/assets/${sheet}.css?v=${digest}`);
  },
);

test('every style below web/ is a sheet of its own or a part of one', () => {
  const folders = globSync('*/*.css', { cwd: web }).map((file) => path.dirname(file));
  expect(new Set(folders)).toEqual(new Set(['console', 'campaign', 'sign-off']));
});

test('a file that there is not stays not there, and its answer is not kept for ever', async () => {
  const answer = await served('/assets/nothing.css?v=1');
  expect(answer.statusCode).toBe(404);
  expect(answer.headers['cache-control'] ?? '').not.toContain('immutable');
});
