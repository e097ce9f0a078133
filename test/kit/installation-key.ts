import { randomBytes } from 'node:crypto';
import { installationKey, type InstallationKey } from '../../src/kernel/installation-key.rule.ts';

/** The key of an installation that nobody else has. */
export const newKey = (): InstallationKey => installationKey(randomBytes(32));
