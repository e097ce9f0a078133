import { AppError } from '../kernel/app-error.rule.ts';
import { installationKey, type InstallationKey } from '../kernel/installation-key.rule.ts';
import { transaction, type Pool, type Tx } from '../kernel/sql.db.ts';
import { record } from './audit/audit.db.ts';
import { sealKeyOf } from './audit/seal.ts';
import {
  findKeyFingerprint,
  loadInstallation,
  lockInstallation,
  replaceKeyFingerprint,
  storeKeyFingerprint,
} from './installation.db.ts';
import { findKey, makeKey, placeOfKey, type KeyPlace } from './installation-key.ts';

/** What people compare: of the key that seals archives, which is the installation's as anybody outside sees it. */
export const fingerprintOfKey = (key: InstallationKey): string => sealKeyOf(key).fingerprint;

/**
 * The installation's key, compared with its fingerprint in the database; every process begins with it. The first one of a new
 * installation makes the key where none is given and puts the fingerprint on record. Throws `installation.key-missing`,
 * `installation.key-differs` and `installation.key-unreadable`, with nothing made and nothing written.
 */
export async function openInstallationKey(pool: Pool, place: KeyPlace): Promise<InstallationKey> {
  const found = findKey(place);
  const mine = found && installationKey(found);
  const known = await findKeyFingerprint(pool);
  if (known !== null) return sameKey(mine, known, place);
  return transaction(pool, async (tx) => {
    const installation = await lockInstallation(tx);
    // Whoever was first meanwhile has made the key; a second one beside it would only look like one.
    const stands = await findKeyFingerprint(tx);
    if (stands !== null) return sameKey(mine, stands, place);
    if (!mine && place.named) throw missing(place, null);
    const key = mine ?? installationKey(makeKey(place.file));
    const fingerprint = fingerprintOfKey(key);
    await storeKeyFingerprint(tx, fingerprint);
    await onRecord(tx, 'installation.key', installation.id, { fingerprint });
    return key;
  });
}

/** The key of `place` beside the database's, both by fingerprint. */
export async function compareInstallationKey(pool: Pool, place: KeyPlace) {
  const found = findKey(place);
  const here = found && fingerprintOfKey(installationKey(found));
  const { id } = await loadInstallation(pool);
  const database = await findKeyFingerprint(pool);
  return { id, place: placeOfKey(place), here, database, same: here !== null && here === database };
}

/**
 * The key is lost: the one of `place`, or a new one, takes its place. What the old one had sealed opens no more (docs/runbook.md).
 * Throws `installation.key-in-use` for the key that stands, `installation.at-work` while a worker lives.
 */
export async function replaceInstallationKey(
  pool: Pool,
  place: KeyPlace,
  isAtWork: (tx: Tx) => Promise<boolean>,
): Promise<{ fingerprint: string; before: string | null }> {
  return transaction(pool, async (tx) => {
    const installation = await lockInstallation(tx);
    if (await isAtWork(tx))
      throw new AppError(
        'conflict',
        'installation.at-work',
        'A worker is at work with the old key: stop every API and worker first.',
      );
    const before = await findKeyFingerprint(tx);
    const found = findKey(place);
    if (!found && place.named) throw missing(place, before);
    const fingerprint = fingerprintOfKey(installationKey(found ?? makeKey(place.file)));
    if (fingerprint === before)
      throw new AppError(
        'conflict',
        'installation.key-in-use',
        `The key in ${placeOfKey(place)} is the installation's: nothing is lost.`,
      );
    await replaceKeyFingerprint(tx, fingerprint);
    await onRecord(tx, 'installation.key-replaced', installation.id, { fingerprint, replacedKey: before });
    return { fingerprint, before };
  });
}

function sameKey(mine: InstallationKey | null, known: string, place: KeyPlace): InstallationKey {
  if (!mine) throw missing(place, known);
  const fingerprint = fingerprintOfKey(mine);
  if (fingerprint === known) return mine;
  throw new AppError(
    'conflict',
    'installation.key-differs',
    `The key in ${placeOfKey(place)} is another installation's: its fingerprint is ${short(fingerprint)}, this database's is ${short(known)}. ` +
      'Copy installation.key from the data folder in which the installation began, or give its content as WAIHU_KEY. If that key is lost: docs/runbook.md.',
    { fingerprint, known },
  );
}

const missing = (place: KeyPlace, known: string | null): AppError =>
  new AppError(
    'conflict',
    'installation.key-missing',
    known === null
      ? `There is no key in ${place.file}, which WAIHU_KEY_FILE names: make one there (openssl rand -hex 32), or leave the variable out.`
      : `There is no key in ${place.file}, and this database belongs to an installation that has one (fingerprint ${short(known)}): ` +
          'copy installation.key from the data folder in which it began, or give its content as WAIHU_KEY. If that key is lost: docs/runbook.md.',
    { known },
  );

/** Enough to tell two keys apart by eye. */
const short = (fingerprint: string): string => `${fingerprint.slice(0, 16)}…`;

const onRecord = (tx: Tx, action: string, objectId: string, details: Record<string, unknown>) =>
  record(tx, { actor: 'system', action, objectKind: 'installation', objectId, details });
