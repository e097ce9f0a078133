import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { table } from '../kit/cli/output.ts';

type Key = {
  id: string;
  staffId: string;
  name: string | null;
  start: string | null;
  enabled: boolean;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
};

export function addKey(program: Command, run: Run): void {
  const key = noun(program, 'key', 'API keys: what people and programs sign in with');
  verb<[], { staff?: string }>(key, run, {
    name: 'list',
    summary: 'Keys, without their secrets',
    options: [['--staff <id>', 'of one person']],
    examples: ['key list', 'key list --staff 0192…'],
    run: async (session, _, { staff }) => {
      const data = await session.client().get<{ items: Key[] }>('/keys', { staffId: staff });
      const rows = data.items.map((each) => [
        each.id,
        each.staffId,
        each.name,
        `${each.start ?? ''}…`,
        each.enabled ? 'works' : 'revoked',
        each.expiresAt,
        each.lastUsedAt,
      ]);
      return { data, text: table(['id', 'staff', 'name', 'begins', 'state', 'expires', 'last used'], rows) };
    },
  });
  verb<[string], { name: string; days?: string }>(key, run, {
    name: 'create <staff>',
    summary: 'Make a key for a person; its secret is shown once',
    required: [['--name <name>', 'where it will be used']],
    options: [['--days <days>', 'expires after so many days (default: never)']],
    examples: ['key create 0192… --name laptop', 'key create 0192… --name ci --days 90 --json | jq -r .secret'],
    run: async (session, [staffId], { name, days }) => {
      const expiresInDays = days === undefined ? undefined : wholeNumber('--days', days);
      const data = await session
        .client()
        .post<{ id: string; secret?: string }>('/keys', { staffId, name, expiresInDays });
      return {
        data,
        text: `${data.secret ?? '(shown before)'}\nThis is shown once. Keep it as a password: export WAIHU_API_KEY=…`,
      };
    },
  });
  verb<[string]>(key, run, {
    name: 'revoke <key>',
    summary: 'Stop a key for good, within five seconds',
    examples: ['key revoke 0192…'],
    run: async (session, [id]) => {
      const data = await session.client().post<Key>(`/keys/${encodeURIComponent(id)}/revoke`);
      return { data, text: `The key ${data.name ?? data.id} is revoked.` };
    },
  });
}
