import { expect, test } from 'vitest';
import { campaignStates } from '../../../src/campaign/state.rule.ts';
import { neverSent, pendingBecause } from '../../../src/campaign/pending.rule.ts';

test.each([
  ['awaiting-liaison', 'unsigned', false],
  ['awaiting-leader', 'unsigned', false],
  ['scheduled', 'waits', false],
  ['sending', 'turn', false],
  ['paused', 'paused', false],
  ['rejected', 'rejected', true],
  ['withdrawn', 'withdrawn', true],
  ['expired', 'expired', true],
  ['voided', 'voided', true],
  ['cancelled', 'cancelled', true],
  ['archived', 'over', true],
] as const)('who is pending in a campaign that is %s is so because %s', (state, because, never) => {
  expect([pendingBecause(state), neverSent(pendingBecause(state))]).toEqual([because, never]);
});

test('only a campaign that sends lets people wait for their turn', () => {
  expect(campaignStates.filter((state) => pendingBecause(state) === 'turn')).toEqual(['sending']);
});
