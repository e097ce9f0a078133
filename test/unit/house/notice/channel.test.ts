import { assert, constantFrom, date, double, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  afterCall,
  channelKinds,
  type ChannelKind,
  type ChannelOutcome,
} from '../../../../src/house/notice/channel.rule.ts';
import {
  defaultQuiet,
  quietUntil,
  whatNow,
  type DeliveryFacts,
  type WhatNow,
} from '../../../../src/house/notice/delivery.rule.ts';
import { planFor } from '../../../../src/house/notice/plan.rule.ts';
import { calendarCn } from '../../../../src/kernel/calendar-cn.rule.ts';
import type { NoticeKind } from '../../../../src/house/notice/notice.rule.ts';

const at = (text: string): Date => new Date(`${text}+08:00`);
const now = at('2026-09-22T10:00:00');

const afterFirst = (channel: ChannelKind, outcome: ChannelOutcome) =>
  afterCall({ channel, attempts: 1, repeated: false }, outcome, now, 0);

describe('after a call', () => {
  const busy: ChannelOutcome = { kind: 'retry', code: 'busy' };
  const lost: ChannelOutcome = { kind: 'unknown', code: 'timeout' };
  test.each<[string, ChannelKind, number, boolean, ChannelOutcome, string, number | null]>([
    // what, channel, attempts, repeated, outcome, state, seconds to the next call
    ['accepted', 'wecom', 1, false, { kind: 'accepted' }, 'accepted', null],
    ['busy, first', 'wecom', 1, false, busy, 'queued', 10],
    ['busy, third', 'feishu', 3, false, busy, 'queued', 300],
    ['busy to the end', 'feishu', 7, false, busy, 'failed', null],
    ['shut for ten minutes', 'dingtalk', 1, false, { kind: 'retry', code: '130101', afterMs: 600_000 }, 'queued', 600],
    [
      'asked to wait less than planned',
      'email',
      3,
      false,
      { kind: 'retry', code: '451', afterMs: 1_000 },
      'queued',
      300,
    ],
    ['unknown, first', 'dingtalk', 1, false, lost, 'queued', 10],
    ['unknown, again', 'dingtalk', 2, true, lost, 'unknown', null],
    ['a webhook has a key', 'webhook', 4, false, lost, 'queued', 7_200],
    ['a webhook at its end', 'webhook', 10, false, busy, 'failed', null],
    ['refused', 'email', 1, false, { kind: 'refused', code: '550', whose: 'address' }, 'failed', null],
  ])('%s: %s after %i calls (repeated %s) is %j → %s', (_, channel, attempts, repeated, outcome, state, seconds) => {
    const then = afterCall({ channel, attempts, repeated }, outcome, now, 0);
    expect(then.state).toBe(state);
    expect(then.dueAt && (then.dueAt.getTime() - now.getTime()) / 1_000).toBe(seconds);
  });

  test('a wrong address says nothing of the channel; a wrong key does, and 410 ends a webhook', () => {
    expect(afterFirst('email', { kind: 'refused', code: '550', whose: 'address' }).channelFailed).toBe(false);
    expect(afterFirst('wecom', { kind: 'refused', code: '93000', whose: 'channel' }).channelFailed).toBe(true);
    expect(afterFirst('webhook', { kind: 'refused', code: '410', whose: 'channel' }).disableChannel).toBe(true);
    expect(afterFirst('wecom', { kind: 'refused', code: '410', whose: 'channel' }).disableChannel).toBe(false);
  });

  test('whatever happens, it ends: nothing is tried for ever, and what has no key is repeated blindly once', () => {
    const outcomes = constantFrom<ChannelOutcome>(busy, lost);
    assert(
      property(
        constantFrom(...channelKinds),
        outcomes,
        outcomes,
        double({ min: 0, max: 1, noNaN: true }),
        (channel, a, b, jitter) => {
          let [attempts, repeated, unknowns] = [0, false, 0];
          for (let step = 0; step < 40; step += 1) {
            const outcome = step % 2 === 0 ? a : b;
            attempts += 1;
            if (outcome.kind === 'unknown') unknowns += 1;
            const after = afterCall({ channel, attempts, repeated }, outcome, now, jitter);
            repeated = after.repeated;
            if (after.state !== 'queued') {
              expect(attempts).toBeLessThanOrEqual(10);
              if (channel !== 'webhook') expect(unknowns).toBeLessThanOrEqual(2);
              return;
            }
            expect(after.dueAt?.getTime()).toBeGreaterThan(now.getTime());
          }
          throw new Error('It never ended.');
        },
      ),
    );
  });
});

