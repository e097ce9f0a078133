import path from 'node:path';
import type { Command } from 'commander';
import { verb, type Run } from '../../kit/cli/command.ts';
import { fileToRead } from '../../kit/cli/file.ts';
import { fields, type Output } from '../../kit/cli/output.ts';
import type { Backup } from '../backup/backup.command.ts';
import { databaseKept, databaseToFill, withDatabase } from './database.ts';

const needs = 'DATABASE_URL, or the data folder, whether an instance runs on it or not.';

/** The database alone, as one file and back: what docs/runbook.md says beside it. */
export function addBackup(program: Command, run: Run): void {
  verb<[], { to: string }>(program, run, {
    name: 'backup',
    summary: 'Write the whole database to one file, as it stands at one moment; everybody goes on working',
    required: [['--to <file>', 'a new file (gzipped tar, mode 0600): it holds names, numbers and password hashes']],
    needs,
    examples: ['backup --to /backup/waihu-2026-11-28.tar.gz'],
    run: (session, _, { to }) =>
      withDatabase(
        session,
        async (pool) => {
          const { backUp } = await import('../backup/backup.command.ts');
          const file = path.resolve(session.cwd, to);
          const done = await backUp(pool, file);
          const keep =
            'Not in it, and to be kept apart: installation.key (or WAIHU_KEY) and audit-seals.jsonl of the data folder.';
          return answer(file, done, keep);
        },
        databaseKept,
      ),
  });
  verb<[], { from: string }>(program, run, {
    name: 'restore',
    summary: 'Fill an empty database from such a file',
    required: [['--from <file>', 'what `waihu backup` has written']],
    needs: `${needs} The database must be unused.`,
    examples: ['restore --from /backup/waihu-2026-11-28.tar.gz    # with DATABASE_URL, or WAIHU_DATA of a new folder'],
    run: (session, _, { from }) => {
      const file = fileToRead(session.cwd, from);
      return withDatabase(
        session,
        async (pool, config, databaseUrl) => {
          const { restore } = await import('../backup/backup.command.ts');
          const { compareInstallationKey } = await import('../../house/installation-key.command.ts');
          const done = await restore(pool, databaseUrl, file);
          const { same, place } = await compareInstallationKey(pool, config.key);
          const key = same
            ? 'The installation’s key is here.'
            : `Before the start put the installation’s key at ${place}: its fingerprint is ${done.key ?? 'not known'}.`;
          return answer(
            file,
            done,
            `${key}\nThe first worker pauses what was sending and asks the gateway what left since then (docs/runbook.md).`,
          );
        },
        databaseToFill,
      );
    },
  });
}

function answer(file: string, { takenAt, key, manifest }: Backup, next: string): Output {
  const tables = Object.values(manifest.tables);
  const rows = tables.reduce((sum, each) => sum + each.rows, 0);
  const data = { file, takenAt, key, tables: tables.length, rows };
  return { data, text: `${fields({ file, 'as of': takenAt, tables: tables.length, rows })}\n${next}` };
}
