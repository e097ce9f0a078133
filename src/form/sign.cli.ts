import path from 'node:path';
import type { Command } from 'commander';
import type { SigningRole } from '../house/signing-role.rule.ts';
import type { SignedText } from './form.rule.ts';
import { canonicalJson, sha256Hex } from '../kernel/digest.rule.ts';
import { signingMessage } from '../house/evidence.rule.ts';
import { randomUUIDv7 } from 'node:crypto';
import type { Client } from '../kit/cli/client.ts';
import { verb, type Run } from '../kit/cli/command.ts';
import type { Credential } from '../house/credential.cli.ts';
import { CliFault, exits, usage } from '../kit/cli/fault.ts';
import { describeForm } from './form-text.ts';
import { readSigningKey, type SigningKey } from '../house/key-file.ts';
import type { Me } from '../house/me.cli.ts';

export type FormAnswer = {
  kind: string;
  number: string;
  state: string;
  canonical: string;
  digest: string;
  signatures: { role: string; staffName: string }[];
};

export function addSign(program: Command, run: Run): void {
  verb<[string], { key: string; role: string; yes?: boolean; json?: boolean }>(program, run, {
    name: 'sign <form>',
    summary: 'Read a form and sign it; the digest is computed here, from the text that you see',
    required: [
      ['--key <file>', 'private key made by `waihu keygen`, registered and approved'],
      ['--role <role>', 'liaison or leader'],
    ],
    options: [['--yes', 'do not ask after showing the form']],
    examples: [
      'sign WH-20261122-0001 --role liaison --key ~/.waihu-sign.pem',
      'sign WH-20261122-0001 --role leader --key leader.pem --yes',
    ],
    run: async (session, [which], { key, role, yes, json }) => {
      if (role !== 'liaison' && role !== 'leader') throw usage('--role is liaison or leader.');
      const signer = readSigningKey(path.resolve(session.cwd, key));
      const client = session.client();
      const form = await client.get<FormAnswer>(pathOf(which));
      const digest = digestShown(form);
      if (json !== true) session.say(describeForm(JSON.parse(form.canonical) as SignedText, digest, form.signatures));
      const credentialId = await registeredAs(client, signer);
      if (yes !== true && session.interactive && !(await session.confirm(`\nSign as ${role}?`)))
        throw new CliFault(exits.refused, 'sign.declined', 'Nothing was signed.');
      const signature = await post(client, form.number, role, digest, credentialId, signer);
      const next = role === 'liaison' ? 'The leader is asked next.' : afterBoth(form);
      return {
        data: { ...signature, role, digest, fingerprint: signer.fingerprint },
        text: `Signed as ${role}: ${digest}\n${next}`,
      };
    },
  });
}

export const pathOf = (form: string, rest = ''): string => `/forms/${encodeURIComponent(form)}${rest}`;

const afterBoth = ({ kind }: FormAnswer): string =>
  kind === 'campaign' ? 'It starts when its window opens.' : 'Both have signed; its archive is made.';

/** The digest of what will be shown. Throws `sign.form-differs` when the server names another one or the text is not canonical. */
export function digestShown({ canonical, digest }: FormAnswer): string {
  const own = sha256Hex(canonical);
  if (own === digest && isCanonical(canonical)) return own;
  throw new CliFault(
    exits.refused,
    'sign.form-differs',
    `The form that the server shows is not the one that it wants signed: its digest is ${own}, the server says ${digest}.`,
    {
      todo: 'Do not sign. Tell an auditor: somebody or something changes forms on their way.',
    },
  );
}

// Repeated keys would let the reader see one value and the verifier another.
function isCanonical(text: string): boolean {
  try {
    return canonicalJson(JSON.parse(text)) === text;
  } catch {
    return false;
  }
}

async function registeredAs(client: Client, signer: SigningKey): Promise<string> {
  const me = await client.get<Me>('/me');
  const { items } = await client.get<{ items: Credential[] }>('/credentials', { staffId: me.id });
  const found = items.find(({ fingerprint, staffId }) => fingerprint === signer.fingerprint && staffId === me.id);
  if (found?.state === 'active') return found.id;
  throw new CliFault(
    exits.refused,
    found ? `sign.key-${found.state}` : 'sign.key-unknown',
    found ? `This key is ${found.state}, so it cannot sign.` : 'This key is not registered as yours.',
    {
      todo:
        found?.state === 'requested'
          ? `An administrator approves it: waihu credential approve ${found.id}`
          : 'Register one: waihu credential request --key FILE --label "…"',
    },
  );
}

const post = (
  client: Client,
  number: string,
  role: SigningRole,
  digest: string,
  credentialId: string,
  signer: SigningKey,
): Promise<{ signatureId: string }> =>
  client.post(pathOf(number, '/sign'), {
    signatureId: randomUUIDv7(),
    role,
    credentialId,
    digest,
    evidence: { kind: 'ed25519', signature: signer.sign(signingMessage(role, digest)).toString('base64url') },
  });
