import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { campaignStates } from '../../../src/campaign/state.rule.ts';
import { messageStates, type LedgerCounts } from '../../../src/contact/message-state.rule.ts';
import { nextStep, stepBeforeSending, type Situation } from '../../../src/campaign/next-step.rule.ts';
import type { WindowState } from '../../../src/contact/sending-window.rule.ts';

const start = Date.parse('2026-11-02T02:00:00Z');
const now = new Date(start);
const later = (ms: number) => new Date(start + ms);
const counts = (change: Partial<LedgerCounts> = {}): LedgerCounts => ({
  ...(Object.fromEntries(messageStates.map((state) => [state, 0])) as LedgerCounts),
  ...change,
});
const open: WindowState = { kind: 'open', closesAt: later(3_600_000) };
const situation = (change: Partial<Situation> = {}): Situation => ({
  state: 'sending',
  window: open,
  counts: counts({ pending: 10 }),
  dueNow: 10,
  nextDueAt: null,
  open: 0,
  askAt: null,
  sentAt: null,
  settleUntil: null,
  finished: false,
  closed: false,
  now,
  ...change,
});

const around = fc.integer({ min: -86_400_000, max: 86_400_000 }).map(later);
const windows: fc.Arbitrary<WindowState> = fc.oneof(
  fc.integer({ min: 1, max: 86_400_000 }).map((ms): WindowState => ({ kind: 'open', closesAt: later(ms) })),
  fc.integer({ min: 1, max: 86_400_000 }).map((ms): WindowState => ({ kind: 'closed', opensAt: later(ms) })),
  fc.constant<WindowState>({ kind: 'over' }),
  fc.constant<WindowState>({
    kind: 'outside-calendar',
    coveredFrom: '2026-01-01',
    coveredUntil: '2026-11-01',
  } as never),
);
const situations: fc.Arbitrary<Situation> = fc
  .record({
    state: fc.constantFrom(...campaignStates),
    window: windows,
    pending: fc.nat(5),
    due: fc.nat(5),
    open: fc.nat(5),
    nextDueAt: fc.integer({ min: 1, max: 86_400_000 }).map(later),
    askAt: around,
    sentAt: fc.option(fc.integer({ min: -86_400_000, max: 0 }).map(later)),
    settleUntil: fc.option(around),
  })
  .map(({ pending, due, open: unsettled, nextDueAt, askAt, state, window, sentAt, settleUntil }) => ({
    state,
    window,
    sentAt,
    settleUntil,
    counts: counts({ pending, accepted: unsettled, delivered: 3 }),
    dueNow: Math.min(due, pending),
    nextDueAt: due < pending ? nextDueAt : null,
    open: unsettled,
    askAt: unsettled > 0 ? askAt : null,
    finished: false,
    closed: false,
    now,
  }));

