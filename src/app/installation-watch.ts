import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { recogniseDatabase } from '../campaign/restore.command.ts';
import type { Noted } from '../campaign/restore.rule.ts';
import { advanceMark } from '../house/installation.db.ts';
import type { Pool } from '../kernel/sql.db.ts';

const everyMs = 1_000;
const NotedFile = z.object({ id: z.uuid(), mark: z.number() });

export type InstallationWatch = {
  /** How far the database had come when this process last heard: one that says less is an older one, and nothing leaves on its word. */
  knownMark: () => number;
  stop(): Promise<void>;
};

/**
 * Looks at the start, and then every second, whether the database is the one that this machine has worked with, and notes in the
 * data folder (`installation.json`) how far it has come. Rejects while the database does not answer: nothing may be sent before.
 */
export async function watchInstallation(
  pool: Pool,
  dataFolder: string,
  log: Record<'warn' | 'error', (fields: Record<string, unknown>, sentence: string) => void>,
): Promise<InstallationWatch> {
  const file = path.join(dataFolder, 'installation.json');
  let noted = await readNoted(file);
  const note = async (mark: Noted): Promise<void> => {
    noted = { id: mark.id, mark: mark.mark };
    await writeFile(`${file}.${process.pid}`, `${JSON.stringify(noted)}\n`, { mode: 0o600 });
    await rename(`${file}.${process.pid}`, file);
  };
  const recognise = async (): Promise<void> => {
    const { origin, stands, campaigns, lostFrom } = await recogniseDatabase(pool, noted);
    if (origin === 'restored')
      log.error(
        { campaigns, lostFrom: lostFrom?.toISOString() },
        'The database is an older one than this machine has worked with: it was restored. Campaigns are paused and the gateway is asked what was sent since; see docs/runbook.md.',
      );
    await note(stands);
  };
  const beat = async (): Promise<void> => {
    const stands = await advanceMark(pool, noted?.mark ?? 0);
    if (stands && stands.id === noted?.id) await note(stands);
    else await recognise();
  };
  await recognise();
  await beat();
  let silent = false;
  let running: Promise<void> = Promise.resolve();
  let beating = false;
  const timer = setInterval(() => {
    if (beating) return;
    beating = true;
    running = beat()
      .then(() => void (silent = false))
      .catch((error: unknown) => {
        if (!silent) log.warn({ err: error }, 'How far the database has come could not be noted; trying again.');
        silent = true;
      })
      .finally(() => void (beating = false));
  }, everyMs);
  return {
    knownMark: () => noted?.mark ?? 0,
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

async function readNoted(file: string): Promise<Noted | null> {
  try {
    return NotedFile.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Missing or damaged, it says nothing; then the database's own word counts, and that of others who work with it.
    return null;
  }
}
