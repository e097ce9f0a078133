import {
  askedFor,
  askingAbout,
  courtesies,
  fillers,
  optOutTable,
  questions,
  type OptOutRow,
} from './opt-out-table.rule.ts';
import { readReplyText, type ReplyText } from './reply-text.rule.ts';

/** A word of the house's own: `opt-out` adds one to the table, `other` says that it means something else here. */
export type HouseWord = { word: string; how: 'alone' | 'begins' | 'within'; means: 'opt-out' | 'other' };

/** `because`: the row of the table (or `house`) and the word of it that decided; null when nothing says no. */
export type ReplyMeaning = { meaning: 'opt-out' | 'other'; because: { row: string; word: string } | null };

/** What a reply means. An opt-out that is overlooked costs more than one too many: what is in doubt is for a person to read. */
export function meaningOf(content: string, house: readonly HouseWord[] = []): ReplyMeaning {
  const text = readReplyText(content);
  const own = house.map((each) => ({ ...each, plain: plainOf(each.word) })).filter(({ plain }) => plain !== '');
  const except = own.filter(({ means }) => means === 'other');
  const excused = except.find((each) => each.how !== 'within' && stands(text, each));
  if (excused) return { meaning: 'other', because: { row: 'house', word: excused.word } };
  const said = own.find((each) => each.means === 'opt-out' && stands(text, each));
  if (said) return optOut('house', said.word);
  if (text.plain === '') return signOf(content);
  const spared = except.filter(({ how }) => how === 'within').map(({ plain }) => plain);
  for (const row of rules) {
    const word = row.find(text, spared);
    if (word !== null) return optOut(row.id, word);
  }
  return { meaning: 'other', because: null };
}

export const meansOptOut = (content: string, house: readonly HouseWord[] = []): boolean =>
  meaningOf(content, house).meaning === 'opt-out';

const optOut = (row: string, word: string): ReplyMeaning => ({ meaning: 'opt-out', because: { row, word } });

/** A word as replies are compared with it; empty when it holds neither letter nor digit. */
export const plainOf = (word: string): string => readReplyText(word).plain;

type Rule = { id: string; find(text: ReplyText, spared: readonly string[]): string | null };

const listOf = (words: string): string[] => words.split(/\s+/).filter((word) => word !== '');
const plains = (words = ''): string[] => [...new Set(listOf(words).map(plainOf))].filter((word) => word !== '');
const longestFirst = (words: string[]): string[] => words.toSorted((a, b) => b.length - a.length);

const polite = longestFirst(plains(courtesies));
const asked = plains(askedFor);
const about = plains(askingAbout);
const asking = plains(questions);

/** 不要[再][给][我]发: at most six of them. */
const between = `(?:${longestFirst(plains(fillers)).join('|')}){0,6}`;

const rules: readonly Rule[] = optOutTable.map((row) => ({ id: row.id, find: finderOf(row) }));

function finderOf(row: OptOutRow): Rule['find'] {
  const words = longestFirst(plains(row.words));
  const unless = plains(row.unless);
  if (row.how === 'alone')
    return ({ plain }) => (unless.some((each) => plain.includes(each)) ? null : aloneIn(plain, words));
  if (row.how === 'pair') return pairFinder(words, longestFirst(plains(row.verbs)), unless);
  return (text, spared) => {
    const shields = spansOf(text.plain, [...unless, ...spared]);
    for (const word of words) {
      for (const [from, to] of runsOf(text.plain, word)) {
        if (isShielded(shields, from, to)) continue;
        if (row.how === 'within' || (isWhole(text, from, to) && (row.how === 'word' || asCode(text, from, to, row))))
          return word;
      }
    }
    return null;
  };
}

function pairFinder(words: string[], verbs: string[], unless: string[]): Rule['find'] {
  const pattern = new RegExp(`(${words.join('|')})${between}(?:${verbs.join('|')})`, 'gu');
  return ({ plain }, spared) => {
    const shields = spansOf(plain, [...unless, ...spared]);
    for (const found of plain.matchAll(pattern)) {
      const [all, word = ''] = found;
      const from = found.index;
      const to = from + all.length;
      // 特别 and 发货 overlap the refusal or its verb, and take their character away from it.
      if (!shields.some(([a, b]) => a < to && b > from && !(a >= from + word.length && b <= to - 1))) return all;
    }
    return null;
  };
}

type Span = readonly [from: number, to: number];

function spansOf(plain: string, phrases: readonly string[]): Span[] {
  const spans: Span[] = [];
  for (const phrase of phrases)
    for (let at = plain.indexOf(phrase); at >= 0; at = plain.indexOf(phrase, at + 1))
      spans.push([at, at + phrase.length]);
  return spans;
}
const isShielded = (shields: readonly Span[], from: number, to: number): boolean =>
  shields.some(([a, b]) => a <= from && b >= to && b - a > to - from);

