import { expect, test } from 'vitest';
import { stylesheetSize, templateLine } from '../../../tools/lint/page.ts';

const template = (text: string) => ({ path: 'templates/console/reply/list.hbs', text });
const sheet = (text: string) => ({ path: 'web/reply.css', text });

test.each([
  ['140 characters are a line', `${'字'.repeat(140)}\n`, []],
  ['141 are too many', `<p></p>\n${'字'.repeat(141)}\n`, ['line 2 has 141 characters']],
  [
    'each long line is named',
    `${'a'.repeat(300)}\n\n${'b'.repeat(200)}`,
    ['line 1 has 300 characters', 'line 3 has 200 characters'],
  ],
])('a template: %s', (_, text, expected) => {
  expect(templateLine([template(text), sheet(text)]).map(({ what }) => what)).toEqual(expected);
});

test.each([
  ['300 lines are a sheet', 300, []],
  ['301 are two', 301, ['301 lines']],
])('styles: %s', (_, lines, expected) => {
  const text = 'a {}\n'.repeat(lines);
  expect(stylesheetSize([sheet(text), template(text)]).map(({ what }) => what)).toEqual(expected);
});
