import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  contactChannels,
  contactPurposes,
  covers,
  reachAsked,
  reachOf,
  reachWith,
  scopeOf,
  suppressionScopes,
} from '../../../src/kernel/reach.rule.ts';

test.each([
  ['a word', { scope: 'marketing' }, reachOf.marketing],
  [
    'both lists',
    { channels: ['call', 'sms', 'sms'], purposes: ['care'] },
    { channels: ['sms', 'call'], purposes: ['care'] },
  ],
  ['a word and a list', { scope: 'all', purposes: ['care'] }, null],
  ['channels alone', { channels: ['sms'] }, null],
  ['purposes alone', { purposes: ['care'], channels: [] }, null],
  ['nothing', {}, null],
] as const)('%s asks for a reach or for none', (_, asked, expected) => {
  expect(reachAsked(asked)).toEqual(expected);
});

const Reach = fc.record({
  channels: fc.array(fc.constantFrom(...contactChannels), { minLength: 1 }),
  purposes: fc.array(fc.constantFrom(...contactPurposes), { minLength: 1 }),
});

test('a reach written in order covers what it covered, and no word is given to another reach', () => {
  for (const scope of suppressionScopes) expect(scopeOf(reachOf[scope])).toBe(scope);
  fc.assert(
    fc.property(Reach, (reach) => {
      const written = reachWith(reach);
      const word = scopeOf(written);
      for (const channel of contactChannels)
        for (const purpose of contactPurposes) {
          expect(covers(written, { channel, purpose })).toBe(covers(reach, { channel, purpose }));
          if (word) expect(covers(reachOf[word], { channel, purpose })).toBe(covers(reach, { channel, purpose }));
        }
      expect(reachWith({ channels: reach.channels.toReversed(), purposes: reach.purposes.toReversed() })).toEqual(
        written,
      );
    }),
  );
});
