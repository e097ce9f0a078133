import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { verifyArchive, type ArchiveFacts } from '../signing/archive-verify.ts';
import { verb, type Run } from './command.ts';
import { usage } from './fault.ts';
import { fields } from './output.ts';

export function addVerify(program: Command, run: Run): void {
  verb<[string], { sealKey?: string }>(program, run, {
    name: 'verify <file>',
    summary: 'Judge an archive by its bytes alone: no server, no database; exit code 1 when it does not hold',
    options: [
      [
        '--seal-key <fingerprint>',
        'the 64 hex digits that the sealing key must have; without it any key may have sealed the file',
      ],
    ],
    examples: ['verify WH-20261122-0001.waihu.json --seal-key 3b1f…'],
    run: async (session, [file], { sealKey }) => {
      const sealFingerprint = sealKey?.toLowerCase();
      if (sealFingerprint !== undefined && !/^[0-9a-f]{64}$/.test(sealFingerprint))
        throw usage('--seal-key wants 64 hex digits.');
      const verdict = await verifyArchive(
        readFileSync(path.resolve(session.cwd, file)),
        sealFingerprint === undefined ? {} : { sealFingerprint },
      );
      const text = [
        ...(verdict.facts ? [describe(verdict.facts), ''] : []),
        ...verdict.checks.map(({ ok, en, at }) => `${ok ? '✓' : '✗'} ${en}${at === undefined ? '' : ` (at ${at})`}`),
        '',
        verdict.ok ? 'The archive holds.' : 'The archive does NOT hold.',
      ];
      return { data: verdict, text: text.join('\n'), exit: verdict.ok ? 0 : 1 };
    },
  });
}

const describe = (facts: ArchiveFacts): string =>
  fields({
    campaign: `${facts.number} ${facts.name}`,
    outcome: facts.outcome,
    people: facts.size,
    ...Object.fromEntries(Object.entries(facts.counts).filter(([, count]) => count > 0)),
    ...Object.fromEntries(
      facts.signedBy.map((each) => [
        each.role,
        `${each.name} (${each.unit}) ${each.at} ${each.kind} ${each.fingerprint}`,
      ]),
    ),
    form: facts.formDigest,
    seal: facts.sealFingerprint,
    made: facts.madeAt,
  });
