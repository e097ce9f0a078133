import { expect, test } from 'vitest';
import { campaignMoves, campaignStates, formStateOf } from '../../../src/campaign/state.rule.ts';
import { formMoves, formStates } from '../../../src/form/form-state.rule.ts';

test('every move of a campaign that says something of its form is a legal move of the form, or none at all', () => {
  for (const to of campaignStates) {
    const form = formStateOf(to);
    if (form === null) continue;
    for (const from of campaignMoves[to]) {
      const stood = formStateOf(from) ?? 'signed';
      // Scheduled again after a pause, sent again, voided while it was sent: the form is signed all the while.
      const legal: readonly string[] = [...formMoves[form], ...(form === 'signed' ? ['signed'] : [])];
      if (from !== 'freezing') expect(legal, `${from} to ${to}`).toContain(stood);
    }
  }
});

test('a form is signed only after both signatures were awaited in their order', () => {
  expect(formMoves.signed).toEqual(['awaiting-leader']);
  expect(formMoves['awaiting-leader']).toEqual(['awaiting-liaison']);
  expect(formStates.filter((state) => formMoves[state].length === 0)).toEqual(['awaiting-liaison']);
});
