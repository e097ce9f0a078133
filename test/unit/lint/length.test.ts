import { expect, test } from 'vitest';
import { fileLength, measured, templateLine } from '../../../tools/lint/length.ts';

const template = (text: string) => ({ path: 'templates/console/reply/list.hbs', text });
const sheet = (text: string) => ({ path: 'web/reply.css', text });
const code = (text: string) => ({ path: 'test/unit/sms/reply.test.ts', text });

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
  ['300 lines are a file', 300, 'a {}\n', []],
  ['301 are two', 301, 'a {}\n', ['web/reply.css: 301 lines', 'test/unit/sms/reply.test.ts: 301 lines']],
  ['blank lines count', 302, '\n', ['web/reply.css: 302 lines', 'test/unit/sms/reply.test.ts: 302 lines']],
])('styles and code: %s', (_, lines, line, expected) => {
  const text = line.repeat(lines);
  const found = fileLength([sheet(text), code(text), template(text)]);
  expect(found.map(({ file, what }) => `${file}: ${what}`)).toEqual(expected);
});

test.each(['activities', 'bench', 'sandbox', 'src', 'test', 'tools', 'workflows'])(
  'the files of %s are measured',
  (folder) => {
    expect(measured().filter(({ path }) => path.startsWith(`${folder}/`) && path.endsWith('.ts'))).not.toEqual([]);
  },
);