const hour = (n: number) => `${String(n).padStart(2, '0')}:00`;

describe('quiet hours', () => {
  test.each([
    ['at work', '2026-09-22T10:00:00', null],
    ['in the evening', '2026-09-22T21:00:00', '2026-09-23T08:30:00'],
    ['before the shift', '2026-09-22T08:29:59', '2026-09-22T08:30:00'],
    ['on the minute', '2026-09-22T08:30:00', null],
    // 25 to 27 September 2026 is the Mid-Autumn Festival.
    ['the evening before a holiday', '2026-09-24T22:00:00', '2026-09-28T08:30:00'],
    ['on a Saturday', '2026-09-12T11:00:00', '2026-09-14T08:30:00'],
    // A make-up day for the October holiday: people work, whatever the week says.
    ['on a make-up Sunday', '2026-09-20T11:00:00', null],
    ['the night before it', '2026-09-19T23:00:00', '2026-09-20T08:30:00'],
  ])('%s (%s) they end %s', (_, when, ends) => {
    const until = quietUntil(defaultQuiet, calendarCn, at(when));
    expect(until && until.toISOString()).toBe(ends === null ? null : at(ends).toISOString());
  });
  test('equal ends are no quiet hours, and outside the calendar no day is a rest day', () => {
    expect(
      quietUntil({ from: '00:00', to: '00:00', restDays: false }, calendarCn, at('2026-09-19T03:00:00')),
    ).toBeNull();
    expect(quietUntil(defaultQuiet, calendarCn, at('2035-01-06T10:00:00'))).toBeNull();
  });
  test('they end later than they are asked about, and are over then', () => {
    assert(
      property(
        date({ min: at('2026-01-02T00:00:00'), max: at('2026-12-20T00:00:00'), noInvalidDate: true }),
        integer({ min: 0, max: 23 }),
        integer({ min: 0, max: 23 }),
        (when, a, b) => {
          const quiet = { from: hour(a), to: hour(b), restDays: true };
          const until = quietUntil(quiet, calendarCn, when);
          if (until === null) return;
          expect(until.getTime()).toBeGreaterThan(when.getTime());
          expect(quietUntil(quiet, calendarCn, until)).toBeNull();
        },
      ),
    );
  });
});

