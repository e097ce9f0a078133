import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refusalFor, suppressionKinds } from '../../../src/contact/contact.rule.ts';
import { capToShow, checksOf, countedBy, explainedChecks } from '../../../src/contact/explanation.rule.ts';
import { capsFor, defaultContactPolicy } from '../../../src/contact/policy.rule.ts';
import { suppressionReasons } from '../../../src/contact/message-state.rule.ts';
import { ask, facts, noon, silence, touch, touched } from './kit.ts';

const outcomes = (given: Partial<Parameters<typeof checksOf>[0]>) =>
  Object.fromEntries(
    checksOf({
      state: 'suppressed',
      reason: null,
      handedOver: false,
      purpose: 'marketing',
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
    const anyFacts = fc.record({
      suppressions: fc.array(
        fc.constantFrom(...suppressionKinds).map((kind) => silence(kind)),
        { maxLength: 3 },
      ),
      consent: fc.constantFrom(true, false, null),
      subscribed: fc.constantFrom(true, false, null),
      touches: fc.nat({ max: 4 }).map((count) => touched(count, 5)),
      number: fc.constantFrom('theirs' as const, 'moved' as const),
    });
    fc.assert(
      fc.property(anyFacts, fc.constantFrom('marketing' as const, 'care' as const), (change, purpose) => {
        const given = facts(change);
        const reason = refusalFor(given, ask(purpose, 'sms', { topic: 'offers' }), noon);
        const standing = given.suppressions.map((each) => each.kind);
        const said = outcomes({
          state: reason ? 'suppressed' : 'delivered',
          reason,
          handedOver: !reason,
          purpose,
          standing,
        });
        if (reason) expect(said[reason]).toBe('failed');
        else expect(Object.values(said)).not.toContain('failed');
        if (given.consent !== true && purpose === 'marketing' && reason === null) expect.unreachable();
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
    expect(outcomes({ state: 'delivered', handedOver: true, purpose: 'service', topic: null })).toMatchObject({
      'no-consent': 'not-needed',
      'not-subscribed': 'not-needed',
      capped: 'passed',
    });
  });
});

describe('the cap that is spoken of', () => {
  const caps = capsFor(defaultContactPolicy, 'marketing', 'sms');
  test('is the one that is full', () => {
    expect(capToShow(caps, touched(2, 5), noon)).toMatchObject({ of: 'marketing', max: 2 });
    expect(capToShow(caps, touched(12, 5, 'service'), noon)).toMatchObject({ of: 'total', max: 12 });
  });
  test('is the one with the least room while none is', () => {
    expect(capToShow(caps, [], noon)).toMatchObject({ of: 'marketing' });
    expect(capToShow(caps, touched(11, 5, 'service'), noon)).toMatchObject({ of: 'total' });
  });
  test('counts what it counts', () => {
    const [marketing] = caps;
    const touches = [touch(5), touch(200), touch(5, 'service'), touch(6, 'marketing', 'call')];
    expect(marketing && countedBy(marketing, touches, noon)).toEqual([touch(5), touch(6, 'marketing', 'call')]);
  });
});
