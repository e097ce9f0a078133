import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  earliestFor,
  fullUntil,
  objectionsTo,
  refusalFor,
  suppressionKinds,
  verdictFor,
  type ContactAsk,
  type ContactFacts,
} from '../../../src/contact/contact.rule.ts';
import { defaultContactPolicy, type ContactPolicy } from '../../../src/contact/policy.rule.ts';
import { contactChannels, contactPurposes, everything } from '../../../src/kernel/reach.rule.ts';
import { suppressionReasons } from '../../../src/contact/message-state.rule.ts';
import { ask, at, facts, hoursBefore, noon, silence, touch, touched } from './kit.ts';

const offer = ask('marketing', 'sms');
const notice = ask('service', 'sms');
const sms = { channels: ['sms'] } as const;
const ads = { purposes: ['marketing', 'survey'] } as const;

test.each<[string, Partial<ContactFacts>, ContactAsk, ReturnType<typeof refusalFor>]>([
  ['a person with consent', {}, offer, null],
  ['an opt-out from texts', { suppressions: [silence('opt-out', sms)] }, offer, 'opted-out'],
  ['an opt-out from texts, notice', { suppressions: [silence('opt-out', sms)] }, notice, 'opted-out'],
  ['an opt-out from texts, call', { suppressions: [silence('opt-out', sms)] }, ask('marketing', 'call'), null],
  ['an opt-out from marketing', { suppressions: [silence('opt-out', ads)] }, offer, 'opted-out'],
  [
    'an opt-out from marketing, by phone',
    { suppressions: [silence('opt-out', ads)] },
    ask('marketing', 'call'),
    'opted-out',
  ],
  ['an opt-out from marketing, survey', { suppressions: [silence('opt-out', ads)] }, ask('survey', 'web'), 'opted-out'],
  ['an opt-out from marketing, notice', { suppressions: [silence('opt-out', ads)] }, notice, null],
  ['an opt-out from marketing, reminder', { suppressions: [silence('opt-out', ads)] }, ask('repayment', 'sms'), null],
  ['an opt-out that has ended', { suppressions: [silence('opt-out', {}, noon)] }, offer, null],
  ['do not call', { suppressions: [silence('dnc')] }, notice, 'dnc'],
  ['a complaint', { suppressions: [silence('complaint')] }, notice, 'complaint'],
  ['a dead number', { suppressions: [silence('dead-number', sms)] }, notice, 'dead-number'],
  [
    'a number that the carrier refuses',
    { suppressions: [silence('gateway-blacklist', sms)] },
    notice,
    'gateway-blacklist',
  ],
  ['an opt-out behind a complaint', { suppressions: [silence('complaint'), silence('opt-out')] }, offer, 'opted-out'],
  ['a number that passed on', { number: 'moved' }, notice, 'number-moved'],
  ['a number past its last day', { number: 'expired' }, notice, 'number-moved'],
  [
    'an opt-out behind a number that passed on',
    { number: 'moved', suppressions: [silence('opt-out')] },
    offer,
    'opted-out',
  ],
  ['silence about marketing', { consent: null }, offer, 'no-consent'],
  ['consent withdrawn', { consent: false }, offer, 'no-consent'],
  ['consent withdrawn, notice', { consent: false }, notice, null],
  ['a topic never chosen', { subscribed: null }, { ...offer, topic: 'travel' }, 'not-subscribed'],
  ['a topic left', { subscribed: false }, { ...notice, topic: 'travel' }, 'not-subscribed'],
  ['a topic left, a message without topic', { subscribed: false }, offer, null],
  ['one offer this week', { touches: touched(1, 20) }, offer, null],
  ['two offers this week', { touches: touched(2, 20) }, offer, 'capped'],
  ['two offers by phone this week', { touches: touched(2, 20, 'marketing', 'call') }, offer, 'capped'],
  ['two offers eight days ago', { touches: touched(2, 192) }, offer, null],
  ['two offers this week, notice', { touches: touched(2, 20) }, notice, null],
  ['two surveys a month', { touches: [touch(300, 'survey'), touch(400, 'survey')] }, ask('survey', 'sms'), 'capped'],
  [
    'three calls about a repayment',
    { touches: touched(3, 5, 'repayment', 'call') },
    ask('repayment', 'call'),
    'capped',
  ],
  [
    'three calls about a repayment, text',
    { touches: touched(3, 5, 'repayment', 'call') },
    ask('repayment', 'sms'),
    null,
  ],
  [
    'three texts about a repayment, call',
    { touches: touched(3, 5, 'repayment', 'sms') },
    ask('repayment', 'call'),
    null,
  ],
  [
    'twelve contacts of all kinds',
    { touches: [...touched(9, 5, 'service'), ...touched(3, 5, 'callback')] },
    ask('care', 'web'),
    'capped',
  ],
  ['no consent and too many', { consent: null, touches: touched(9, 5) }, offer, 'no-consent'],
])('%s: %#', (_, change, asked, expected) => {
  expect(refusalFor(facts(change), asked, noon)).toBe(expected);
});

test('what a carrier lets one number get in a day holds beside every cap of the house', () => {
  const free: ContactPolicy = {
    ...defaultContactPolicy,
    total: { day: null, week: null, month: null, callsADay: null },
    caps: { ...defaultContactPolicy.caps, service: { day: null, week: null, month: null, callsADay: null } },
  };
  const asked = ask('service', 'sms', { policy: free });
  expect(refusalFor(facts({ touches: touched(49, 5, 'service') }), asked, noon)).toBeNull();
  expect(refusalFor(facts({ touches: touched(50, 5, 'service') }), asked, noon)).toBe('capped');
  expect(refusalFor(facts({ touches: touched(50, 5, 'service') }), { ...asked, channel: 'call' }, noon)).toBeNull();
});

