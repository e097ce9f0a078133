import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { InstallationKey, KeyUse } from '../../kernel/installation-key.rule.ts';

/** Seals and opens what only this installation may read. `owner` binds the sealed bytes to their row: moved elsewhere they do not open. */
export type Seal = { seal(value: unknown, owner: string): Buffer; open(sealed: Uint8Array, owner: string): unknown };

/** AES-256-GCM under a subkey of the installation's key. What was sealed with another key throws `channel.sealed-elsewhere`. */
export function createSeal(installation: InstallationKey, use: KeyUse = 'notice-channel'): Seal {
  const key = installation.subkey(use);
  return {
    seal(value, owner) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(owner));
      const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]);
    },
    open(sealed, owner) {
      const bytes = Buffer.from(sealed);
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(owner));
        decipher.setAuthTag(bytes.subarray(12, 28));
        const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
        return JSON.parse(text) as unknown;
      } catch {
        // Without its cause: whatever the cipher says helps nobody but a guesser.
        throw new AppError(
          'unavailable',
          'channel.sealed-elsewhere',
          'These secrets were sealed with another key; enter them again.',
        );
      }
    },
  };
}