test.each<[string, Partial<Situation>, ReturnType<typeof nextStep>]>([
  ['signed, in its window', { state: 'scheduled' }, { kind: 'start' }],
  ['due people, in the window', {}, { kind: 'send' }],
  [
    'signed, before its window',
    { state: 'scheduled', window: { kind: 'closed', opensAt: later(60_000) } },
    { kind: 'wait', why: 'window', untilMs: 60_000 },
  ],
  [
    'a window that opens in days',
    { window: { kind: 'closed', opensAt: later(86_400_000 * 3) } },
    { kind: 'wait', why: 'window', untilMs: 900_000 },
  ],
  ['paused with people waiting', { state: 'paused' }, { kind: 'wait', why: 'paused', untilMs: 900_000 }],
  [
    'paused when the window ends',
    { state: 'paused', window: { kind: 'over' } },
    { kind: 'close', remaining: 'expired' },
  ],
  [
    'the window over before it began',
    { state: 'scheduled', window: { kind: 'over' } },
    { kind: 'close', remaining: 'expired' },
  ],
  ['cancelled with people waiting', { state: 'cancelled' }, { kind: 'close', remaining: 'cancelled' }],
  ['voided with people waiting', { state: 'voided' }, { kind: 'close', remaining: 'cancelled' }],
  ['all put off', { dueNow: 0, nextDueAt: later(5_000) }, { kind: 'wait', why: 'deferred', untilMs: 5_000 }],
  [
    'put off beyond the end of the window',
    { dueNow: 0, nextDueAt: later(9_000_000) },
    { kind: 'wait', why: 'deferred', untilMs: 900_000 },
  ],
  [
    'some put off, one to be asked before',
    { dueNow: 0, nextDueAt: later(5_000), open: 1, askAt: later(1_000) },
    { kind: 'settle', waitMs: 1_000 },
  ],
  [
    'answers to wait for',
    { counts: counts({ accepted: 1 }), dueNow: 0, open: 1, askAt: later(700) },
    { kind: 'settle', waitMs: 700 },
  ],
  [
    'a question overdue',
    { counts: counts({ unknown: 1 }), dueNow: 0, open: 1, askAt: later(-700) },
    { kind: 'settle', waitMs: 0 },
  ],
  [
    'receipts that may come any moment',
    { counts: counts({ accepted: 1 }), dueNow: 0, open: 1, askAt: later(900_000), sentAt: now },
    { kind: 'settle', waitMs: 1_000 },
  ],
  [
    'receipts that have not come for an hour',
    { counts: counts({ accepted: 1 }), dueNow: 0, open: 1, askAt: later(1_800_000), sentAt: later(-3_600_000) },
    { kind: 'settle', waitMs: 900_000 },
  ],
  [
    'answers given up',
    { counts: counts({ accepted: 1 }), dueNow: 0, open: 1, askAt: later(700), settleUntil: later(-1) },
    { kind: 'finish' },
  ],
  [
    'answers given up but people still put off',
    {
      counts: counts({ accepted: 1, pending: 1 }),
      dueNow: 0,
      open: 1,
      askAt: later(700),
      nextDueAt: later(8_000),
      settleUntil: later(-1),
    },
    { kind: 'wait', why: 'deferred', untilMs: 8_000 },
  ],
  ['everything told', { counts: counts({ delivered: 10 }), dueNow: 0 }, { kind: 'finish' }],
  [
    'cancelled, everything told',
    { state: 'cancelled', counts: counts({ cancelled: 10 }), dueNow: 0 },
    { kind: 'finish' },
  ],
  ['rejected', { state: 'rejected' }, { kind: 'end' }],
  ['a draft', { state: 'draft' }, { kind: 'end' }],
])('%s', (_, change, expected) => {
  expect(nextStep(situation(change))).toEqual(expected);
});

test('it sends only what is sending, open and due', () => {
  fc.assert(
    fc.property(situations, (at) => {
      const step = nextStep(at);
      if (step.kind === 'send') expect([at.state, at.window.kind, at.dueNow > 0]).toEqual(['sending', 'open', true]);
      if (step.kind === 'start') expect([at.state, at.window.kind]).toEqual(['scheduled', 'open']);
    }),
    { numRuns: 2_000 },
  );
});

test('nobody who is pending is forgotten: it finishes only when all are accounted for', () => {
  fc.assert(
    fc.property(situations, (at) => {
      if (nextStep(at).kind === 'finish') expect(at.counts.pending).toBe(0);
    }),
    { numRuns: 5_000 },
  );
});