describe('hours', () => {
  test('keep nobody off a list, and nobody is contacted outside them', () => {
    const night = at('2026-11-04T15:00:00Z');
    expect(refusalFor(facts(), offer, night)).toBeNull();
    expect(verdictFor(facts(), offer, night)).toEqual({
      may: false,
      why: 'outside-hours',
      until: at('2026-11-05T00:00:00Z'),
    });
    expect(verdictFor(facts(), offer, noon)).toEqual({ may: true });
  });
  test('of a repayment end at 22:00 whatever account sends', () => {
    const late = at('2026-11-04T14:30:00Z');
    const asked = ask('repayment', 'sms');
    expect(verdictFor(facts(), { ...asked, hours: asked.hours.slice(1) }, late)).toMatchObject({
      why: 'outside-hours',
    });
  });
});

describe('the earliest time', () => {
  test('is now when nothing forbids it', () => {
    expect(earliestFor(facts(), offer, noon)).toEqual(noon);
  });
  test('is when the cap has room, at the next time that is open', () => {
    // The older of two offers leaves the week on Sunday at 01:00 in China; texts open at 08:00.
    const touches = [{ at: at('2026-10-31T17:00:00Z'), purpose: 'marketing', channel: 'sms' } as const, touch(5)];
    expect(earliestFor(facts({ touches }), offer, noon)).toEqual(at('2026-11-08T00:00:00Z'));
  });
  test('is after the end of what silences for a time', () => {
    const until = at('2026-11-06T01:00:00Z');
    expect(earliestFor(facts({ suppressions: [silence('dead-number', {}, until)] }), offer, noon)).toEqual(until);
  });
  test('is never without somebody’s act', () => {
    for (const change of [{ suppressions: [silence('opt-out')] }, { consent: null }, { number: 'moved' }] as const)
      expect(earliestFor(facts(change), offer, noon)).toBeNull();
  });
});

test('a cap is full until the touch that makes it too many leaves its days', () => {
  const touches = [hoursBefore(24 * 6), hoursBefore(24 * 3)];
  expect(fullUntil(touches, { max: 2, days: 7 }, noon)).toEqual(hoursBefore(-24));
  expect(fullUntil([hoursBefore(24 * 6.5), ...touches], { max: 2, days: 7 }, noon)).toEqual(hoursBefore(-24));
  expect(fullUntil(touches.slice(1), { max: 2, days: 7 }, noon)).toBeNull();
});

const anyTouch = fc
  .record({
    hours: fc.integer({ min: 0, max: 900 }),
    purpose: fc.constantFrom(...contactPurposes),
    channel: fc.constantFrom(...contactChannels),
  })
  .map(({ hours, purpose, channel }) => touch(hours, purpose, channel));
const anyFacts: fc.Arbitrary<ContactFacts> = fc.record({
  suppressions: fc.array(
    fc.record({
      kind: fc.constantFrom(...suppressionKinds),
      channels: fc.subarray([...contactChannels]),
      purposes: fc.subarray([...contactPurposes]),
      until: fc.option(fc.integer({ min: -50, max: 500 }).map((hours) => hoursBefore(-hours))),
    }),
    { maxLength: 4 },
  ),
  consent: fc.option(fc.boolean()),
  subscribed: fc.option(fc.boolean()),
  touches: fc.array(anyTouch, { maxLength: 20 }),
  number: fc.constantFrom('theirs', 'theirs', 'moved', 'expired'),
  zone: fc.option(fc.constantFrom('Asia/Shanghai', 'Asia/Urumqi', 'America/New_York', 'Asia/Kathmandu')),
});
const anyAsk: fc.Arbitrary<ContactAsk> = fc
  .tuple(fc.constantFrom(...contactPurposes), fc.constantFrom(...contactChannels), fc.option(fc.constant('travel')))
  .map(([purpose, channel, topic]) => ask(purpose, channel, { topic }));

test('a further no or a further contact never opens what was closed, and every answer is of the closed set', () => {
  fc.assert(
    fc.property(anyFacts, anyAsk, fc.constantFrom(...suppressionKinds), (of, asked, kind) => {
      const before = refusalFor(of, asked, noon);
      if (before !== null) expect(suppressionReasons).toContain(before);
      const more = { kind, until: null, ...everything };
      expect(refusalFor({ ...of, suppressions: [...of.suppressions, more] }, asked, noon)).not.toBeNull();
      const again = { at: noon, purpose: asked.purpose, channel: asked.channel };
      if (before !== null) expect(refusalFor({ ...of, touches: [...of.touches, again] }, asked, noon)).not.toBeNull();
    }),
  );
});

test('at the earliest time nothing forbids the contact, and a minute before it something does', () => {
  fc.assert(
    fc.property(anyFacts, anyAsk, (of, asked) => {
      const earliest = earliestFor(of, asked, noon);
      if (earliest === null) return;
      expect(objectionsTo(of, asked, earliest)).toEqual([]);
      if (earliest > noon) {
        const before = new Date(Math.max(noon.getTime(), earliest.getTime() - 60_000));
        expect(objectionsTo(of, asked, before)).not.toEqual([]);
      }
    }),
  );
});

test('the order in which facts are found changes nothing about the answer', () => {
  fc.assert(
    fc.property(anyFacts, anyAsk, (of, asked) => {
      const backwards = {
        ...of,
        suppressions: of.suppressions.toReversed(),
        touches: of.touches.toReversed(),
      };
      expect(refusalFor(backwards, asked, noon)).toBe(refusalFor(of, asked, noon));
      expect(earliestFor(backwards, asked, noon)).toEqual(earliestFor(of, asked, noon));
    }),
  );
});
