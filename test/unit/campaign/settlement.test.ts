import { describe, expect, test } from 'vitest';
import { daysToAsk, isProvenNotSent, provenFrom, settlementOf } from '../../../src/campaign/settlement.rule.ts';

const proof = { proofs: 3, listLag: 7_200, afterDay: true };
const china = (text: string): Date => new Date(`${text}+08:00`);

test.each([
  ['in the morning, when the day is over', '2026-11-02T09:00:00', proof, '2026-11-03T00:00:00'],
  ['late in the evening, when the lag is over', '2026-11-02T22:30:00', proof, '2026-11-03T00:30:00'],
  ['in the last hour of a day, when the next is over', '2026-11-02T23:10:00', proof, '2026-11-04T00:00:00'],
  ['anywhere, after the lag alone', '2026-11-02T09:00:00', { ...proof, afterDay: false }, '2026-11-02T11:00:00'],
  ['with a lag of a day', '2026-11-02T09:00:00', { ...proof, listLag: 86_400 }, '2026-11-03T09:00:00'],
])('"not known" of a call %s is believed', (_, claimed, settings, from) => {
  expect(provenFrom(china(claimed), settings)).toEqual(china(from));
});

test.each([
  ['too few answers', { asked: 1 }, '2026-11-05T00:00:00', false],
  ['enough answers, too early', { asked: 9 }, '2026-11-02T23:59:59', false],
  ['enough answers, late enough', { asked: 2 }, '2026-11-03T00:00:00', true],
  ['a message that was accepted', { asked: 9, state: 'accepted' as const }, '2026-11-05T00:00:00', false],
])('%s: proven %s', (_, change, now, proven) => {
  const message = { state: 'unknown' as const, claimedAt: china('2026-11-02T09:00:00'), ...change };
  expect(isProvenNotSent(message, proof, china(now))).toBe(proven);
});

test('days around midnight and those of earlier attempts are asked for, each once', () => {
  expect(daysToAsk([china('2026-11-04T10:00:00'), china('2026-11-02T23:30:00'), china('2026-11-03T08:00:00')])).toEqual(
    ['2026-11-02', '2026-11-03', '2026-11-04'],
  );
});

const sent = (outId: string, state: 'waiting' | 'delivered' | 'failed') =>
  ({ kind: 'sent', outId, state, errorCode: state === 'failed' ? 'IS_CLOSE' : null }) as const;

describe('what the gateway says', () => {
  const unknown = { state: 'unknown' as const, asked: 4, claimedAt: new Date(0) };
  test.each([
    ['nothing that can be read', { kind: 'cannot-tell', code: 'x' } as const, true, 'unknown', 4],
    ['not known, no proof', { kind: 'not-sent' } as const, false, 'unknown', 5],
    ['not known, proven', { kind: 'not-sent' } as const, true, 'pending', 5],
    ['delivered', sent('mine', 'delivered'), false, 'delivered', 5],
    ['failed', sent('mine', 'failed'), false, 'failed', 5],
    ['on its way', sent('mine', 'waiting'), false, 'accepted', 5],
    ['an earlier attempt was delivered', sent('other', 'delivered'), false, 'delivered', 5],
    ['an earlier attempt is on its way', sent('other', 'waiting'), true, 'accepted', 5],
    ['an earlier attempt failed, the last is open', sent('other', 'failed'), false, 'unknown', 5],
    ['an earlier attempt failed, the last is not known', sent('other', 'failed'), true, 'failed', 5],
  ])('%s', (_, found, proven, state, asked) => {
    expect(settlementOf(unknown, 'mine', found, proven)).toMatchObject({ state, asked });
  });
  test('an accepted message stays so, whatever is not known of it', () => {
    expect(settlementOf({ ...unknown, state: 'accepted' }, 'mine', { kind: 'not-sent' }, false).state).toBe('accepted');
  });
});
