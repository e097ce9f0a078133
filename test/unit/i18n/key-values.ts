import type { Entry } from '../../../src/kernel/translate.ts';
import { argumentsOf } from './message.ts';
import { callsOf, writtenCode, type SourceFile } from './scan.ts';

type Asked = { key: string; given: string };

/** Words asked for without a value that they name: the page would fail when it is shown. Values given as a variable are trusted. */
export const valuesMissing = (files: readonly SourceFile[], catalogue: ReadonlyMap<string, Entry>): string[] =>
  files.flatMap(({ path, text }) =>
    (path.endsWith('.hbs') ? askedInTemplate(text) : askedInScript(text)).flatMap(({ key, given }) => {
      const entry = catalogue.get(key);
      return (entry ? argumentsOf(entry.en) : [])
        .filter((name) => !new RegExp(`(?<![\\w.])${name}\\b`).test(given))
        .map((name) => `${key} is asked for without ${name} (${path})`);
    }),
  );

function askedInScript(text: string): Asked[] {
  const calls = [
    ...callsOf('t', text).map(([key, values]) => ({ key, values })),
    ...['pages\\.done', 'done'].flatMap((name) =>
      callsOf(name, text).map((given) => ({ key: given[3], values: given[4] })),
    ),
  ];
  return calls.flatMap(({ key, values }) => {
    const written = writtenCode(key);
    if (!written || !('literal' in written)) return [];
    const known = values === undefined || (values.startsWith('{') && !values.includes('...'));
    return known ? [{ key: written.literal, given: values ?? '' }] : [];
  });
}

/** `{{t 'key' name=value}}`, and `(t 'key' name=value)` inside another helper. */
const askedInTemplate = (text: string): Asked[] =>
  Array.from(text.matchAll(/(\{\{\{?~?|\()\s*t (['"])([^'"]*)\2/g), (match) => {
    const from = match.index + match[0].length;
    const to = match[1] === '(' ? closingParenthesis(text, from) : text.indexOf('}}', from);
    return {
      key: match[3] ?? '',
      given: Array.from(text.slice(from, to).matchAll(/([\w-]+)=/g), (name) => name[1]).join(' '),
    };
  });

function closingParenthesis(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text.charAt(at) === '(') depth += 1;
    if (text.charAt(at) === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}
