import { randomUUIDv7 } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { record } from '../db/audit.ts';
import { countKeys } from '../db/key.ts';
import { countStaff, insertStaff, listStaff, replaceRoles } from '../db/staff.ts';
import { transaction, type Pool, type Tx } from '../db/sql.ts';
import type { SignIn } from './sign-in.ts';

type Deps = { pool: Pool; signIn: SignIn; dataFolder: string; now: Date };

// Two parts that start at once must not make two first administrators.
const lockNumber = 727_002;
const lock = (tx: Tx) => tx.query('select pg_advisory_xact_lock($1)', [lockNumber]);

/**
 * A new installation has nobody who could let anybody in: makes one administrator and writes their key to
 * `<data folder>/admin-key` (mode 0600). Returns that path, or null when there was somebody with a key already.
 */
export async function ensureFirstAdministrator(deps: Deps): Promise<string | null> {
  await transaction(deps.pool, async (tx) => {
    await lock(tx);
    if ((await countStaff(tx)) > 0) return;
    const staffId = randomUUIDv7();
    await insertStaff(tx, { id: staffId, name: 'Administrator', email: 'administrator@waihu.invalid', unit: 'Waihu' });
    await replaceRoles(tx, staffId, ['administrator']);
    const entry = {
      actor: 'system',
      action: 'staff.first-administrator',
      objectKind: 'staff',
      objectId: staffId,
      details: {},
    };
    await record(tx, entry, deps.now);
  });
  // Apart, so that a crash between the two leaves an administrator whose key the next start makes.
  return transaction(deps.pool, async (tx) => {
    await lock(tx);
    if ((await countKeys(tx)) > 0) return null;
    const administrator = (await listStaff(tx)).find(
      (person) => person.roles.includes('administrator') && !person.disabledAt,
    );
    return administrator ? writeAdministratorKey(tx, deps, administrator.id) : null;
  });
}

async function writeAdministratorKey(tx: Tx, { signIn, dataFolder, now }: Deps, staffId: string): Promise<string> {
  const name = 'admin-key file';
  const { id, secret } = await signIn.issueKey({ staffId, name, expiresInSeconds: null });
  await record(
    tx,
    { actor: 'system', action: 'key.created', objectKind: 'key', objectId: id, details: { staffId, name } },
    now,
  );
  const file = path.join(dataFolder, 'admin-key');
  writeFileSync(`${file}.new`, `${secret}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return file;
}
