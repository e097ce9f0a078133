import { expect, test } from 'vitest';
import { readCell } from '../../../src/kernel/spreadsheet-cell.rule.ts';

const refused = (raw: string) => {
  const read = readCell(raw);
  return read.ok ? null : read.reason;
};
const value = (raw: string) => {
  const read = readCell(raw);
  return read.ok ? read.value : read.reason;
};

test.each([
  '#N/A',
  '#REF!',
  '#VALUE!',
  '#DIV/0!',
  '#NAME?',
  '#NUM!',
  '#NULL!',
  '#SPILL!',
  '#CALC!',
  '＃N/A',
  '＃ＲＥＦ！',
  '#n/a',
  ' #N/A ',
  '#N/A\u200B',
  '#NA',
  '#####',
  '#GETTING_DATA',
  '#名称?',
  '#值！',
  'Err:502',
  '="#N/A"',
  '#ERROR!',
])('%j is an error value', (raw) => {
  expect(refused(raw)).toBe('error-value');
});

test.each([
  '6.21226E+18',
  '1.38E+10',
  '1.38001E10',
  '1.23e+12',
  '１．３８Ｅ＋１０',
  ' 6.2E+18 ',
  '1E+15',
  '-1.5E-05',
  '6.21226E+018',
  '="6.2E+18"',
  "'6.2E+18",
])('%j is scientific notation', (raw) => {
  expect(refused(raw)).toBe('scientific-notation');
});

test.each([
  ['="13800130021"', '13800130021'],
  ['=""13800130021""', '13800130021'],
  ['= "007" ', '007'],
  ['=T("007")', '007'],
  ['＝"007"', '007'],
  ["'13800130021", '13800130021'],
  ['’13800130021', '13800130021'],
  ["'=1+1", '=1+1'],
  ["O'Brien", "O'Brien"],
  ["'Ndrangheta", "'Ndrangheta"],
  ['#1', '#1'],
  ['C#', 'C#'],
  ['#话题', '#话题'],
  ['2E10', '2E10'],
  ['E10', 'E10'],
  ['3E', '3E'],
  ['=1+1', '=1+1'],
  ['1,000.00', '1,000.00'],
  ['15%', '15%'],
  ['¥100', '¥100'],
  ['', ''],
])('%j is read as %j', (raw, expected) => {
  expect(value(raw)).toBe(expected);
});
