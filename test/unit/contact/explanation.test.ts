import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checksOf, explainedChecks, freeAgainAt } from '../../../src/contact/explanation.rule.ts';
import { suppressionReasons } from '../../../src/contact/message-state.rule.ts';
import { refusalFor, type ContactFacts, type SuppressionKind } from '../../../src/contact/refusal.rule.ts';

const kinds: SuppressionKind[] = ['opt-out', 'dnc', 'complaint', 'dead-number', 'gateway-blacklist'];
const outcomes = (given: Partial<Parameters<typeof checksOf>[0]>) =>
  Object.fromEntries(
    checksOf({
      state: 'suppressed',
      reason: null,
      handedOver: false,
      kind: 'marketing',
      topic: 'offers',
      standing: [],
      ...given,
    }).map(({ check, outcome }) => [check, outcome]),
  );

describe('the checks behind a decision', () => {
  test('name every reason of the rule, and no other', () => {
    expect([...explainedChecks].toSorted()).toEqual([...suppressionReasons].toSorted());
  });

  test.each(suppressionReasons)('refused for %s: that one failed, the later ones were not run', (reason) => {
    const said = outcomes({ reason });
    const at = explainedChecks.indexOf(reason);
    expect(said[reason]).toBe('failed');
    explainedChecks.forEach((check, index) => {
      if (index > at) expect(said[check]).toBe('not-run');
      if (index < at) expect(said[check]).toBe('passed');
    });
  });

  test('agree with the rule that decided, whatever was on record', () => {
    const facts = fc.record({
      suppressions: fc.array(fc.record({ kind: fc.constantFrom(...kinds), scope: fc.constant('all' as const) }), {
        maxLength: 3,
      }),
      consent: fc.constantFrom(true, false, null),
      subscribed: fc.constantFrom(true, false, null),
      recentContacts: fc.nat({ max: 4 }),
    }) satisfies fc.Arbitrary<ContactFacts>;
    fc.assert(
      fc.property(facts, fc.constantFrom('marketing' as const, 'notice' as const), (given, kind) => {
        const reason = refusalFor(given, { kind, topic: 'offers', cap: { max: 2, days: 7 } });
        const standing = given.suppressions.map((each) => each.kind);
        const said = outcomes({
          state: reason ? 'suppressed' : 'delivered',
          reason,
          handedOver: !reason,
          kind,
          standing,
        });
        if (reason) expect(said[reason]).toBe('failed');
        else expect(Object.values(said)).not.toContain('failed');
        if (given.consent !== true && kind === 'marketing' && reason === null) expect.unreachable();
      }),
    );
  });

  test('call nothing passed that was never looked at', () => {
    expect(Object.values(outcomes({ state: 'pending' }))).toEqual(explainedChecks.map(() => 'not-run'));
    expect(Object.values(outcomes({ state: 'cancelled' }))).not.toContain('passed');
  });

  test('show a second suppression that stood then as failed too', () => {
    const said = outcomes({ reason: 'complaint', standing: ['complaint', 'dnc', 'gateway-blacklist'] });
    expect(said).toMatchObject({
      dnc: 'failed',
      complaint: 'failed',
      'gateway-blacklist': 'failed',
      capped: 'not-run',
    });
  });

  test('need no marketing consent for a notice and no topic where there is none', () => {
    expect(outcomes({ state: 'delivered', handedOver: true, kind: 'notice', topic: null })).toMatchObject({
      'no-consent': 'not-needed',
      'not-subscribed': 'not-needed',
      capped: 'passed',
    });
  });
});

const at = (day: number): Date => new Date(Date.UTC(2026, 8, day));

describe('when a capped person is free again', () => {
  test('is when the touch that makes it too many leaves the days of the cap', () => {
    expect(freeAgainAt([at(23), at(26)], { max: 2, days: 7 })).toEqual(at(30));
    expect(freeAgainAt([at(20), at(23), at(26)], { max: 2, days: 7 })).toEqual(at(30));
  });
  test('is now while there is room', () => {
    expect(freeAgainAt([at(23)], { max: 2, days: 7 })).toBeNull();
  });
});
