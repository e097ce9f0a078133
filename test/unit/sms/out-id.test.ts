import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatOutId, parseOutId } from '../../../src/sms/out-id.rule.ts';

const ids = fc.record({
  campaignKey: fc.integer({ min: 1, max: 999_999_999 }),
  requestSeq: fc.integer({ min: 1, max: 999_999_999 }),
  attempt: fc.integer({ min: 1, max: 99_999 }),
});

test('an out id reads back as it was written', () => {
  fc.assert(
    fc.property(ids, (id) => {
      expect(parseOutId(formatOutId(id))).toEqual(id);
    }),
  );
});

test('two requests never share an out id', () => {
  fc.assert(
    fc.property(ids, ids, (a, b) => {
      expect(formatOutId(a) === formatOutId(b)).toBe(
        a.campaignKey === b.campaignKey && a.requestSeq === b.requestSeq && a.attempt === b.attempt,
      );
    }),
  );
});

test.each([
  null,
  '',
  'wh-1-2',
  'wh-1-2-3-4',
  'WH-1-2-3',
  ' wh-1-2-3',
  'wh-1-2-3\n',
  'wh--1-2-3',
  'wh-1-2-x',
  'xwh-1-2-3',
  'wh-1234567890-1-1',
  'wh-1-1-123456',
  'wh-１-2-3',
])('%j is not ours', (text) => {
  expect(parseOutId(text)).toBeNull();
});
