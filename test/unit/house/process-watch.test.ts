import { describe, expect, test } from 'vitest';
import {
  lossesNow,
  restartPauseMs,
  verdictOn,
  type ProcessSeen,
  type WatchedProcess,
} from '../../../src/house/process-watch.rule.ts';

const now = new Date('2026-11-27T02:00:00Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000);
const process = (change: Partial<WatchedProcess> = {}): WatchedProcess => ({
  stale: false,
  losses: 0,
  lostAt: null,
  ...change,
});

test.each<[string, Partial<WatchedProcess>, ProcessSeen, unknown]>([
  ['one that runs', {}, 'running', { kind: 'lives' }],
  ['one that Temporal does not know', {}, 'missing', { kind: 'restart', lost: 'missing' }],
  ['one that cannot go on', {}, 'stuck', { kind: 'restart', lost: 'stuck' }],
  ['one that somebody has terminated', {}, 'terminated', { kind: 'restart', lost: 'terminated' }],
  ['one that has failed', {}, 'failed', { kind: 'restart', lost: 'failed' }],
  ['one that has timed out', {}, 'timed-out', { kind: 'restart', lost: 'timed-out' }],
  ['one that was cancelled', {}, 'cancelled', { kind: 'restart', lost: 'cancelled' }],
  ['one that took an older database for the end', {}, 'completed', { kind: 'restart', lost: 'completed' }],
  ['one that runs on a restored database', { stale: true }, 'running', { kind: 'restart', lost: 'restored' }],
  ['one lost with a restored database', { stale: true }, 'missing', { kind: 'restart', lost: 'restored' }],
  ['one lost again after ten seconds', { losses: 1, lostAt: ago(10) }, 'terminated', { kind: 'wait' }],
  [
    'one lost again after half a minute',
    { losses: 1, lostAt: ago(30) },
    'terminated',
    { kind: 'restart', lost: 'terminated' },
  ],
  ['the third loss within a minute', { losses: 2, lostAt: ago(59) }, 'failed', { kind: 'wait' }],
  [
    'one that lived for more than an hour',
    { losses: 9, lostAt: ago(3_601) },
    'failed',
    { kind: 'restart', lost: 'failed' },
  ],
])('%s', (_, change, seen, expected) => {
  expect(verdictOn(process(change), seen, now)).toEqual(expected);
});

describe('the pause between two starts', () => {
  test('doubles, and never exceeds an hour', () => {
    expect([0, 1, 2, 3].map(restartPauseMs)).toEqual([0, 30_000, 60_000, 120_000]);
    expect(restartPauseMs(40)).toBe(3_600_000);
  });
  test('begins anew after an hour of life', () => {
    expect(lossesNow({ losses: 5, lostAt: ago(3_600) }, now)).toBe(5);
    expect(lossesNow({ losses: 5, lostAt: ago(3_601) }, now)).toBe(0);
  });
});
