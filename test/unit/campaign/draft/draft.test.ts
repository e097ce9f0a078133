import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chinaTimeOf,
  draftSteps,
  emptyBody,
  fenOfYuan,
  isReturned,
  proposedWindow,
  readChinaTime,
  readDraft,
  savedElsewhere,
  stepAfter,
  stepFields,
  suggestedCeilingFen,
  yuanOfFen,
  type DraftBody,
} from '../../../../src/campaign/draft/draft.rule.ts';

const id = '01980000-0000-7000-8000-000000000000';
const whole: DraftBody = {
  ...emptyBody,
  purpose: '告知',
  audienceId: id,
  templateId: id,
  startsAt: '2026-11-02T09:00',
  endsAt: '2026-11-03T18:00',
  ratePerSecond: '50',
  costCeiling: '1,683.90',
};
const codesOf = (over: Partial<DraftBody>, name = '活动') =>
  readDraft({ name, unit: '客服中心', body: { ...whole, ...over } }).faults.map(
    ({ step, field, code }) => `${step}.${field} ${code}`,
  );

test('a whole draft is read with China’s offset, fen and whole numbers', () => {
  const { read, faults } = readDraft({
    name: ' 活动 ',
    unit: '客服中心',
    body: { ...whole, signBy: '2026-11-02T08:30' },
  });
  expect(faults).toEqual([]);
  expect(read).toMatchObject({
    name: '活动',
    window: { startsAt: '2026-11-02T09:00:00+08:00', endsAt: '2026-11-03T18:00:00+08:00' },
    ratePerSecond: 50,
    costCeilingFen: 168_390,
    stopConditions: { failurePercent: 20, optOutsPerThousand: 10, complaintsPerThousand: 1 },
    signBy: '2026-11-02T08:30:00+08:00',
  });
});

test('an empty draft asks for everything, each at its step', () => {
  const { read, faults } = readDraft({ name: '', unit: 'u', body: emptyBody });
  expect(read).toBeNull();
  expect(faults.map(({ step, field }) => `${step}.${field}`)).toEqual([
    'audience.name',
    'audience.purpose',
    'audience.audienceId',
    'text.templateId',
    'window.startsAt',
    'window.endsAt',
    'window.ratePerSecond',
    'window.costCeiling',
  ]);
});

test.each<[string, Partial<DraftBody>, string]>([
  ['30 February', { startsAt: '2026-02-30T09:00' }, 'window.startsAt draft.unreadable-time'],
  ['hour 24', { endsAt: '2026-11-03T24:00' }, 'window.endsAt draft.unreadable-time'],
  ['a foreign offset', { startsAt: '2026-11-02T09:00+09:00' }, 'window.startsAt draft.unreadable-time'],
  ['a wrong sign-by', { signBy: 'soon' }, 'window.signBy draft.unreadable-time'],
  ['no rate', { ratePerSecond: '0' }, 'window.ratePerSecond draft.unreadable-rate'],
  ['a broken rate', { ratePerSecond: '1.5' }, 'window.ratePerSecond draft.unreadable-rate'],
  ['a negative ceiling', { costCeiling: '-1' }, 'window.costCeiling draft.unreadable-ceiling'],
  ['no failures at all', { stopFailures: '0' }, 'window.stopFailures draft.unreadable-stop'],
  ['more than all fail', { stopFailures: '101' }, 'window.stopFailures draft.unreadable-stop'],
  ['a share of opt-outs', { stopOptOuts: '1%' }, 'window.stopOptOuts draft.unreadable-stop'],
  ['no word on complaints', { stopComplaints: '' }, 'window.stopComplaints draft.unreadable-stop'],
  ['a third of a fen', { costCeiling: '0.333' }, 'window.costCeiling draft.unreadable-ceiling'],
  ['a daily time without a nought', { dailyFrom: '9:00' }, 'window.dailyFrom draft.unreadable-daily-time'],
  ['too long a purpose', { purpose: '长'.repeat(501) }, 'audience.purpose draft.purpose-too-long'],
])('%s is a fault of its own field', (_, over, expected) => {
  expect(codesOf(over)).toEqual([expected]);
});

test('whatever is typed, reading it never throws, and gives either a campaign or a reason', () => {
  const text = fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom('', '2026-11-02T09:00', '50', '24:00', '¥1,0'));
  fc.assert(
    fc.property(
      text,
      text,
      text,
      text,
      text,
      text,
      (startsAt, endsAt, dailyFrom, ratePerSecond, costCeiling, signBy) => {
        const body = { ...whole, startsAt, endsAt, dailyFrom, ratePerSecond, costCeiling, signBy };
        const { read, faults } = readDraft({ name: '活动', unit: 'u', body });
        expect(read === null).toBe(faults.length > 0);
      },
    ),
  );
});

