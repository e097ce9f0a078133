import { expect, test } from 'vitest';
import { openHouse } from '../../kit/campaign.ts';
import { archiveFile } from '../../kit/archive-file.ts';
import { verifyArchive } from '../../../src/form/archive/verify.rule.ts';

test('a signed campaign reaches everybody once, its ledger balances and its archive verifies', async () => {
  const house = await openHouse();
  const audience = await house.addAudience(2_300);
  const id = await house.signed(audience);
  const seen = await house.until(id, 'archived');
  expect(seen.ledger).toMatchObject({ size: 2_300, balanced: true, counts: { delivered: 2_300 } });
  expect(house.sandbox.witness.counts({})).toMatchObject({ accepted: 2_300 });
  const verdict = await verifyArchive((await archiveFile(house.pool, id)) ?? Buffer.alloc(0));
  expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(verdict.ok).toBe(true);
});
