import { randomUUIDv7 } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { record } from '../audit/audit.db.ts';
import { countKeys } from '../key.db.ts';
import { issueInvitation } from '../invitation.command.ts';
import { signsIn } from '../invitation.db.ts';
import { findFirstDaysUntil } from '../way-in.db.ts';
import { countStaff, firstAddress, insertStaff, listStaff, replaceRoles } from '../staff.db.ts';
import { transaction, type Pool, type Tx } from '../../kernel/sql.db.ts';
import { hold } from '../../kernel/lock.db.ts';
import type { SignIn } from './sign-in.ts';

type Deps = { pool: Pool; signIn: SignIn; dataFolder: string; now: Date };

// Two parts that start at once must not make two first administrators.
const lock = (tx: Tx) => hold(tx, 'firstAdministrator');

/**
 * A new installation has nobody who could let anybody in: makes one administrator and writes their key to
 * `<data folder>/admin-key` (mode 0600). Returns that path, or null when there was somebody with a key already.
 */
export async function ensureFirstAdministrator(deps: Deps): Promise<string | null> {
  await transaction(deps.pool, async (tx) => {
    await lock(tx);
    if ((await countStaff(tx)) > 0) return;
    const staffId = randomUUIDv7();
    await insertStaff(tx, { id: staffId, name: '系统管理员', email: firstAddress, unit: 'Waihu' });
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

/**
 * As long as the first administrator cannot sign in to the pages: writes a one-time link for them to
 * `<data folder>/first-sign-in-link` (mode 0600), a fresh one each start, since only a hash of the last is kept. Removes
 * the file otherwise. Gives the path, or null.
 */
export async function ensureFirstLink(
  { pool, dataFolder, now }: Omit<Deps, 'signIn'>,
  publicUrl: string,
): Promise<string | null> {
  const file = firstLinkFile(dataFolder);
  return transaction(pool, async (tx) => {
    await lock(tx);
    const administrator = (await listStaff(tx)).find(
      (person) => person.roles.includes('administrator') && !person.disabledAt,
    );
    if (!administrator || (await signsIn(tx, administrator.id))) {
      forgetFirstLink(dataFolder);
      return null;
    }
    const { token, expiresAt } = await issueInvitation(tx, { staffId: administrator.id, createdBy: null }, now);
    const entry = {
      actor: 'system',
      action: 'staff.first-link',
      objectKind: 'staff',
      objectId: administrator.id,
      details: { expiresAt: expiresAt.toISOString() },
    };
    await record(tx, entry, now);
    writeFileSync(`${file}.new`, `${publicUrl}/welcome/${token}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return file;
  });
}

/**
 * In the house's first days: writes until when its only administrator may approve signing keys alone to
 * `<data folder>/first-days-until`, for the lines that the start prints; removes the file once they are over.
 */
export async function noteFirstDays({ pool, dataFolder, now }: Omit<Deps, 'signIn'>): Promise<void> {
  const file = path.join(dataFolder, 'first-days-until');
  const until = await findFirstDaysUntil(pool);
  if (until && until > now) writeFileSync(file, `${until.toISOString()}\n`);
  else rmSync(file, { force: true });
}

const firstLinkFile = (dataFolder: string): string => path.join(dataFolder, 'first-sign-in-link');

/** Once somebody has used a link, the first one is of no use any more. */
export function forgetFirstLink(dataFolder: string): void {
  rmSync(firstLinkFile(dataFolder), { force: true });
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
