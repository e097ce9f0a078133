import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { suppressionReasons } from '../../../src/contact/message-state.rule.ts';
import { refusalFor, type ContactFacts, type ContactRules } from '../../../src/contact/refusal.rule.ts';

const facts = (change: Partial<ContactFacts> = {}): ContactFacts => ({
  suppressions: [],
  consent: true,
  subscribed: true,
  recentContacts: 0,
  ...change,
});
const rules = (change: Partial<ContactRules> = {}): ContactRules => ({
  kind: 'marketing',
  topic: null,
  cap: { max: 2, days: 7 },
  ...change,
});
const notice = rules({ kind: 'notice' });
const against = (
  kind: ContactFacts['suppressions'][number]['kind'],
  scope: ContactFacts['suppressions'][number]['scope'],
): Partial<ContactFacts> => ({ suppressions: [{ kind, scope }] });

test.each<[string, Partial<ContactFacts>, ContactRules, ReturnType<typeof refusalFor>]>([
  ['a person with consent', {}, rules(), null],
  ['an opt-out from SMS', against('opt-out', 'sms'), rules(), 'opted-out'],
  ['an opt-out from SMS, notice', against('opt-out', 'sms'), notice, 'opted-out'],
  ['an opt-out from marketing', against('opt-out', 'marketing'), rules(), 'opted-out'],
  ['an opt-out from marketing, notice', against('opt-out', 'marketing'), notice, null],
  ['do not call', against('dnc', 'all'), notice, 'dnc'],
  ['a complaint', against('complaint', 'all'), notice, 'complaint'],
  ['a dead number', against('dead-number', 'sms'), notice, 'dead-number'],
  ['a number that the gateway refuses', against('gateway-blacklist', 'sms'), notice, 'gateway-blacklist'],
  [
    'an opt-out behind a complaint',
    {
      suppressions: [
        { kind: 'complaint', scope: 'all' },
        { kind: 'opt-out', scope: 'sms' },
      ],
    },
    rules(),
    'opted-out',
  ],
  [
    'an opt-out from marketing behind a dead number, notice',
    {
      suppressions: [
        { kind: 'opt-out', scope: 'marketing' },
        { kind: 'dead-number', scope: 'sms' },
      ],
    },
    notice,
    'dead-number',
  ],
  ['silence about marketing', { consent: null }, rules(), 'no-consent'],
  ['consent withdrawn', { consent: false }, rules(), 'no-consent'],
  ['consent withdrawn, notice', { consent: false }, notice, null],
  ['a topic never chosen', { subscribed: null }, rules({ topic: 'travel' }), 'not-subscribed'],
  ['a topic left', { subscribed: false }, rules({ kind: 'notice', topic: 'travel' }), 'not-subscribed'],
  ['a topic left, a message without topic', { subscribed: false }, rules(), null],
  ['one below the cap', { recentContacts: 1 }, rules(), null],
  ['at the cap', { recentContacts: 2 }, rules(), 'capped'],
  ['a cap of none', {}, rules({ cap: { max: 0, days: 1 } }), 'capped'],
  ['no consent and at the cap', { consent: null, recentContacts: 9 }, rules(), 'no-consent'],
])('%s', (_, change, at, expected) => {
  expect(refusalFor(facts(change), at)).toBe(expected);
});

const anyFacts: fc.Arbitrary<ContactFacts> = fc.record({
  suppressions: fc.array(
    fc.record({
      kind: fc.constantFrom('opt-out', 'dnc', 'complaint', 'dead-number', 'gateway-blacklist'),
      scope: fc.constantFrom('all', 'sms', 'marketing'),
    }),
    { maxLength: 4 },
  ),
  consent: fc.option(fc.boolean()),
  subscribed: fc.option(fc.boolean()),
  recentContacts: fc.nat(5),
});
const anyRules: fc.Arbitrary<ContactRules> = fc.record({
  kind: fc.constantFrom('marketing', 'notice'),
  topic: fc.option(fc.constant('travel')),
  cap: fc.record({ max: fc.nat(5), days: fc.constant(7) }),
});

test('a further no never opens what was closed, and every answer is of the closed set', () => {
  fc.assert(
    fc.property(anyFacts, anyRules, fc.constantFrom('opt-out', 'dnc', 'complaint'), (at, by, kind) => {
      const before = refusalFor(at, by);
      if (before !== null) expect(suppressionReasons).toContain(before);
      expect(refusalFor({ ...at, suppressions: [...at.suppressions, { kind, scope: 'all' }] }, by)).not.toBeNull();
      expect(refusalFor({ ...at, recentContacts: by.cap.max }, by)).not.toBeNull();
      if (before !== null) expect(refusalFor({ ...at, recentContacts: at.recentContacts + 1 }, by)).not.toBeNull();
    }),
  );
});

test('the order in which suppressions are found changes nothing about whether a person is contacted', () => {
  fc.assert(
    fc.property(anyFacts, anyRules, (at, by) => {
      const backwards = { ...at, suppressions: at.suppressions.toReversed() };
      expect(refusalFor(backwards, by) === null).toBe(refusalFor(at, by) === null);
    }),
  );
});
