import type { Command } from 'commander';
import { z } from 'zod';
import { isLoopback } from '../../kernel/loopback.rule.ts';
import { withFile } from './file-source.ts';
import { verifyArchiveIn, type ArchiveFacts, type ArchiveVerdict } from './verify.rule.ts';
import { verb, type Run } from '../../kit/cli/command.ts';
import { exits, usage } from '../../kit/cli/fault.ts';
import { fileToRead, textOfFile } from '../../kit/cli/file.ts';
import { fields } from '../../kit/cli/output.ts';

export function addVerify(program: Command, run: Run): void {
  verb<[string], { fingerprint?: string; sealKey?: string; keys?: string }>(program, run, {
    name: 'verify <file>',
    summary: 'Judge an archive by its bytes alone: no server, no database',
    options: [
      ['--fingerprint <hex>', 'the 64 hex digits that the sealing key must have, as the installation publishes them'],
      [
        '--keys <where>',
        'the same from an installation (its address) or from a file that was kept of its /.well-known/waihu-keys',
      ],
      ['--seal-key <hex>', 'the older name of --fingerprint'],
    ],
    needs: 'nothing but the file.',
    examples: [
      'verify WH-20261122-0001.waihu.json --fingerprint 3b1f…',
      'verify WH-20261122-0001.waihu.json --keys https://outbound.example.com',
    ],
    run: async (session, [file], { fingerprint, sealKey, keys }) => {
      const given = fingerprint ?? sealKey;
      if (given !== undefined && !/^[0-9a-f]{64}$/i.test(given)) throw usage('--fingerprint wants 64 hex digits.');
      const known = keys === undefined ? [] : await readKeys(keys, session.cwd);
      const anchors = given === undefined && keys === undefined ? null : [...known, ...(given ? [given] : [])];
      const verdict = await withFile(fileToRead(session.cwd, file), (source) =>
        verifyArchiveIn(source, anchors === null ? {} : { sealFingerprints: anchors }),
      );
      const text = [
        ...(verdict.facts ? [describe(verdict.facts), ''] : []),
        ...verdict.checks.map(
          ({ ok, open, en, at }) => `${open ? '?' : ok ? '✓' : '✗'} ${en}${at === undefined ? '' : ` (at ${at})`}`,
        ),
        '',
        sentenceOf(verdict),
      ];
      return {
        data: verdict,
        text: text.join('\n'),
        exit: verdict.anchored ? exits.ok : verdict.ok ? exits.unanchored : exits.refused,
      };
    },
  });
}

const sentenceOf = ({ ok, anchored }: ArchiveVerdict): string =>
  anchored
    ? 'The archive holds, and the installation you named sealed it.'
    : ok
      ? 'The archive holds in itself, but is sealed by an unknown key: anybody could have made it. Compare the key: --fingerprint or --keys.'
      : 'The archive does NOT hold.';

const Keys = z.object({ keys: z.array(z.object({ use: z.string(), fingerprint: z.string() })) });

/** Fingerprints that an installation publishes. Over the wire only where nobody can stand between. */
async function readKeys(where: string, cwd: string): Promise<string[]> {
  const text = /^https?:\/\//.test(where) ? await fetchKeys(new URL(where)) : textOfFile(cwd, where);
  const found = Keys.safeParse(parsed(text)).data?.keys.filter(({ use }) => use === 'seal') ?? [];
  if (found.length === 0)
    throw usage('--keys names no published keys: it wants an installation’s address or its /.well-known/waihu-keys.');
  return found.map(({ fingerprint }) => fingerprint);
}

async function fetchKeys(address: URL): Promise<string> {
  if (address.protocol !== 'https:' && !isLoopback(address.host))
    throw usage('--keys wants https: on the way a stranger could put in keys of their own.');
  if (address.pathname === '/') address.pathname = '/.well-known/waihu-keys';
  const answer = await fetch(address, { signal: AbortSignal.timeout(10_000) });
  return answer.ok ? answer.text() : '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Said by the caller: no published keys.
    return null;
  }
}

const describe = (facts: ArchiveFacts): string =>
  fields({
    [facts.outcome === 'signed' ? 'about' : 'campaign']: `${facts.number} ${facts.name}`,
    outcome: facts.outcome,
    ...(facts.size !== null && { people: facts.size }),
    ...Object.fromEntries(Object.entries(facts.counts ?? {}).filter(([, count]) => count > 0)),
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
