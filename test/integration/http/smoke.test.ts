import { expect, test } from 'vitest';
import { openHouse } from './kit.ts';

const house = await openHouse();
test('smoke', async () => {
  for (const [m, p] of [['GET','/v1/me'],['GET','/v1/staff'],['GET','/v1/keys'],['GET','/v1/audit'],['GET','/v1/audit/verify'],['GET','/readyz'],['GET','/api/docs/'],['GET','/api/openapi.json'],['GET','/v1/none']] as const) {
    const a = await house.call(m, p);
    console.log(p, a.status, a.text.slice(0, 600));
  }
  const a = await house.call('POST', '/v1/staff', { body: { name: 'x' } });
  console.log(a.status, a.text);
  console.log(house.log().split("\n").filter((l)=>l.includes(`"level":50`)).join("\n"));
  expect(1).toBe(1);
});
