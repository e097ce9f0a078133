export type SourceFile = { path: string; text: string };

const code = '[a-z][a-z0-9-]*(?:\\.[a-zA-Z0-9:_-]+)*\\.[a-zA-Z0-9:_-]*[a-zA-Z0-9]';

/** Dotted words in quotes (`'campaign.missing'`): codes, actions and catalogue keys alike. Template literals are left out. */
export const dottedLiterals = (text: string): string[] => [
  ...new Set(Array.from(text.matchAll(new RegExp(`(['"])(${code})\\1`, 'g')), (match) => match[2] ?? '')),
];

/** Quoted beginnings of a key, where something is joined to them: `'role.' + role`, `(concat 'people.kind-' kind)`. */
export const dottedBeginnings = (text: string): string[] => [
  ...new Set(
    Array.from(
      text.matchAll(/(?:(?<=\(\s*concat\s+)(['"])([a-z][\w.:-]*[.-])\1|(['"])([a-z][\w.:-]*[.-])\3(?=\s*\+))/g),
      (match) => match[2] ?? match[4] ?? '',
    ),
  ),
];

/** The body of every template literal that has a hole in it; holes as written. Nested ones are given too. */
export function templateLiterals(text: string): string[] {
  const found: string[] = [];
  for (let at = text.indexOf('`'); at !== -1; at = text.indexOf('`', at + 1)) {
    const end = closingTick(text, at);
    if (end === -1) break;
    const body = text.slice(at + 1, end);
    if (body.includes('${')) {
      found.push(body);
      for (const hole of holesOf(body)) found.push(...templateLiterals(hole));
    }
    at = end;
  }
  return found;
}

function closingTick(text: string, open: number): number {
  let depth = 0;
  for (let at = open + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\') at += 1;
    else if (depth === 0 && character === '`') return at;
    else if (depth === 0 && text.startsWith('${', at)) [depth, at] = [1, at + 1];
    else if (depth > 0 && character === '`') at = closingTick(text, at);
    else if (depth > 0 && character === '{') depth += 1;
    else if (depth > 0 && character === '}') depth -= 1;
    if (at === -1) return -1;
  }
  return -1;
}

/** What stands inside the outermost `${…}` of a template's body. */
export function holesOf(body: string): string[] {
  const holes: string[] = [];
  for (let at = body.indexOf('${'); at !== -1; at = body.indexOf('${', at)) {
    let depth = 1;
    let end = at + 2;
    for (; end < body.length && depth > 0; end += 1) {
      if (body.charAt(end) === '{') depth += 1;
      if (body.charAt(end) === '}') depth -= 1;
    }
    holes.push(body.slice(at + 2, end - 1));
    at = end;
  }
  return holes;
}

/** The keys a template's body may become: its fixed parts, anything in the holes. */
export function patternOf(body: string): RegExp {
  let rest = body;
  for (const hole of holesOf(body)) rest = rest.replace(`\${${hole}}`, '\u0000');
  const fixed = rest.split('\u0000').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${fixed.join('.+')}$`);
}

/** The arguments, as written, of every call of `name(…)`; the words `function name(` are no call. */
export function callsOf(name: string, text: string): string[][] {
  const calls: string[][] = [];
  for (const match of text.matchAll(new RegExp(`(?<![\\w.$]|function )${name}\\(`, 'g')))
    calls.push(argumentsAt(text, match.index + match[0].length));
  return calls;
}

function argumentsAt(text: string, start: number): string[] {
  const list: string[] = [];
  let depth = 0;
  let from = start;
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '`') at = closingTick(text, at);
    else if (character === "'" || character === '"') at = closingQuote(text, at);
    else if ('([{'.includes(character)) depth += 1;
    else if (depth > 0 && ')]}'.includes(character)) depth -= 1;
    else if (depth === 0 && (character === ',' || character === ')')) {
      list.push(text.slice(from, at).trim());
      from = at + 1;
      if (character === ')') return list.filter((argument) => argument !== '');
    }
    if (at === -1) return list;
  }
  return list;
}

function closingQuote(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1;
    else if (text.charAt(at) === text.charAt(open)) return at;
  }
  return -1;
}

/** `'a.b'` as a.b, `` `a.${b}` `` as its body, anything else as null. */
export function writtenCode(argument: string | undefined): { literal: string } | { template: string } | null {
  const written = argument ?? '';
  const quote = written.charAt(0);
  const ends = quote === '`' ? closingTick(written, 0) : closingQuote(written, 0);
  if (!["'", '"', '`'].includes(quote) || ends !== written.length - 1) return null;
  const inside = written.slice(1, -1);
  return quote === '`' ? { template: inside } : { literal: inside };
}

/** What is written after `action:` or `action =`, up to the end of that field or statement. */
export const actionTexts = (text: string): string[] =>
  Array.from(text.matchAll(/\baction(?::| =)\s*([\s\S]*?)(?:,\n|, objectKind|;| \})/g), (match) => match[1] ?? '');
