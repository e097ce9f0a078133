import type { Answer } from './waihu.ts';

/** Says to the reader what happens and why; silent with --json, where only the last line counts. */
export type Storyteller = {
  chapter(title: string): void;
  say(line: string): void;
  command(who: string, args: readonly string[]): void;
  result(line: string): void;
  /** One line that replaces itself on a terminal, and is said now and then elsewhere. */
  progress(line: string): void;
};

export function createStoryteller(out: NodeJS.WritableStream, silent: boolean): Storyteller {
  const live = 'isTTY' in out && out.isTTY === true;
  let open = false;
  let lastMs = 0;
  const write = (line: string): void => {
    if (silent) return;
    out.write(`${open ? '\n' : ''}${line}\n`);
    open = false;
  };
  let number = 0;
  return {
    chapter(title) {
      number += 1;
      write(`\n${number}. ${title}`);
    },
    say: (line) => write(`   ${line}`),
    command: (who, args) =>
      write(`   ${who} $ waihu ${args.map((arg) => (/[\s"'{}]/.test(arg) ? JSON.stringify(arg) : arg)).join(' ')}`),
    result: (line) => write(`     → ${line}`),
    progress(line) {
      if (silent) return;
      if (live) {
        out.write(`\r\x1B[2K   ${line}`);
        open = true;
      } else if (Date.now() - lastMs > 2_000) {
        lastMs = Date.now();
        write(`   ${line}`);
      }
    },
  };
}

/** The sentence of a refusal, as the command printed it. */
export const refusalOf = ({ stderr, stdout }: Answer): string => (stderr.trim() || stdout.trim()).split('\n')[0] ?? '';
