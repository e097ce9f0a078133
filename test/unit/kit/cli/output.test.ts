import { expect, test } from 'vitest';
import { fenOf } from '../../../../src/kit/cli/number.ts';
import { describeForm } from '../../../../src/form/form-text.ts';
import { chinaTime, fields, table, visible } from '../../../../src/kit/cli/output.ts';
import { readSources } from '../../../../src/sms/variable-source.cli.ts';

test('columns line up although Chinese characters are wide', () => {
  expect(
    table(
      ['name', 'n'],
      [
        ['李雷', 1],
        ['Li', 22],
      ],
    ),
  ).toBe('NAME  N\n李雷  1\nLi    22');
});

test('an empty list says so, and what is not there is a dash', () => {
  expect(table(['a'], [])).toBe('Nothing there.');
  expect(table(['a', 'b'], [[null, 'x']])).toBe('A  B\n-  x');
});

test('a text from elsewhere cannot break the lines', () => {
  expect(table(['a'], [['one\ntwo\r\tthree']])).toBe('A\none two three');
  expect(fields({ a: 'x\ny', gone: undefined, none: null })).toBe('a  x y');
});

test.each([
  ['an escape sequence', 'a\u001b[2Kb', 'a\\u{1b}[2Kb'],
  ['a turned direction', 'a\u202eb', 'a\\u{202e}b'],
  ['nothing visible', 'a\u200bb', 'a\\u{200b}b'],
  ['a carriage return', 'good\rbad', 'good bad'],
])('%s in a text is written out', (_, text, shown) => {
  expect(visible(text)).toBe(shown);
  expect(table(['a'], [[text]])).toBe(`A\n${shown}`);
});

test('nothing in a form reaches the terminal as a control', () => {
  const hostile = '\u001b[1A\u202e\n\rx';
  const form = {
    format: 'sms-campaign/2',
    stop: { failurePercent: hostile, optOutsPerThousand: hostile, complaintsPerThousand: hostile, fromPeople: hostile },
    leftOut: { candidates: hostile, people: hostile, reasons: { [hostile]: hostile } },
    number: hostile,
    name: hostile,
    unit: hostile,
    purpose: hostile,
    applicant: { id: hostile, name: hostile },
    kind: hostile,
    channel: 'sms',
    topic: hostile,
  };
  const rest = {
    text: {
      templateId: hostile,
      templateName: hostile,
      templateVersion: hostile,
      source: hostile,
      variables: [{ name: hostile, type: hostile, maxLength: hostile, label: hostile }],
      signName: hostile,
      gatewayTemplateCode: hostile,
    },
    gateway: {
      account: hostile,
      accountId: hostile,
      provider: hostile,
      endpoint: hostile,
      protocol: hostile,
      credentials: hostile,
      requests: hostile,
    },
    audience: { id: hostile, name: hostile, size: hostile, batchSize: hostile, merkleRoot: hostile },
    window: {
      startsAt: hostile,
      endsAt: hostile,
      dailyFrom: hostile,
      dailyTo: hostile,
      days: hostile,
      timeZone: hostile,
    },
    ratePerSecond: hostile,
    cost: { pricePerSegmentMilliYuan: 1, segments: hostile, estimateFen: 1, ceilingFen: 1 },
    checks: [{ code: hostile, detail: { [hostile]: hostile } }],
    calendarVersion: hostile,
    calendarDigest: hostile,
    signBy: hostile,
  };
  const shown = describeForm({ ...form, ...rest }, 'd', [{ role: hostile, staffName: hostile }]);
  // eslint-disable-next-line no-control-regex -- controls are what it looks for
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test('times are shown as a clock in China shows them', () => {
  expect(chinaTime('2026-11-22T18:30:05.123Z')).toBe('2026-11-23 02:30:05');
});

test.each([
  ['120', 12_000],
  ['120.5', 12_050],
  ['¥0.07', 7],
])('%s yuan are %i fen', (text, fen) => expect(fenOf('--ceiling', text)).toBe(fen));
test.each(['', '1,000', '-1', '1.005', 'much'])('%j is no amount', (text) =>
  expect(() => fenOf('--ceiling', text)).toThrow('yuan'),
);

test('sources of variables are read', () => {
  expect(readSources(['a=name', 'b=row:金额', 'c=constant:x=y:z', 'd=constant:'])).toEqual({
    a: { from: 'name' },
    b: { from: 'row', key: '金额' },
    c: { from: 'constant', value: 'x=y:z' },
    d: { from: 'constant', value: '' },
  });
});
test.each(['a', 'a=phone', 'a=row', 'a=name:x', '=name'])('%j is no source', (pair) =>
  expect(() => readSources([pair])).toThrow(pair),
);
