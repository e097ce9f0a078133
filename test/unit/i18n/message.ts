import { IntlMessageFormat } from 'intl-messageformat';

type Element = ReturnType<IntlMessageFormat['getAst']>[number];

const elementsOf = (message: string): Element[] => {
  const ast = new IntlMessageFormat(message, 'en', undefined, { ignoreTag: true }).getAst();
  return ast.flatMap(withOptions);
};
const withOptions = (element: Element): Element[] => [
  element,
  ...('options' in element ? Object.values(element.options).flatMap(({ value }) => value.flatMap(withOptions)) : []),
];

// 0 is plain text, 7 the # of a plural: all others have a name.
const kinds: Readonly<Record<number, 'text' | 'count'>> = { 0: 'text', 7: 'count' };
const read = (element: Element): { kind: 'text' | 'count' | 'argument'; value: string } => ({
  kind: kinds[element.type] ?? 'argument',
  value: 'value' in element ? element.value : '',
});

/** The ICU arguments of a message, each once, sorted. Throws on a message that cannot be read. */
export function argumentsOf(message: string): string[] {
  const named = elementsOf(message)
    .map(read)
    .filter(({ kind }) => kind === 'argument');
  return [...new Set(named.map(({ value }) => value))].toSorted();
}

/** The plain text of a message, branch after branch; an argument shows as ◦. */
export const wordsOf = (message: string): string =>
  elementsOf(message)
    .map(read)
    .map(({ kind, value }) => (kind === 'text' ? value : '◦'))
    .join('');
