import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** How the sandbox of this data folder is called, and where it calls back: as secret as a real account's. */
export type SandboxAccess = { accessKeyId: string; accessKeySecret: string; webhookToken: string };

export const sandboxAccessFile = (dataFolder: string): string => path.join(dataFolder, 'sandbox-access.json');

/** Made once a data folder; launcher, API and worker read the same file. */
export function loadOrCreateSandboxAccess(dataFolder: string): SandboxAccess {
  const file = sandboxAccessFile(dataFolder);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SandboxAccess;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const access = { accessKeyId: `sandbox-${secret(6)}`, accessKeySecret: secret(24), webhookToken: secret(24) };
  mkdirSync(dataFolder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(access)}\n`, { mode: 0o600 });
  return access;
}

const secret = (bytes: number): string => randomBytes(bytes).toString('base64url');
