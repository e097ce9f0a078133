import { expect, test } from 'vitest';
import type { Readiness } from '../../../../src/app/http/health.ts';
import { openHouse } from './kit.ts';

let parts: Readiness = { database: true, temporal: true, people: true, senders: true, sandbox: true };
const house = await openHouse({ readiness: async () => parts });

test('the description is OpenAPI 3.1 and every operation says what it answers', async () => {
  const { status, body } = await house.call('GET', '/api/openapi.json', { as: null });
  expect(status).toBe(200);
  expect(body['openapi']).toMatch(/^3\.1\./);
  const paths = body['paths'] as Record<string, Record<string, { summary?: string; responses?: object }>>;
  for (const [path, methods] of Object.entries(paths)) {
    for (const operation of Object.values(methods)) {
      expect(operation.summary, path).toBeTypeOf('string');
      expect(Object.keys(operation.responses ?? {}), path).not.toEqual([]);
    }
  }
  const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name]) => name,
  );
  const known = Object.keys((body['components'] as { schemas: object }).schemas);
  expect(references.filter((name) => !known.includes(name ?? ''))).toEqual([]);
});

test('the pages come from here alone', async () => {
  const page = await house.call('GET', '/api/docs/', { as: null });
  expect(page.status).toBe(200);
  expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  expect(page.headers['content-security-policy']).toContain("default-src 'self'");
  const sources = [...page.text.matchAll(/<script src="([^"]+)"/g)].map(([, source = '']) => source);
  expect(sources).toHaveLength(2);
  const scripts = await Promise.all(
    sources.map((source) => house.call('GET', new URL(source, 'http://x/api/docs/').pathname, { as: null })),
  );
  expect(scripts.map(({ status }) => status)).toEqual([200, 200]);
  // A stand-in for storage, and the renderer.
  expect(scripts[1]?.text.length).toBeGreaterThan(100_000);
});

test('the pages stand apart from the console of the same address, for their renderer evaluates text', async () => {
  const page = await house.call('GET', '/api/docs/', { as: null });
  const policy = String(page.headers['content-security-policy']);
  expect(policy).toMatch(/^sandbox allow-scripts;/);
  expect(policy).not.toContain('allow-same-origin');
  const description = await house.call('GET', '/api/openapi.json', { as: null });
  expect(description.headers['access-control-allow-origin']).toBe('*');
  for (const path of ['/sign-in', '/api/v1/me']) {
    const other = await house.call('GET', path, { as: null });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
    expect(JSON.stringify(other.headers)).not.toContain('unsafe-eval');
  }
});

test('it is ready when every part answers, and names the one that does not', async () => {
  expect(await house.call('GET', '/readyz', { as: null })).toMatchObject({ status: 200, body: { ready: true } });
  parts = { database: true, temporal: true, people: true, senders: false };
  expect(await house.call('GET', '/readyz', { as: null })).toMatchObject({
    status: 503,
    body: { ready: false, parts: { senders: false, people: true, temporal: true } },
  });
  expect((await house.call('GET', '/healthz', { as: null })).status).toBe(200);
});