test('every field of the body belongs to one step', () => {
  const fields = Object.values(stepFields).flat();
  expect(fields.toSorted()).toEqual(['name', ...Object.keys(emptyBody)].toSorted());
});

test('the steps follow each other and the last stays', () => {
  expect(draftSteps.map(stepAfter)).toEqual(['text', 'window', 'checks', 'review', 'review']);
});

test('an instant goes into a field and back, to the minute', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }), (at) => {
      const back = Date.parse(readChinaTime(chinaTimeOf(at)) ?? '');
      expect(at.getTime() - back).toBeGreaterThanOrEqual(0);
      expect(at.getTime() - back).toBeLessThan(60_000);
    }),
  );
});

test('an amount goes into a field and back', () => {
  fc.assert(fc.property(fc.nat({ max: 10 ** 12 }), (fen) => fenOfYuan(yuanOfFen(fen)) === fen));
});

test.each([
  ['1,683.90', 168_390],
  ['¥1683.9', 168_390],
  ['￥ 12 元', 1_200],
  ['0', 0],
  ['1,68', null],
  ['12,345,6', null],
  ['1e3', null],
  ['', null],
  ['１２', null],
])('%s is %s fen', (text, fen) => expect(fenOfYuan(text)).toBe(fen));

test('the suggested ceiling is never below the estimate', () => {
  fc.assert(fc.property(fc.nat({ max: 10 ** 11 }), (fen) => suggestedCeilingFen(fen) >= fen));
});

test('a form conflicts exactly when somebody else has saved since it was opened', () => {
  const save = fc.record({ tab: fc.constantFrom('a', 'b', 'c'), lag: fc.nat({ max: 3 }) });
  fc.assert(
    fc.property(fc.array(save, { maxLength: 20 }), (saves) => {
      const by: string[] = ['start'];
      let row = { version: 1, savedTab: 'start', savedSince: 1 };
      for (const { tab, lag } of saves) {
        const version = Math.max(1, row.version - lag);
        // What really happened after the version the form was opened at: saves of others are what it must not lose.
        const conflict = by.slice(version).some((other) => other !== tab);
        expect(savedElsewhere(row, { version, tab })).toBe(conflict);
        if (conflict) continue;
        row = {
          version: row.version + 1,
          savedTab: tab,
          savedSince: tab === row.savedTab ? row.savedSince : row.version,
        };
        by.push(tab);
      }
    }),
  );
});

test.each([
  ['rejected', true],
  ['expired', true],
  ['voided', true],
  ['withdrawn', true],
  ['completed', false],
  ['cancelled', false],
  ['draft', false],
] as const)('a %s campaign is corrected by its clone: %s', (state, expected) =>
  expect(isReturned(state)).toBe(expected),
);

const at = (time: string) => new Date(`2026-11-02T${time}:00+08:00`);
const asked = { people: 36_000, accountRate: 100, costFen: 1_000 };
const proposedRate = (people: number): string =>
  proposedWindow(emptyBody, { ...asked, people, now: at('09:00') }).ratePerSecond;

describe('what is proposed for a window that nobody has touched', () => {
  test.each([
    ['09:02', '2026-11-02T09:02', '2026-11-02T18:00'],
    ['16:58', '2026-11-02T16:58', '2026-11-02T18:00'],
    ['17:30', '2026-11-02T17:30', '2026-11-03T18:00'],
    ['23:58', '2026-11-02T23:58', '2026-11-03T18:00'],
    ['23:59', '2026-11-02T23:59', '2026-11-03T18:00'],
  ])('at %s it begins at %s and ends at %s', (time, startsAt, endsAt) => {
    expect(proposedWindow(emptyBody, { ...asked, now: at(time) })).toMatchObject({ startsAt, endsAt });
  });

  test('the rate sends everybody in half an hour, within what the account may', () => {
    expect([0, 36_000, 1_000_000].map(proposedRate)).toEqual(['10', '20', '100']);
  });

  test('what was typed stays as it is', () => {
    const typed = { ...emptyBody, startsAt: 'x', endsAt: 'y', ratePerSecond: '7', costCeiling: '3' };
    const { startsAt, endsAt, ratePerSecond, costCeiling } = typed;
    expect(proposedWindow(typed, { ...asked, now: at('09:00') })).toEqual({
      startsAt,
      endsAt,
      ratePerSecond,
      costCeiling,
    });
  });
});
