import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../../../bin/waihu.mjs', import.meta.url));

export type Answer = { exit: number; data: unknown; stdout: string; stderr: string };

/** Runs one public command as its own process, with `--json`, as the person whose key is given. */
export function runWaihu(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', launcher, ...args, '--json'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (chunks.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (chunks.stderr += text));
    child.once('error', reject);
    child.once('close', (code) => {
      const exit = code ?? 1;
      resolve({ exit, data: parse(chunks.stdout), ...chunks });
    });
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