describe('what becomes of a due delivery', () => {
  const facts: DeliveryFacts = {
    kind: 'form-signed',
    level: 0,
    createdAt: now,
    channelEnabled: true,
    reachable: true,
    byWhatFails: false,
    settled: false,
    read: false,
    deadline: null,
    quietUntil: null,
    capUntil: null,
    alikeSent: 0,
    alikeSince: null,
    alikeWaiting: 0,
  };
  const morning = at('2026-09-23T08:30:00');
  const waits = { kind: 'wait', until: morning, why: 'quiet' } as const;
  const asks: NoticeKind = 'sign-awaited';
  const before = at('2026-09-22T09:55:00');
  test.each<[string, Partial<DeliveryFacts>, WhatNow]>([
    ['nothing stands against it', {}, { kind: 'send' }],
    ['quiet hours', { quietUntil: morning }, waits],
    [
      'a request to sign in quiet hours',
      { kind: asks, quietUntil: morning, deadline: at('2026-09-23T18:00:00') },
      waits,
    ],
    [
      'one that runs out in the night',
      { kind: asks, quietUntil: morning, deadline: at('2026-09-23T03:00:00') },
      { kind: 'send' },
    ],
    ['running harm in the night', { kind: 'account-stopped', quietUntil: morning }, { kind: 'send' }],
    ['signed meanwhile', { kind: asks, settled: true }, { kind: 'drop', why: 'settled' }],
    ['read in the console', { read: true }, { kind: 'drop', why: 'read' }],
    ['the channel is off', { channelEnabled: false }, { kind: 'drop', why: 'channel-off' }],
    ['no address', { reachable: false }, { kind: 'drop', why: 'no-address' }],
    ['an alarm by what fails', { kind: 'account-stopped', byWhatFails: true }, { kind: 'drop', why: 'own-gateway' }],
    ['the cap of the day', { capUntil: morning }, { kind: 'wait', until: morning, why: 'cap' }],
    ['four alike, all waiting', { alikeWaiting: 3 }, { kind: 'send' }],
    ['five alike, all waiting', { alikeWaiting: 4 }, { kind: 'merge' }],
    [
      'the fifth after four sent',
      { alikeSent: 4, alikeSince: before },
      { kind: 'wait', until: at('2026-09-22T10:05:00'), why: 'alike' },
    ],
    ['the fifth when ten minutes are over', { alikeSent: 4, alikeSince: at('2026-09-22T09:50:00') }, { kind: 'send' }],
    ['more of them then', { alikeSent: 4, alikeSince: at('2026-09-22T09:50:00'), alikeWaiting: 2 }, { kind: 'merge' }],
    [
      'harm does not wait for its like',
      { kind: 'campaign-paused', alikeSent: 6, alikeSince: before },
      { kind: 'send' },
    ],
  ])('%s', (_, change, expected) => {
    expect(whatNow({ ...facts, ...change }, now)).toEqual(expected);
  });
});

describe('the plan', () => {
  const channels = [
    { id: 'mail', kind: 'email', kinds: [], enabled: true },
    { id: 'sms', kind: 'sms', kinds: [], enabled: true },
    { id: 'ding', kind: 'dingtalk', kinds: ['form-signed'], enabled: true },
    { id: 'feishu', kind: 'feishu', kinds: [], enabled: true },
    { id: 'hook', kind: 'webhook', kinds: ['campaign-paused'], enabled: true },
    { id: 'off', kind: 'wecom', kinds: ['form-signed'], enabled: false },
  ] as const;
  const plan = (
    kind: NoticeKind,
    staffId: string | null,
    more: { asDeputy?: boolean; itemId?: string } = {},
    choices: Parameters<typeof planFor>[2] = [],
  ) =>
    planFor(
      { kind, staffId, itemId: more.itemId ?? 'x', asDeputy: more.asDeputy ?? false, createdAt: now },
      channels,
      choices,
    ).deliveries.map(
      ({ channelId, level, dueAt }) => `${channelId} ${level} +${(dueAt.getTime() - now.getTime()) / 60_000}`,
    );
  test.each<[string, string[], string[]]>([
    ['a person hears by e-mail', plan('form-signed', 'p'), ['mail 0 +0']],
    ['what is urgent goes on to the SMS', plan('campaign-paused', 'p'), ['mail 0 +0', 'sms 2 +20']],
    ['a deputy has no time to climb', plan('campaign-paused', 'p', { asDeputy: true }), ['mail 0 +0', 'sms 0 +0']],
    [
      'who wants no e-mail gets none',
      plan('form-signed', 'p', {}, [{ kind: 'form-signed', channel: 'email', wanted: false }]),
      [],
    ],
    [
      'who wants an SMS gets one',
      plan('form-signed', 'p', {}, [{ kind: 'form-signed', channel: 'sms', wanted: true }]),
      ['mail 0 +0', 'sms 0 +0'],
    ],
    ['a group hears of its kinds', plan('form-signed', null), ['ding 0 +0']],
    ['and of harm after ten minutes', plan('campaign-paused', null), ['ding 1 +10', 'feishu 1 +10', 'hook 0 +0']],
    ['an alarm about a channel goes by the others', plan('channel-failing', 'p', { itemId: 'mail' }), []],
  ])('%s', (_, found, expected) => expect(found).toEqual(expected));
});
