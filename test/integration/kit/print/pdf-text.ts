import { inflateSync } from 'node:zlib';

/** What a reader would copy out of a PDF that Chromium wrote, page by page, with the embedded fonts' names. */
export function readPdf(pdf: Buffer): { pages: string[]; fonts: string[]; outline: string[] } {
  const objects = objectsOf(pdf);
  const text = (id: string | undefined): string => objects.get(id ?? '')?.head ?? '';
  const pages = [...objects.values()].filter(({ head }) => /\/Type \/Page\b(?!s)/.test(head));
  const fonts = new Map<string, Map<string, string>>();
  const fontOf = (id: string): Map<string, string> => {
    const known = fonts.get(id) ?? toUnicode(objects.get(ref(text(id), 'ToUnicode') ?? '')?.stream ?? '');
    fonts.set(id, known);
    return known;
  };
  return {
    pages: pages.map(({ head }) => {
      const named = /\/Font <<([^>]*)>>/.exec(head)?.[1] ?? '';
      const byName = new Map([...named.matchAll(/\/(\w+) (\d+) 0 R/g)].map(([, name, id]) => [name, fontOf(id ?? '')]));
      return shown(objects.get(ref(head, 'Contents') ?? '')?.stream ?? '', byName);
    }),
    fonts: [...objects.values()].flatMap(({ head }) => /\/FontName \/\w{6}\+([\w-]+)/.exec(head)?.[1] ?? []),
    outline: [...objects.values()].flatMap(({ head }) =>
      /\/Parent/.test(head) && /\/Title/.test(head)
        ? (/\/Title <FEFF(\w*)>/.exec(head)?.slice(1).map(utf16) ?? [])
        : [],
    ),
  };
}

function objectsOf(pdf: Buffer): Map<string, { head: string; stream: string }> {
  const raw = pdf.toString('latin1');
  const table = Number(/startxref\s+(\d+)\s+%%EOF\s*$/.exec(raw)?.[1]);
  const offsets = [...raw.slice(table).matchAll(/^(\d{10}) \d{5} n/gm)].map(([, offset]) => Number(offset));
  return new Map(
    offsets.map((offset) => {
      const [start, id] = /^(\d+) 0 obj\s*/.exec(raw.slice(offset, offset + 30)) ?? ['', ''];
      const rest = raw.slice(offset + start.length);
      const end = rest.search(/stream\r?\n|endobj/);
      const head = rest.slice(0, end);
      if (!rest.startsWith('stream', end)) return [id, { head, stream: '' }];
      const from = offset + start.length + end + (/^stream\r?\n/.exec(rest.slice(end))?.[0].length ?? 0);
      const bytes = pdf.subarray(from, from + Number(/\/Length (\d+)/.exec(head)?.[1]));
      const stream = (head.includes('/FlateDecode') ? inflateSync(bytes) : bytes).toString('latin1');
      return [id, { head, stream }];
    }),
  );
}

const ref = (head: string, key: string): string | undefined => new RegExp(`/${key} (\\d+) 0 R`).exec(head)?.[1];

const utf16 = (hex: string): string =>
  String.fromCharCode(...(hex.match(/.{4}/g) ?? []).map((unit) => Number.parseInt(unit, 16)));

/** A font's own table from codes (hex) to characters. */
function toUnicode(cmap: string): Map<string, string> {
  const table = new Map<string, string>();
  for (const [, block] of cmap.matchAll(/beginbfchar([\s\S]*?)endbfchar/g)) {
    for (const [, code, to] of block?.matchAll(/<(\w+)>\s*<(\w+)>/g) ?? []) table.set(code ?? '', utf16(to ?? ''));
  }
  for (const [, block] of cmap.matchAll(/beginbfrange([\s\S]*?)endbfrange/g)) {
    for (const [, first = '', last = '', to = ''] of block?.matchAll(/<(\w+)>\s*<(\w+)>\s*<(\w+)>/g) ?? []) {
      for (let code = Number.parseInt(first, 16); code <= Number.parseInt(last, 16); code += 1) {
        const character = Number.parseInt(to, 16) + code - Number.parseInt(first, 16);
        const key = code.toString(16).toUpperCase().padStart(first.length, '0');
        table.set(key, utf16(character.toString(16).padStart(4, '0')));
      }
    }
  }
  return table;
}

/** The text a content stream shows; a code its font cannot translate becomes U+FFFD. */
function shown(content: string, fonts: ReadonlyMap<string | undefined, ReadonlyMap<string, string>>): string {
  let font: ReadonlyMap<string, string> = new Map();
  let text = '';
  for (const [, name, hex, literal] of content.matchAll(/\/(\w+) [\d.]+ Tf|<(\w+)>|\(((?:\\[\s\S]|[^\\)])*)\)/g)) {
    if (name !== undefined) font = fonts.get(name) ?? new Map();
    const codes = (hex ?? Buffer.from(unescape(literal ?? ''), 'latin1').toString('hex')).toUpperCase();
    const width = [...font.keys()][0]?.length ?? 2;
    for (let at = 0; at < codes.length; at += width) text += font.get(codes.slice(at, at + width)) ?? '\uFFFD';
  }
  return text;
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

const unescape = (literal: string): string =>
  literal.replace(/\\(?:([0-7]{1,3})|([\s\S]))/g, (_, octal: string | undefined, character: string) =>
    octal === undefined ? (escapes[character] ?? character) : String.fromCharCode(Number.parseInt(octal, 8)),
  );
