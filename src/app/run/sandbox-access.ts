import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** How the sandbox of this data folder is called, and where it calls back: as secret as a real account's. */
export type SandboxAccess = {
  accessKeyId: string;
  accessKeySecret: string;
  webhookToken: string;
  /** Of its Asterisk. */
  ariPassword: string;
};

export const sandboxAccessFile = (dataFolder: string): string => path.join(dataFolder, 'sandbox-access.json');

/** Made once a data folder; launcher, API and worker read the same file. */
export function loadOrCreateSandboxAccess(dataFolder: string): SandboxAccess {
  const file = sandboxAccessFile(dataFolder);
  const kept = readKept(file);
  const access = {
    accessKeyId: `sandbox-${secret(6)}`,
    accessKeySecret: secret(24),
    webhookToken: secret(24),
    ariPassword: secret(24),
    // A folder from before the sandbox had a PBX keeps what it had.
    ...kept,
  };
  if (kept?.ariPassword !== undefined) return access;
  mkdirSync(dataFolder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(access)}\n`, { mode: 0o600 });
  return access;
}

function readKept(file: string): Partial<SandboxAccess> | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<SandboxAccess>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

const secret = (bytes: number): string => randomBytes(bytes).toString('base64url');
