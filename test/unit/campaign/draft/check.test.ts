import { describe, expect, test } from 'vitest';
import {
  asChecks,
  durationCheck,
  peopleChecks,
  rateFaultFor,
  stepOf,
} from '../../../../src/campaign/draft/check.rule.ts';

const counted = (more: object = {}) => ({
  state: 'done' as const,
  result: { size: 100, costFen: 450, gateway: null, ...more },
  fault: null,
});
const finish = (kind: string) => ({ kind, left: 7, at: new Date(0) }) as never;
const said = (checks: ReturnType<typeof peopleChecks>) =>
  checks.map(({ name, state, code }) => `${name} ${state}${code === null ? '' : ` ${code}`}`);

describe('the count of people', () => {
  test.each<[string, Parameters<typeof peopleChecks>, string[]]>([
    ['without an audience nothing is said', [{ state: 'none', result: null, fault: null }, null], []],
    [
      'one that failed says why',
      [{ state: 'failed', result: null, fault: 'audience.unread' }, null],
      ['people fault audience.unread'],
    ],
    [
      'one that failed without a reason names the process',
      [{ state: 'failed', result: null, fault: null }, null],
      ['people fault process.unreachable'],
    ],
    ['one of other contents waits', [{ ...counted(), state: 'stale' }, null], ['people waiting draft.stale']],
    ['one that runs waits', [{ state: 'running', result: null, fault: null }, null], ['people waiting draft.counting']],
    ['nobody in it is a fault', [counted({ size: 0 }), null], ['people fault audience.empty', 'gateway passed']],
    [
      'a text that the gateway holds otherwise is a fault',
      [counted({ gateway: 'gateway.text-differs' }), null],
      ['people passed', 'gateway fault gateway.text-differs'],
    ],
    [
      'a cost at the ceiling passes',
      [counted(), { costCeilingFen: 450 }],
      ['people passed', 'gateway passed', 'cost passed'],
    ],
    [
      'a fen more does not',
      [counted({ costFen: 451 }), { costCeilingFen: 450 }],
      ['people passed', 'gateway passed', 'cost fault campaign.over-ceiling'],
    ],
  ])('%s', (_, [estimate, read], expected) => expect(said(peopleChecks(estimate, read))).toEqual(expected));
});

test.each([
  ['draft.unreadable-rate', { ratePerSecond: 50 }, 'draft.rate-above'],
  ['draft.unreadable-rate', null, 'draft.unreadable-rate'],
  ['draft.no-name', { ratePerSecond: 50 }, 'draft.no-name'],
])('a rate at fault (%s, account %o) is said as %s', (code, account, expected) => {
  expect(rateFaultFor(code, account)).toBe(expected);
});

test.each([
  ['audienceId', 'audience'],
  ['window.endsAt', 'window'],
  ['ratePerSecond', 'window'],
  ['signBy', 'window'],
  ['variableSources.name', 'text'],
])('%s is mended in the step %s', (field, step) => expect(stepOf(field)).toBe(step));

test('faults become one check each; none is a check that passed', () => {
  expect(asChecks('text', 'text', [])).toMatchObject([{ state: 'passed', code: null }]);
  expect(asChecks('text', 'text', [{ code: 'a' }, { code: 'b' }])).toMatchObject([{ code: 'a' }, { code: 'b' }]);
});

test.each([
  ['too short even at the fastest', 'too-short', 'too-short', 'draft.window-too-short'],
  ['too short at the slowest', 'done', 'too-short', 'draft.window-tight'],
  ['long enough', 'done', 'done', null],
])('a window %s', (_, fast, slow, code) => {
  expect(durationCheck({ fastest: finish(fast), slowest: finish(slow) }).code).toBe(code);
});
