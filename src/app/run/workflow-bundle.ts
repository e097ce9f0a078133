import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const prefix = 'workflows-';

/**
 * The workflows' code as one file in `folder`, made only when something it may be made of has changed: bundling takes seconds,
 * and a worker that died is missed for all of them.
 */
export async function workflowBundle(folder: string): Promise<{ codePath: string }> {
  const name = `${prefix}${sourceDigest()}.js`;
  const codePath = path.join(folder, name);
  if (existsSync(codePath)) return { codePath };
  const { code } = await bundleWorkflowCode({ workflowsPath: path.join(root, 'workflows', 'index.ts') });
  mkdirSync(folder, { recursive: true });
  // Two workers may come to it at once, and one may die over it: the name appears with the whole file or not at all.
  const draft = `${codePath}.${process.pid}`;
  writeFileSync(draft, code, { mode: 0o600 });
  renameSync(draft, codePath);
  for (const other of readdirSync(folder))
    if (other.startsWith(prefix) && other.endsWith('.js') && other !== name) rmSync(path.join(folder, other));
  return { codePath };
}

/** Over every source file of ours and the versions of every package. */
function sourceDigest(): string {
  const hash = createHash('sha256').update(process.version);
  const add = (file: string): void => void hash.update(`\0${file}\0`).update(readFileSync(path.join(root, file)));
  for (const room of ['workflows', 'src'])
    for (const file of readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' }).toSorted())
      if (/\.(?:ts|json)$/.test(file)) add(path.join(room, file));
  // What is installed, not what a lock file wishes for; a package of ours that was installed as a dependency has no lock file.
  add(path.relative(root, fileURLToPath(import.meta.resolve('@temporalio/workflow/package.json'))));
  return hash.digest('hex').slice(0, 32);
}
