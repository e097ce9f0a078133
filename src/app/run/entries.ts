import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import type { Command } from './programs.ts';
import { loadOrCreateSandboxAccess } from './sandbox-access.ts';
import type { PartSpec } from './supervise.ts';

/** The scripts that are run as child processes; tests bring tiny ones of their own. */
export interface Entries {
  sandbox: string;
  worker: string;
  api: string;
  /** Folder of plain SQL files. */
  migrations: string;
}

const inProject = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export const defaultEntries: Entries = {
  sandbox: inProject('sandbox/main.ts'),
  worker: inProject('src/app/worker.ts'),
  api: inProject('src/app/api.ts'),
  migrations: inProject('migrations'),
};

/** What every child gets to know, in the variables `readConfig` reads. */
export interface Addresses {
  port: number;
  apiUrl: string;
  databaseUrl: string;
  temporalAddress: string;
  sandboxUrl: string | undefined;
  /** Of the sandbox's mail relay. */
  sandboxMailPort?: number | undefined;
}

/** The environment of worker and API. */
export function childEnv(config: Config, addresses: Addresses): Record<string, string> {
  const { sandboxUrl, sandboxMailPort } = addresses;
  // Notices reach the sandbox because this start says so: no page can widen the list.
  const sandboxHosts = [
    sandboxUrl !== undefined && new URL(sandboxUrl).host,
    sandboxMailPort !== undefined && `localhost:${sandboxMailPort}`,
  ].filter((host) => host !== false);
  const noticeHosts = [...config.noticeHosts, ...sandboxHosts].join(',');
  return {
    ...config.env,
    // For these two alone: the servers and the sandbox have no business with it.
    ...(config.key.given !== undefined && { WAIHU_KEY: config.key.given }),
    ...(config.key.named && { WAIHU_KEY_FILE: config.key.file }),
    TZ: 'UTC',
    WAIHU_PORT: String(addresses.port),
    WAIHU_HOST: config.host,
    WAIHU_DATA: config.dataFolder,
    WAIHU_SANDBOX: sandboxUrl === undefined ? 'off' : 'on',
    ...(sandboxUrl !== undefined && { WAIHU_SANDBOX_URL: sandboxUrl }),
    ...(noticeHosts !== '' && { WAIHU_NOTICE_HOSTS: noticeHosts }),
    DATABASE_URL: addresses.databaseUrl,
    TEMPORAL_ADDRESS: addresses.temporalAddress,
    TEMPORAL_NAMESPACE: config.temporal.namespace,
  };
}

export const senderName = (number: number): string => `sender-${number}`;
/** Parts that finish work in hand, for which they need all the others. */
export const drainsFirst = (name: string): boolean => name === 'worker' || name.startsWith('sender-');

type Common = Pick<PartSpec, 'say' | 'onFatal'>;

/**
 * What the API leaves uncollected at most: pages are small, and V8 takes more where memory is plenty. With 4 a receipt cost it 337 µs
 * instead of 94, most of them in the collector; with 8, 135.
 */
export const smallYoung = '--max-semi-space-size=16';

/** A Node child: same binary, a channel, a log and a pid file in the data folder. `flags` are Node's own. */
export function nodePart(
  config: Config,
  name: string,
  script: string,
  args: string[],
  common: Common,
  flags: readonly string[] = [],
): PartSpec {
  const command: Command = { command: process.execPath, args: [...flags, '--enable-source-maps', script, ...args] };
  return {
    ...common,
    name,
    command,
    env: config.env,
    ipc: true,
    logFile: join(config.dataFolder, 'logs', `${name}.log`),
    pidFile: join(config.dataFolder, 'run', `${name}.json`),
    stopSignal: 'SIGTERM',
    // Workers finish sub-batches in hand; a gateway call may take 10 s.
    stopSeconds: drainsFirst(name) ? 40 : 10,
  };
}

export function sandboxPart(
  config: Config,
  script: string,
  ports: { http: number; mail: number },
  apiUrl: string,
  common: Common,
): PartSpec {
  const folder = join(config.dataFolder, 'sandbox');
  const { accessKeyId, accessKeySecret, webhookToken, ariPassword } = loadOrCreateSandboxAccess(config.dataFolder);
  const args = [
    '--port',
    `${ports.http}`,
    '--mail-port',
    `${ports.mail}`,
    '--data',
    folder,
    '--scenario',
    config.sandbox.scenario,
  ];
  return {
    ...nodePart(config, 'sandbox', script, args, common),
    env: {
      ...config.env,
      TZ: 'UTC',
      SANDBOX_ACCESS_KEY_ID: accessKeyId,
      SANDBOX_ACCESS_KEY_SECRET: accessKeySecret,
      SANDBOX_ARI_PASSWORD: ariPassword,
      SANDBOX_PUSH_REPORT_URL: `${apiUrl}/webhooks/aliyun/${webhookToken}/reports`,
      SANDBOX_PUSH_REPLY_URL: `${apiUrl}/webhooks/aliyun/${webhookToken}/replies`,
    },
  };
}
