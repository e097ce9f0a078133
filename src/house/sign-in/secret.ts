import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Reads the sign-in secret of this data folder, making it (mode 0600) at the first start. 64 hex digits. */
export function loadSignInSecret(dataFolder: string): string {
  const file = path.join(dataFolder, 'sign-in-secret');
  try {
    // `wx`: of two parts that start at once, one makes the secret and both read it.
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
