import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { csvWriter, inert } from '../../../src/kernel/csv-writer.ts';

test.each([
  '=1+1',
  '+86',
  '-2',
  '@SUM(1)',
  '＝1+1',
  '＋86',
  '－2',
  '＠SUM(1)',
  '﹦1',
  '﹢1',
  '﹣1',
  '﹫a',
  '\t=1',
  '\r=1',
  '\n=1',
  ' =1',
  '\u200B=1',
  '\uFEFF=1',
  '\u3000＝1',
])('%j is made inert, once', (cell) => {
  expect(inert(cell)).toBe(`'${cell}`);
  expect(inert(inert(cell))).toBe(`'${cell}`);
});

test.each(['', '王小明', '138****8000', '1=2', 'a@b.c', '2026-11-27', '—', "'=1"])('%j stays as it is', (cell) => {
  expect(inert(cell)).toBe(cell);
});

test('every text of a file passes through it, numbers do not', async () => {
  const csv = csvWriter();
  let text = '';
  csv.on('data', (chunk: Buffer) => (text += chunk.toString()));
  csv.write(['＝A1', '＠x', -5, null]);
  csv.end();
  await finished(csv);
  expect(text).toBe(`\uFEFF'＝A1,'＠x,-5,\r\n`);
});
