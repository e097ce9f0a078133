import { expect, test } from 'vitest';
import { withColumnNames } from '../../../../src/kit/page/column-names.ts';

const head =
  '<thead><tr><th>Name</th><th class="right">Sent <kbd>S</kbd></th><th>A &amp; B</th><th><span class="visually-hidden">Acts</span></th></tr></thead>';
const table = (body: string, kind = 'rows') => `<p>x</p><table class="${kind}">${head}<tbody>${body}</tbody></table>`;

test.each([
  [
    'each cell says its column, as the head writes it; a column of buttons has no name',
    '<tr><td>a</td><td class="right">1</td><td>b</td><td>c</td></tr>',
    '<tr><td data-label="Name">a</td><td class="right" data-label="Sent S">1</td><td data-label="A &amp; B">b</td><td data-label="">c</td></tr>',
  ],
  [
    'a cell over several columns takes the place of each',
    '<tr><td colspan="2">a</td><td>b</td></tr>',
    '<tr><td colspan="2" data-label="Name">a</td><td data-label="A &amp; B">b</td></tr>',
  ],
  [
    'a cell of blanks is empty, so that a card leaves it out',
    '<tr><td>\n  </td></tr>',
    '<tr><td data-label="Name"></td></tr>',
  ],
  [
    'a head within a row takes its column and is no cell',
    '<tr><th scope="row">a</th><td>1</td></tr>',
    '<tr><th scope="row">a</th><td data-label="Sent S">1</td></tr>',
  ],
  [
    'rows are counted for themselves',
    '<tr><td>a</td></tr><tr><td>b</td></tr>',
    '<tr><td data-label="Name">a</td></tr><tr><td data-label="Name">b</td></tr>',
  ],
])('%s', (_, given, expected) => {
  expect(withColumnNames(table(given))).toBe(table(expected));
  // A page goes through it inside its layout once more.
  expect(withColumnNames(table(expected))).toBe(table(expected));
});

test.each([
  ['a table that says so', table('<tr><td>a</td></tr>', 'rows as-table')],
  ['another kind of table', table('<tr><td>a</td></tr>', 'so-table')],
  ['a table without a head', '<table class="rows"><tbody><tr><td>a</td></tr></tbody></table>'],
  [
    'three columns',
    '<table class="rows"><thead><tr><th>a</th><th>b</th><th>c</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>',
  ],
])('%s stays a table', (_, given) => {
  expect(withColumnNames(given)).toBe(given);
});
