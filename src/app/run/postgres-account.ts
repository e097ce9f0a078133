import { spawnSync } from 'node:child_process';
import { chownSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../kernel/app-error.rule.ts';
import { type Command, findSetpriv } from './programs.ts';

/** How PostgreSQL's programs are run, since they refuse to run as root. */
export interface PostgresAccount {
  as(command: string, args: string[]): Command;
  /** Gives a file or folder to that account. */
  give(path: string): void;
}

const CAPABILITY = '+dac_override';

/**
 * Ourselves, or, for root, the user `postgres` or `nobody`. Clone or data folder may lie below a folder closed to that
 * user (/root, a private temporary folder): then it keeps the one capability that opens files, and nothing else of root.
 * Throws `run.root-cannot-drop`.
 */
export function choosePostgresAccount(postgres: string, folder: string, path: string | undefined): PostgresAccount {
  if (process.getuid?.() !== 0) return { as: (command, args) => ({ command, args }), give: () => undefined };
  const user = findOwner(join(folder, 'data')) ?? findUser('postgres') ?? findUser('nobody');
  if (user === null) throw cannotDrop('there is no user named postgres or nobody');
  const { uid, gid } = user;
  chownSync(folder, uid, gid);

  const plain = (command: string, args: string[]): Command => ({ command, args, uid, gid });
  const setpriv = findSetpriv(path);
  const capable = (command: string, args: string[]): Command => ({
    command: setpriv ?? '',
    // access(2), by which PostgreSQL looks at its own files, ignores a user's capabilities without no_setuid_fixup.
    args: `--reuid ${uid} --regid ${gid} --clear-groups --securebits +no_setuid_fixup --bounding-set -all,${CAPABILITY} --inh-caps -all,${CAPABILITY} --ambient-caps ${CAPABILITY}`
      .split(' ')
      .concat(command, args),
  });
  for (const as of setpriv === null ? [plain] : [plain, capable]) {
    if (canUse(as, postgres, folder)) return { as, give: (file) => chownSync(file, uid, gid) };
  }
  throw cannotDrop(`the user ${user.name} cannot reach ${folder} or ${postgres}`);
}

function canUse(as: PostgresAccount['as'], postgres: string, folder: string): boolean {
  const { command, args, uid, gid } = as('/bin/sh', ['-c', 'test -x "$1" && test -w "$2"', 'sh', postgres, folder]);
  const ids = uid === undefined || gid === undefined ? {} : { uid, gid };
  return spawnSync(command, args, { stdio: 'ignore', cwd: '/', ...ids }).status === 0;
}

/** A cluster that exists keeps its owner: an ordinary user may have made it before root took over. */
function findOwner(data: string): { name: string; uid: number; gid: number } | null {
  const owner = statSync(data, { throwIfNoEntry: false });
  return owner && owner.uid !== 0 ? { name: `number ${owner.uid}`, uid: owner.uid, gid: owner.gid } : null;
}

function findUser(name: string): { name: string; uid: number; gid: number } | null {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':');
  return fields ? { name, uid: Number(fields[2]), gid: Number(fields[3]) } : null;
}

const cannotDrop = (reason: string) =>
  new AppError(
    'unavailable',
    'run.root-cannot-drop',
    `PostgreSQL does not run as root, and ${reason}: start Waihu as an ordinary user, or set DATABASE_URL.`,
  );
