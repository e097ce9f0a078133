import type { Answer } from './waihu.ts';

/** Says to the reader what happens and why; silent with --json, where only the last line counts. */
export type Storyteller = { chapter(title: string): void; say(line: string): void; command(who: string, args: readonly string[]): void; result(line: string): void };

export function createStoryteller(out: NodeJS.WritableStream, silent: boolean): Storyteller {
  const write = (line: string): void => void (silent || out.write(`${line}\n`));
  let number = 0;
  return {
    chapter(title) {
      number += 1;
      write(`\n${number}. ${title}`);
    },
    say: (line) => write(`   ${line}`),
    command: (who, args) => write(`   ${who} $ waihu ${args.map((arg) => (/[\s"'{}]/.test(arg) ? JSON.stringify(arg) : arg)).join(' ')}`),
    result: (line) => write(`     → ${line}`),
  };
}

/** The sentence of a refusal, as the command printed it. */
export const refusalOf = ({ stderr, stdout }: Answer): string => (stderr.trim() || stdout.trim()).split('\n')[0] ?? '';
