import { readFileSync } from 'node:fs';

/** Replies as people write them, parted by ` | ` in test/kit/replies; `\n` and `\u{200b}` stand for what a file cannot show. */
const read = (name: string): string[] =>
  readFileSync(new URL(`replies/${name}.txt`, import.meta.url), 'utf8')
    .trimEnd()
    .split(/\n| \| /)
    .map((reply) =>
      reply
        .replaceAll(/\\u\{([0-9a-f]+)\}/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
        .replaceAll('\\n', '\n'),
    );

export const saysNo = read('no');
export const saysSomethingElse = read('other');
