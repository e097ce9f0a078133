import { expect, test } from 'vitest';
import { loadCampaign } from '../../../src/campaign/view.command.ts';
import { judgeArchive } from '../../../src/form/archive/verdict.command.ts';
import { createFigures } from '../../../src/campaign/figures.command.ts';
import { viewCampaign } from '../../../src/campaign/live.command.ts';
import { explainPerson } from '../../../src/campaign/ledger.command.ts';
import { openHouse } from '../../kit/campaign.ts';

const house = await openHouse({
  scenario: { receipts: { failures: { share: 0.2, weights: { MOBILE_NOT_ON_SERVICE: 1 } } } },
});
const { operator } = house.people;

test('what the page says of a campaign that really ran is what its ledger and its archive say', async () => {
  const id = await house.signed(await house.addAudience(120));
  const done = await house.until(id, 'archived');
  const { number, key } = done.campaign;
  const figures = createFigures(house.pool);
  await figures.refresh(key);
  const view = await viewCampaign(operator.ctx, figures, number);

  expect(view.ledger?.counts).toEqual(done.ledger?.counts);
  expect(view.ledger).toMatchObject({ size: 120, balanced: true, difference: 0 });
  expect(view.ledger?.parts.reduce((sum, { share }) => sum + share, 0)).toBe(10_000);
  const { delivered = 0, failed = 0 } = done.ledger?.counts ?? {};
  expect(failed).toBeGreaterThan(0);
  expect(view.speed?.points.reduce((sum, [, submitted]) => sum + submitted, 0)).toBe(view.ledger?.submitted);
  expect(view.speed?.judged).toBe(delivered + failed);
  expect(view.speed?.bars.reduce((sum, count) => sum + count, 0)).toBe(delivered + failed);
  expect(view.events.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['campaign.create', 'campaign.sign', 'campaign.start', 'campaign.archive']),
  );

  const person = await explainPerson(operator.ctx, { number, seq: 1, recompute: true });
  expect(person.checks.every(({ outcome }) => outcome === 'passed' || outcome === 'not-needed')).toBe(true);
  expect(person.receipts).toHaveLength(1);

  const { verdict } = await judgeArchive(operator.ctx, await loadCampaign(operator.ctx, number));
  expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(verdict.facts?.counts).toEqual(view.ledger?.counts);
  await figures.close();
});