test('it never waits for ever or not at all', () => {
  fc.assert(
    fc.property(situations, (at) => {
      const step = nextStep(at);
      if (step.kind === 'wait') expect(step.untilMs >= 200 && step.untilMs <= 900_000).toBe(true);
      if (step.kind === 'settle') expect(step.waitMs >= 0 && step.waitMs <= 900_000).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

/** A world that does what it is told and answers by chance: whatever happens, the campaign comes to its end. */
test('every campaign ends, whatever the gateway answers and whenever somebody stops it', () => {
  const fates = fc.array(fc.constantFrom('accepted', 'unknown', 'failed', 'deferred', 'told', 'silent'), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(
      fates,
      fc.constantFrom('scheduled', 'sending', 'paused'),
      fc.integer({ min: 0, max: 40 }),
      fc.boolean(),
      (fate, first, stopAt, cancels) => {
        let clock = start;
        let state: Situation['state'] = first;
        let due = 6;
        let deferredUntil: number | null = null;
        let deferred = 0;
        let unsettled = 0;
        let settled = 0;
        let askAt = 0;
        let settleUntil: number | null = null;
        const closesAt = start + 3_600_000;
        for (let turn = 0; turn < 600; turn += 1) {
          if (cancels && turn === stopAt && (state === 'sending' || state === 'paused')) state = 'cancelled';
          if (deferredUntil !== null && clock >= deferredUntil) {
            due += deferred;
            deferred = 0;
            deferredUntil = null;
          }
          const step = nextStep({
            state,
            window: clock >= closesAt ? { kind: 'over' } : { kind: 'open', closesAt: new Date(closesAt) },
            counts: counts({ pending: due + deferred, accepted: unsettled, delivered: settled }),
            dueNow: due,
            nextDueAt: deferredUntil === null ? null : new Date(deferredUntil),
            open: unsettled,
            askAt: unsettled > 0 ? new Date(askAt) : null,
            sentAt: settleUntil === null ? null : new Date(settleUntil - 7_200_000),
            settleUntil: settleUntil === null ? null : new Date(settleUntil),
            finished: false,
            closed: false,
            now: new Date(clock),
          });
          const chance = fate[turn % fate.length];
          if (step.kind === 'finish' || step.kind === 'end') {
            expect([due + deferred, unsettled + settled]).toEqual([0, 6]);
            return;
          }
          if (step.kind === 'start') state = 'sending';
          if (step.kind === 'close') {
            settled += due + deferred;
            [due, deferred, deferredUntil] = [0, 0, null];
          }
          if (step.kind === 'send') {
            due -= 1;
            settleUntil = clock + 7_200_000;
            if (chance === 'accepted' || chance === 'unknown') {
              unsettled += 1;
              askAt = clock + 60_000;
            } else if (chance === 'deferred') {
              deferred += 1;
              deferredUntil = clock + 300_000;
            } else settled += 1;
          }
          if (step.kind === 'settle') {
            clock += step.waitMs;
            if (chance === 'told' && clock >= askAt) {
              unsettled -= 1;
              settled += 1;
            } else askAt = clock + 300_000;
          }
          if (step.kind === 'wait') clock += step.untilMs;
        }
        throw new Error('The campaign did not end.');
      },
    ),
    { numRuns: 500 },
  );
});

test.each<[string, Parameters<typeof stepBeforeSending>[0], Date | null, ReturnType<typeof stepBeforeSending>]>([
  ['handed in', 'freezing', null, { kind: 'freeze' }],
  [
    'awaiting a signature',
    'awaiting-liaison',
    later(86_400_000),
    { kind: 'wait', why: 'signature', untilMs: 86_400_000 },
  ],
  ['awaiting the second one', 'awaiting-leader', later(1), { kind: 'wait', why: 'signature', untilMs: 1 }],
  ['not signed in time', 'awaiting-leader', now, { kind: 'expire' }],
  ['awaiting without a form', 'awaiting-liaison', null, { kind: 'end' }],
  ['signed', 'scheduled', later(1), null],
  ['sent back', 'rejected', later(1), null],
])('before sending, %s', (_, state, signBy, expected) => {
  expect(stepBeforeSending(state, signBy, now)).toEqual(expected);
});

test.each(['completed', 'cancelled', 'voided'] as const)(
  'a %s campaign whose ledger is closed still owes its archive, and nothing after it',
  (state) => {
    const at = situation({ state, counts: counts({ delivered: 10 }), finished: true });
    expect(nextStep(at)).toEqual({ kind: 'finish' });
    expect(nextStep({ ...at, closed: true })).toEqual({ kind: 'end' });
  },
);
