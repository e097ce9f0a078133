import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { fingerprintOf } from './evidence.rule.ts';
import { verb, type Run } from '../kit/cli/command.ts';
import { rawPublicKey } from './key-file.ts';
import { fields } from '../kit/cli/output.ts';

export function addKeygen(program: Command, run: Run): void {
  verb<[], { out: string }>(program, run, {
    name: 'keygen',
    summary: 'Make a signing key here, without a server; the private half never leaves the file',
    required: [['--out <file>', 'where to write it (Ed25519, PKCS8 PEM, mode 0600); never overwritten']],
    needs: 'nothing: the key is made and stays here.',
    examples: ['keygen --out ~/.waihu-sign.pem'],
    run: (session, _, { out }) => {
      const file = path.resolve(session.cwd, out);
      const { privateKey } = generateKeyPairSync('ed25519');
      // `wx`: a lost signing key cannot be made again.
      writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' });
      const publicKey = rawPublicKey(privateKey);
      const data = { file, publicKey: publicKey.toString('base64url'), fingerprint: fingerprintOf(publicKey) };
      const next = `Have it registered: waihu credential request --key ${out} --label "…"`;
      return {
        data,
        text: `${fields({ file, 'public key': data.publicKey, fingerprint: data.fingerprint })}\n${next}`,
      };
    },
  });
}
