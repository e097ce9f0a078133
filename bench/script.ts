import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a script of this folder to its end; gives what it said last. */
export function runScript(
  script: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Record<string, number>> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL(script, import.meta.url)), args, { env: { ...process.env, ...env } });
    let said: Record<string, number> | null = null;
    child.on('message', (message) => (said = message as Record<string, number>));
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 && said ? resolve(said) : reject(new Error(`${script} ended with ${code}.`)),
    );
  });
}
