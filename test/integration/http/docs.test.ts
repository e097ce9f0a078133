import { expect, test } from 'vitest';
import type { Readiness } from '../../../src/http/health.ts';
import { openHouse } from './kit.ts';

let parts: Readiness = { database: true, temporal: true, worker: true, sandbox: true };
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
  const source = /<script src="([^"]+)"/.exec(page.text)?.[1] ?? '';
  const script = await house.call('GET', new URL(source, 'http://x/api/docs/').pathname, { as: null });
  expect(script.status).toBe(200);
  expect(script.text.length).toBeGreaterThan(100_000);
});

test('it is ready when every part answers, and names the one that does not', async () => {
  expect(await house.call('GET', '/readyz', { as: null })).toMatchObject({ status: 200, body: { ready: true } });
  parts = { database: true, temporal: true, worker: false };
  expect(await house.call('GET', '/readyz', { as: null })).toMatchObject({
    status: 503,
    body: { ready: false, parts: { worker: false, temporal: true } },
  });
  expect((await house.call('GET', '/healthz', { as: null })).status).toBe(200);
});
