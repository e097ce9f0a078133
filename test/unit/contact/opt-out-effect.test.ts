import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  defaultOptOutSetting,
  effectOfOptOut,
  repliesMaySilence,
  timesRefused,
  type NoticeNo,
} from '../../../src/contact/opt-out-effect.rule.ts';
import { contactChannels, contactPurposes, covers, reachOf } from '../../../src/kernel/reach.rule.ts';

const start = Date.parse('2026-08-01T02:00:00Z');
const day = (days: number, minutes = 0): Date => new Date(start + days * 86_400_000 + minutes * 60_000);
/** A no, so many minutes after the message that it answers. */
const no = (sentAt: Date, minutes = 5): NoticeNo => ({ sentAt, at: new Date(sentAt.getTime() + minutes * 60_000) });

test.each<[string, NoticeNo[], number]>([
  ['one no', [no(day(0))], 1],
  ['the same no written three times', [no(day(0), 1), no(day(0), 2), no(day(0), 600)], 1],
  ['a no to each of two notices', [no(day(0)), no(day(30))], 2],
  ['a no to two notices that had left before the first no', [no(day(0), 60), no(day(0, 30), 90)], 1],
  ['a no to a notice that was on its way when the first came', [no(day(0), 5), no(day(0, 14), 2)], 1],
  ['a no to a notice sent after the first', [no(day(0), 5), no(day(0, 16), 2)], 2],
  ['a no on the last of the days', [no(day(0)), no(day(90))], 2],
  ['a no after the days', [no(day(0)), no(day(90), 6)], 1],
  ['three of them', [no(day(0)), no(day(30)), no(day(60))], 3],
])('%s is counted', (_, nos, expected) => {
  expect(timesRefused(nos, 90)).toBe(expected);
  expect(timesRefused(nos.toReversed(), 90)).toBe(expected);
});

const atOnce = reachOf.marketing;
const twice = [no(day(0)), no(day(30))];
const withCare = { ...defaultOptOutSetting, purposes: ['marketing', 'survey', 'care'] as const };
test.each([
  ['marketing', 'marketing', twice, defaultOptOutSetting, { atOnce, further: null, asks: null }],
  ['a survey', 'survey', twice, defaultOptOutSetting, { atOnce, further: null, asks: null }],
  ['nothing that is known', null, [], defaultOptOutSetting, { atOnce, further: null, asks: null }],
  ['a service notice', 'service', [no(day(0))], defaultOptOutSetting, { atOnce, further: null, asks: 'look' }],
  ['a service notice again', 'service', twice, defaultOptOutSetting, { atOnce, further: null, asks: 'decide' }],
  ['a repayment notice again', 'repayment', twice, defaultOptOutSetting, { atOnce, further: null, asks: 'decide' }],
  ['care', 'care', [no(day(0))], defaultOptOutSetting, { atOnce, further: null, asks: 'look' }],
  [
    'care again',
    'care',
    twice,
    defaultOptOutSetting,
    { atOnce, further: { channels: ['sms'], purposes: ['care'] }, asks: null },
  ],
  [
    'a callback again',
    'callback',
    twice,
    defaultOptOutSetting,
    { atOnce, further: { channels: ['sms'], purposes: ['callback'] }, asks: null },
  ],
  [
    'care where the house lets the first no silence it',
    'care',
    [no(day(0))],
    withCare,
    { atOnce: { channels: contactChannels, purposes: ['marketing', 'survey', 'care'] }, further: null, asks: null },
  ],
] as const)('a no to %s does this', (_, answers, nos, setting, expected) => {
  expect(effectOfOptOut(answers, nos, setting)).toEqual(expected);
});

const minute = fc.integer({ min: 0, max: 200 * 1_440 });
const Nos = fc.array(
  fc.tuple(minute, fc.integer({ min: 0, max: 5_000 })).map(([sent, later]) => no(day(0, sent), later)),
  { minLength: 1, maxLength: 8 },
);
const Setting = fc.record({
  channels: fc.subarray([...contactChannels]).filter((channels) => channels.includes('sms')),
  purposes: fc.subarray([...repliesMaySilence]).filter((purposes) => purposes.includes('marketing')),
  secondNoDays: fc.integer({ min: 1, max: 365 }),
});

test('a no ends marketing by text at once and never a duty notice, whatever was answered and however the house is set', () => {
  const asked = new Set<string | null>();
  fc.assert(
    fc.property(fc.option(fc.constantFrom(...contactPurposes)), Nos, Setting, (answers, nos, setting) => {
      const { atOnce: silenced, further, asks } = effectOfOptOut(answers, nos, setting);
      expect(covers(silenced, { channel: 'sms', purpose: 'marketing' })).toBe(true);
      for (const reach of [silenced, ...(further ? [further] : [])])
        for (const duty of ['service', 'repayment'] as const)
          for (const channel of contactChannels) expect(covers(reach, { channel, purpose: duty })).toBe(false);
      if (answers === 'service' || answers === 'repayment') expect(asks).not.toBeNull();
      if (asks === 'decide') expect(['service', 'repayment']).toContain(answers);
      asked.add(asks);
      // Neither the order in which pushes come nor a reply that is written again changes anything.
      expect(effectOfOptOut(answers, nos.toReversed(), setting)).toEqual({ atOnce: silenced, further, asks });
      expect(effectOfOptOut(answers, [...nos, ...nos], setting)).toEqual({ atOnce: silenced, further, asks });
    }),
  );
  expect(asked).toEqual(new Set(['decide', 'look', null]));
});

test('however often one message is answered with no, it is one no', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 9 }), (minutes) => {
      expect(
        timesRefused(
          minutes.map((later) => no(day(0), later)),
          90,
        ),
      ).toBe(1);
    }),
  );
});
