import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Command {
  command: string;
  args: string[];
  uid?: number;
  gid?: number;
}

/** The first executable of this name on a PATH, or null. */
export function findProgram(name: string, path: string | undefined): string | null {
  for (const folder of (path ?? '').split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      continue;
    }
  }
  return null;
}

/** util-linux's setpriv, or null: not on macOS, and busybox's namesake lacks what is needed. */
export function findSetpriv(path: string | undefined): string | null {
  if (process.platform !== 'linux') return null;
  const file = findProgram('setpriv', `${path ?? ''}${delimiter}/usr/bin${delimiter}/bin`);
  if (file === null) return null;
  return spawnSync(file, ['--pdeathsig', 'INT', 'true'], { stdio: 'ignore' }).status === 0 ? file : null;
}

/** Has the kernel send `signal` when the launcher dies, even by SIGKILL. Elsewhere the next start clears up by pid file. */
export function dieWithParent(command: Command, signal: 'INT' | 'TERM', setpriv: string | null): Command {
  if (setpriv === null) return command;
  return { ...command, command: setpriv, args: ['--pdeathsig', signal, command.command, ...command.args] };
}
