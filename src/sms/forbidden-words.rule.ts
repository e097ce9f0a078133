import { Mint } from 'mint-filter';

export type ForbiddenWord = { word: string; category: string; severity: 'error' | 'warning' };

/** `start` and `end` (half-open, UTF-16 units) are in the text as it was given, spaces and disguises included. */
export type WordHit = ForbiddenWord & { start: number; end: number };

export type WordFilter = { find(text: string): WordHit[] };

/** What is left of a text, and for each of its units where in the original it began and ended. */
type Folded = { text: string; starts: number[]; ends: number[] };

type Automaton = Mint['root'];

/**
 * Finds words in spite of full-width forms, letter case, and spaces, punctuation or invisible characters between their letters.
 * A word's Latin or digit end must be a word end in the text: "AV" is not in "have". A hit inside an `allow`ed word is dropped.
 */
export function createWordFilter(list: readonly ForbiddenWord[], allow: readonly string[]): WordFilter {
  const words = new Map<string, ForbiddenWord>();
  for (const entry of list) {
    const folded = fold(entry.word).text;
    const known = words.get(folded);
    if (folded !== '' && (!known || entry.severity === 'error')) words.set(folded, entry);
  }
  const allowed = new Set(allow.map((word) => fold(word).text).filter((word) => word !== ''));
  const { root } = new Mint([...words.keys(), ...allowed]);

  return {
    find(text) {
      const folded = fold(text);
      const matches = [...matchesIn(root, folded.text)];
      const spared = matches.filter(({ start, end }) => allowed.has(folded.text.slice(start, end)));
      return matches.flatMap(({ start, end }) => {
        const entry = words.get(folded.text.slice(start, end));
        if (!entry || !bounded(folded, text, start, end)) return [];
        if (spared.some((span) => span.start <= start && end <= span.end)) return [];
        return [{ ...entry, start: folded.starts[start] ?? 0, end: folded.ends[end - 1] ?? text.length }];
      });
    },
  };
}

// mint-filter builds the automaton, but its own search skips the words that end inside a longer candidate: with the words abcd and
// bc it finds nothing in "abcx" (4.0.3). So the walk is done here, and follows the fail links at every step.
function* matchesIn(root: Automaton, text: string): Generator<{ start: number; end: number }> {
  let node = root;
  for (let i = 0; i < text.length; i += 1) {
    const key = text.charAt(i);
    while (node.fail && !node.children[key]) node = node.fail;
    node = node.children[key] ?? root;
    for (let ending: Automaton | undefined = node; ending?.fail; ending = ending.fail) {
      if (ending.word) yield { start: i + 1 - ending.depth, end: i + 1 };
    }
  }
}

const filler = /^[\p{P}\p{S}\p{Z}\p{C}\p{M}]$/u;

// A million people get texts of a few thousand different characters: each is folded once.
const known = new Map<string, string[]>();
const mostKnown = 20_000;

function partsOf(character: string): string[] {
  const found = known.get(character);
  if (found) return found;
  const parts = Array.from(character.normalize('NFKC').toLowerCase()).filter((part) => !filler.test(part));
  if (known.size < mostKnown) known.set(character, parts);
  return parts;
}

function fold(text: string): Folded {
  let folded = '';
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const character of text) {
    const end = at + character.length;
    for (const part of partsOf(character)) {
      folded += part;
      for (let unit = 0; unit < part.length; unit += 1) {
        starts.push(at);
        ends.push(end);
      }
    }
    at = end;
  }
  return { text: folded, starts, ends };
}

const latin = /[a-z0-9]/;

// Neighbours that touch in the folded text may have had a space between them: a word ends where the original says so.
function bounded({ text, starts, ends }: Folded, original: string, start: number, end: number): boolean {
  const touches = (left: number): boolean =>
    latin.test(text.charAt(left)) &&
    latin.test(text.charAt(left + 1)) &&
    !/[\p{P}\p{S}\p{Z}]/u.test(original.slice(ends[left], starts[left + 1]));
  return (start === 0 || !touches(start - 1)) && (end === text.length || !touches(end - 1));
}
