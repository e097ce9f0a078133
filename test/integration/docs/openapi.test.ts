import { expect, test } from 'vitest';
import { openHouse } from '../kit/http/kit.ts';

test('docs/openapi.json is what the API serves (`npx vitest run --project integration -u test/integration/docs` writes it)', async () => {
  const house = await openHouse();
  const { body } = await house.call('GET', '/api/openapi.json', { as: null });
  expect(body).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
  await expect(`${JSON.stringify(body, null, 1)}\n`).toMatchFileSnapshot('../../../docs/openapi.json');
});
