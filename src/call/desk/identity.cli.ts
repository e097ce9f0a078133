import { parse } from 'csv-parse/sync';
import type { Command } from 'commander';
import { noun, verb, type Run } from '../../kit/cli/command.ts';
import { textOfFile } from '../../kit/cli/file.ts';
import { verificationItems } from '../script/content.rule.ts';

type Kept = { kept: string[] };

export function addIdentity(program: Command, run: Run): void {
  const identity = noun(
    program,
    'identity',
    'What customers prove who they are by (stored as hashes, never read back)',
  );
  verb<[string]>(identity, run, {
    name: 'show <customerId>',
    summary: 'Which items an agent can check of a customer',
    examples: ['identity show 01980000-0000-7000-8000-000000000000'],
    run: async (session, [customerId]) => {
      const data = await session.client().get<Kept>(`/customers/${customerId}/identity`);
      return { data, text: data.kept.join('\n') };
    },
  });
  verb<[string]>(identity, run, {
    name: 'import <file.csv>',
    summary: `Store items of many customers; columns: customer_id and any of ${verificationItems.join(', ')}`,
    examples: ['identity import identities.csv'],
    run: async (session, [file]) => {
      const rows = parse<Record<string, string>>(textOfFile(session.cwd, file), {
        columns: true,
        bom: true,
        trim: true,
      });
      let stored = 0;
      for (const row of rows) {
        const items = verificationItems.flatMap((item) => (row[item] ? [{ item, value: row[item] }] : []));
        if (items.length === 0) continue;
        await session.client().post<Kept>(`/customers/${row['customer_id'] ?? ''}/identity`, { items });
        stored += 1;
      }
      return { data: { customers: stored }, text: `Stored for ${stored} customers.` };
    },
  });
}
