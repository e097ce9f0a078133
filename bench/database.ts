import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readConfig } from '../src/app/config.ts';
import { migrate } from '../src/app/run/migrate.ts';
import { freePort } from '../src/app/run/ports.ts';
import { startPostgres } from '../src/app/run/postgres.ts';

export const say = (line: string): void => console.log(`  ${line}`);

/** PostgreSQL alone, as `npm start` runs it and with every migration, in a folder of its own unless one is given. */
export async function openBenchDatabase({ folder: given, port = 0 }: { folder?: string | undefined; port?: number }) {
  const folder = given ?? mkdtempSync(path.join(os.tmpdir(), 'waihu-bench-'));
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(WAIHU_|DATABASE_URL$|TEMPORAL_)/.test(name)),
  );
  const config = readConfig({ ...inherited, WAIHU_DATA: folder, WAIHU_PORT: `${port}`, WAIHU_LOG_LEVEL: 'warn' });
  const postgres = await startPostgres({
    folder: path.join(folder, 'postgres'),
    port: await freePort(),
    logFile: path.join(folder, 'postgres.log'),
    pidFile: path.join(folder, 'postgres.json'),
    env: config.env,
    say,
  });
  await migrate(postgres.url);
  const postmaster = (): number =>
    Number(readFileSync(path.join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const close = async (keep: boolean): Promise<void> => {
    await postgres.stop();
    if (keep) console.log(`Kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  };
  return { folder, config, url: postgres.url, postmaster, close };
}
