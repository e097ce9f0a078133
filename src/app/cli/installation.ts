import type { Command } from 'commander';
import { noun, verb, type Run } from '../../kit/cli/command.ts';
import { usage } from '../../kit/cli/fault.ts';
import { fields } from '../../kit/cli/output.ts';
import { databaseNeeds, withDatabase } from './database.ts';

/** What concerns the installation as a whole and is done beside it, by whoever may use its database. */
export function addInstallation(program: Command, run: Run): void {
  const installation = noun(program, 'installation', 'The key that all processes of an installation share');
  verb(installation, run, {
    name: 'show',
    summary: 'Whether the key here is the installation’s, by fingerprint; the key itself is never shown',
    needs: databaseNeeds,
    examples: ['installation show'],
    run: (session) =>
      withDatabase(session, async (pool, config) => {
        const { compareInstallationKey } = await import('../../house/installation-key.command.ts');
        const data = await compareInstallationKey(pool, config.key);
        const { id, place, here, database, same } = data;
        const shown = { installation: id, 'key here': place, fingerprint: here ?? 'none', 'in the database': database };
        const verdict = same ? 'The key here is the installation’s.' : 'The key here is not the installation’s.';
        return { data, text: `${fields(shown)}\n${verdict}`, exit: same ? 0 : 1 };
      }),
  });
  verb<[], { lost?: boolean }>(installation, run, {
    name: 'replace-key',
    summary: 'The key is lost: put the one here, or a new one, in its place',
    options: [['--lost', 'you know what is lost with it (docs/runbook.md, “The installation’s key is lost”)']],
    needs: `${databaseNeeds} No worker may live.`,
    examples: ['installation replace-key --lost'],
    run: async (session, _, { lost = false }) => {
      if (!lost) throw usage('Say --lost once you have read in docs/runbook.md what is lost with the key.');
      return withDatabase(session, async (pool, config) => {
        const { replaceInstallationKey } = await import('../../house/installation-key.command.ts');
        const { othersLive } = await import('../../campaign/restore.db.ts');
        const data = await replaceInstallationKey(pool, config.key, othersLive);
        return { data, text: `The installation’s key has the fingerprint ${data.fingerprint} from now on.` };
      });
    },
  });
}
