import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../kernel/app-error.rule.ts';
import { readKeyText } from '../kernel/installation-key.rule.ts';

/** Where a process has the installation's key from. */
export type KeyPlace = {
  /** WAIHU_KEY, as it was given. */
  given: string | undefined;
  file: string;
  /** The file is named by WAIHU_KEY_FILE: it is somebody else's to make. */
  named: boolean;
};

/** Where the key is unless somebody says otherwise. */
export const keyOfFolder = (dataFolder: string): KeyPlace => ({
  given: undefined,
  file: join(dataFolder, 'installation.key'),
  named: false,
});

/** As people look for it. */
export const placeOfKey = ({ given, file }: KeyPlace): string => (given === undefined ? file : 'WAIHU_KEY');

/** The key's 32 bytes, or null while there is no such file. Throws `installation.key-unreadable`; what was read is never shown. */
export function findKey(place: KeyPlace): Buffer | null {
  const text = place.given ?? readOrNull(place.file);
  if (text === null) return null;
  const key = readKeyText(text);
  if (key) return key;
  throw new AppError(
    'invalid',
    'installation.key-unreadable',
    `${placeOfKey(place)} holds no key: 32 bytes in hex or base64 (openssl rand -hex 32). Put the installation's own key there.`,
  );
}

/** A new key in the file (mode 0600, hex), or the one that somebody else has put there meanwhile. */
export function makeKey(file: string): Buffer {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeSync(handle, `${randomBytes(32).toString('hex')}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    // A link fails when the name is taken: the first process wins, and nobody ever reads half a key.
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return findKey({ given: undefined, file, named: false }) ?? makeKey(file);
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
