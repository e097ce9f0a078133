/** Where the launcher speaks: lines that stay, and one line that is rewritten while something takes long. */
export interface Terminal {
  say: (line: string) => void;
  live: (line: string) => void;
}

/** Without a terminal (a log file, CI) a live line is printed at most twice a minute instead of rewritten. */
export function createTerminal(output: { write(text: string): unknown; isTTY?: boolean; columns?: number }): Terminal {
  let lastLive = Date.now();
  let dirty = false;
  return {
    say(line) {
      output.write(`${dirty ? '\r\u001B[2K' : ''}${line}\n`);
      dirty = false;
    },
    live(line) {
      if (output.isTTY) {
        output.write(`\r\u001B[2K${line.slice(0, (output.columns ?? 80) - 1)}`);
        dirty = true;
      } else if (Date.now() - lastLive > 30_000) {
        lastLive = Date.now();
        output.write(`${line}\n`);
      }
    },
  };
}
