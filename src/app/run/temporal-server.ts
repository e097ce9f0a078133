import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../kernel/app-error.rule.ts';
import { buildTemporal } from './temporal-build.ts';
import { downloadTemporal } from './temporal-download.ts';
import { findProgram } from './programs.ts';
import type { Terminal } from './terminal.ts';

/** Update with validator, schedules and worker versioning as we use them came with this server. */
const OLDEST_SERVER = [1, 29] as const;

export interface FindServerOptions {
  /** Folder kept between starts and shared by all copies. */
  cache: string;
  env: Record<string, string>;
  terminal: Terminal;
  signal?: AbortSignal | undefined;
}

/**
 * The `temporal` program: on PATH, kept from earlier, downloaded by the SDK, or built with Go, in this order.
 * Throws `run.temporal-missing`, which names every way that was tried.
 */
export async function findTemporalServer(options: FindServerOptions): Promise<string> {
  const { cache, env, terminal } = options;
  const onPath = findProgram('temporal', env['PATH']);
  if (onPath !== null) {
    if (isRecent(onPath)) return onPath;
    terminal.say(`The temporal on PATH is older than ${OLDEST_SERVER.join('.')}; not using it.`);
  }
  const kept = [join(cache, 'temporal-1.8.2', 'temporal'), join(cache, 'temporal-downloaded', 'temporal')];
  const found = kept.find((file) => existsSync(file));
  if (found !== undefined) return found;

  makeCache(cache);
  const downloaded = await downloadTemporal({ ...options, target: join(cache, 'temporal-downloaded', 'temporal') });
  if (downloaded !== null) return downloaded;
  const go = findProgram('go', env['PATH']);
  if (go === null) throw missing();
  return buildTemporal({ ...options, go, target: join(cache, 'temporal-1.8.2', 'temporal') });
}

function isRecent(temporal: string): boolean {
  const { stdout } = spawnSync(temporal, ['--version'], {
    encoding: 'utf8',
    timeout: 10_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const version = /Server (\d+)\.(\d+)/.exec(stdout ?? '');
  if (!version) return false;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  return major > OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor >= OLDEST_SERVER[1]);
}

function makeCache(cache: string): void {
  try {
    mkdirSync(cache, { recursive: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const message = `The folder ${cache} for the Temporal server cannot be made (${code}); set WAIHU_TEMPORAL_CACHE to one this user may write.`;
    throw new AppError('invalid', 'run.cache-unwritable', message, undefined, { cause: error });
  }
}

const missing = () =>
  new AppError(
    'unavailable',
    'run.temporal-missing',
    'No Temporal server was found, and the download did not work. Any of these helps: put the Temporal CLI ("temporal") on PATH; ' +
      'install Go 1.26 or later, and it is built here once; or set TEMPORAL_ADDRESS to a server of your own.',
  );