/** Every place of the word; repeated at once (TDTD, 退订退订) it is one. */
function runsOf(plain: string, word: string): Span[] {
  const runs: [number, number][] = [];
  for (let at = plain.indexOf(word); at >= 0; at = plain.indexOf(word, at)) {
    const from = at;
    do at += word.length;
    while (!/^\d/.test(word) && plain.startsWith(word, at));
    runs.push([from, at]);
  }
  return runs;
}

const isLatin = (character: string | undefined): boolean =>
  character !== undefined && /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}]/u.test(character);

/** No letter or digit is written on to it. A word of Chinese has no such ends. */
function isWhole({ plain, gaps }: ReplyText, from: number, to: number): boolean {
  const joinedBefore = isLatin(plain[from]) && isLatin(plain[from - 1]) && gaps[from] === 'none';
  const joinedAfter = isLatin(plain[to - 1]) && isLatin(plain[to]) && gaps[to] === 'none';
  return !joinedBefore && !joinedAfter;
}

function asCode(text: ReplyText, from: number, to: number, { anywhere }: OptOutRow): boolean {
  const { plain, gaps, asks } = text;
  const before = plain.slice(0, from);
  const after = plain.slice(to);
  const gapAfter = gaps[to] ?? 'none';
  if (about.some((each) => after.startsWith(each) || (gapAfter !== 'hard' && after.includes(each)))) return false;
  const openedBySign = gaps[from] === 'hard';
  const goesOn =
    after === '' ||
    strip(after, polite) === '' ||
    (isLatin(after[0])
      ? gapAfter === 'hard' || startsPolitely(text, to)
      : gapAfter === 'hard' || !isQuestion(after, asks));
  if (!goesOn) return false;
  if (before === '' || strip(before, polite) === '') return true;
  if (asked.some((each) => before.endsWith(each))) return true;
  if (openedBySign && after === '') return true;
  return anywhere === true && !(isLatin(before.at(-1)) && gaps[from] === 'soft');
}

const startsPolitely = (text: ReplyText, from: number): boolean =>
  polite.some((word) => text.plain.startsWith(word, from) && isWhole(text, from, from + word.length));

const isQuestion = (text: string, asks: boolean): boolean => asks || asking.some((each) => text.includes(each));

/** What is left of a text when words are taken off its ends, as often as it goes. */
function strip(plain: string, words: readonly string[]): string {
  let from = 0;
  let to = plain.length;
  for (let before = -1; before !== to - from;) {
    before = to - from;
    for (const word of words) {
      if (word.length <= to - from && plain.startsWith(word, from)) from += word.length;
      if (word.length <= to - from && plain.endsWith(word, to)) to -= word.length;
    }
  }
  return plain.slice(from, to);
}

/** The last of the words that was taken off when nothing but them and courtesies makes the reply; else null. */
function aloneIn(plain: string, words: readonly string[]): string | null {
  const most = 60;
  if (plain.length > most) return null;
  const all = longestFirst([...words, ...polite]);
  let said: string | null = null;
  let left = plain;
  for (let before = ''; before !== left;) {
    before = left;
    const word = all.find((each) => left.startsWith(each) || left.endsWith(each));
    if (word === undefined) break;
    if (words.includes(word)) said = word;
    left = left.startsWith(word) ? left.slice(word.length) : left.slice(0, -word.length);
  }
  return left === '' ? said : null;
}

function stands(text: ReplyText, { plain, how }: { plain: string; how: HouseWord['how'] }): boolean {
  if (how === 'alone') return aloneIn(text.plain, [plain]) !== null;
  return runsOf(text.plain, plain).some(
    ([from, to]) => isWhole(text, from, to) && (how === 'within' || strip(text.plain.slice(0, from), polite) === ''),
  );
}

/** A reply without a letter: one of the signs that say no, however often. */
const signs = optOutTable.filter(({ id }) => id === 'sign').flatMap(({ words }) => listOf(words).map(bareSign));
function signOf(content: string): ReplyMeaning {
  const bare = bareSign(content.normalize('NFKC').replaceAll(/[\s\p{P}\p{Cf}\p{M}~+=<>|^`$🙏]/gu, ''));
  const left = signs.reduce((rest, sign) => rest.replaceAll(sign, ''), bare);
  return bare !== '' && left === '' ? optOut('sign', bare.slice(0, 2)) : { meaning: 'other', because: null };
}

/** Without colour of skin, gender and the joiners that carry them. */
function bareSign(text: string): string {
  return text.replaceAll(/\p{EMod}|\u200d|\ufe0f|♂|♀/gu, '');
}
