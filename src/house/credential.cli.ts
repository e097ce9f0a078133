import path from 'node:path';
import type { Command } from 'commander';
import { possessionMessage } from './evidence.rule.ts';
import type { Client } from '../kit/cli/client.ts';
import { usage } from '../kit/cli/fault.ts';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { CliFault, exits } from '../kit/cli/fault.ts';
import { readSigningKey } from './key-file.ts';
import type { Me } from './me.cli.ts';
import { table } from '../kit/cli/output.ts';
import type { Session } from './session.cli.ts';

export type Credential = {
  id: string;
  staffId: string;
  staffName: string;
  kind: string;
  label: string;
  publicKey: string;
  fingerprint: string;
  state: 'requested' | 'active' | 'revoked';
  requestedAt: string;
};

/** What a person alone may do is done signed in, never with an API key: somebody else may have issued that. */
const asPerson = [
  '--email <address>',
  'sign in as this person (default WAIHU_EMAIL); the password is asked for',
] as const;

function addressOf({ env }: Session, email: string | undefined): string {
  const address = email ?? env['WAIHU_EMAIL'];
  if (address !== undefined && address !== '') return address;
  throw new CliFault(exits.usage, 'email.none', 'This is done signed in as yourself, not with an API key.', {
    todo: 'Add --email ADDRESS, or set WAIHU_EMAIL.',
  });
}

export function addCredential(program: Command, run: Run): void {
  const credential = noun(
    program,
    'credential',
    'Signing keys that are registered; an administrator who is somebody else approves them',
  );
  verb<[], { key: string; label: string; email?: string }>(credential, run, {
    name: 'request',
    summary: 'Ask for your signing key to be registered, signed in as yourself; the file stays here',
    required: [
      ['--key <file>', 'private key made by `waihu keygen`'],
      ['--label <label>', 'so that people can tell it from your other keys'],
    ],
    options: [asPerson],
    examples: ['credential request --key ~/.waihu-sign.pem --label "My laptop" --email han@example.com'],
    run: async (session, _, { key, label, email: address }) => {
      const signer = readSigningKey(path.resolve(session.cwd, key));
      const data = await session.asPerson(addressOf(session, address), async (client) => {
        const me = await client.get<Me>('/me');
        const proof = signer.sign(possessionMessage(me.id, signer.publicKey)).toString('base64url');
        const publicKey = signer.publicKey.toString('base64url');
        return client.post<Credential>('/credentials', { label, publicKey, proof });
      });
      return {
        data,
        text: `Requested: ${data.id}\nfingerprint ${data.fingerprint}\nAn administrator compares the fingerprint with you and runs: waihu credential approve ${data.id}`,
      };
    },
  });
  verb<[], { staff?: string }>(credential, run, {
    name: 'list',
    summary: 'Signing keys: everybody’s if you may see them, else your own',
    options: [['--staff <id>', 'of one person']],
    examples: ['credential list'],
    run: async (session, _, { staff }) => {
      const data = await session.client().get<{ items: Credential[] }>('/credentials', { staffId: staff });
      return {
        data,
        text: table(
          ['id', 'person', 'kind', 'label', 'state', 'requested', 'fingerprint'],
          data.items.map((each) => [
            each.id,
            each.staffName,
            each.kind,
            each.label,
            each.state,
            each.requestedAt,
            each.fingerprint,
          ]),
        ),
      };
    },
  });
  for (const [name, summary, done] of [
    [
      'approve',
      'Let its owner sign with it (never your own); compare the fingerprint with them first',
      'may sign with',
    ],
    ['decline', 'Refuse a requested key for good', 'was refused'],
    ['revoke', 'Stop a signing key: your own, or anybody’s as administrator', 'signs no more with'],
  ] as const) {
    const alone = name === 'approve';
    verb<[string], { email?: string }>(credential, run, {
      name: `${name} <credential>`,
      summary,
      options: alone ? [asPerson] : [],
      examples: [`credential ${name} 0192…${alone ? ' --email han@example.com' : ''}`],
      run: async (session, [id], { email: address }) => {
        const decide = (client: Client) => client.post<Credential>(`/credentials/${encodeURIComponent(id)}/${name}`);
        const data = alone
          ? await session.asPerson(addressOf(session, address), decide)
          : await decide(session.client());
        const said = `${data.staffName} ${done} ${data.label} (${data.fingerprint.slice(0, 16)}…).`;
        if (name !== 'revoke') return { data, text: said };
        const signed = await session
          .client()
          .get<{ items: Signed[] }>(`/credentials/${encodeURIComponent(id)}/campaigns`);
        return { data, text: [said, ...warningOf(id, signed.items)].join('\n') };
      },
    });
  }
  verb<[string], { how: string }>(credential, run, {
    name: 'stop-campaigns <credential>',
    summary: 'Stop everything that a revoked key has signed and that can still go out',
    options: [['--how <how>', 'pause or cancel', 'pause']],
    examples: ['credential stop-campaigns 0192…', 'credential stop-campaigns 0192… --how cancel'],
    run: async (session, [id], { how }) => {
      if (how !== 'pause' && how !== 'cancel') throw usage('--how wants pause or cancel.');
      const place = `/credentials/${encodeURIComponent(id)}/stop-campaigns`;
      const data = await session.client().post<{ items: Signed[] }>(place, { how });
      const lines = data.items.map(({ number, name, state }) => `  ${number} ${name} (was ${state})`);
      return { data, text: [`${data.items.length} stopped.`, ...lines].join('\n') };
    },
  });
}

type Signed = { number: string; name: string; state: string };

/** After a theft these are what nobody of the house may have signed; after a mere change of keys nothing has to be done. */
const warningOf = (id: string, signed: readonly Signed[]): string[] =>
  signed.length === 0
    ? []
    : [
        `It has signed ${signed.length} that can still go out:`,
        ...signed.map(({ number, name, state }) => `  ${number} ${name} (${state})`),
        `If the key was stolen: waihu credential stop-campaigns ${id}`,
      ];
