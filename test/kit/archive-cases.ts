import { digestOf } from '../../src/kernel/digest.rule.ts';
import { signingMessage, type Evidence } from '../../src/house/evidence.rule.ts';
import { insider, type BrokenCase, type Edit } from './archive-edits.ts';
import { contradictionCases } from './archive-contradiction-cases.ts';
import { ledgerCases } from './archive-ledger-cases.ts';
import { liaisonKey } from './archive-keys.ts';
import { form, formDigest, ids, parseArchive } from './archive.ts';

/** The form changed, and everything that holds its digest changed with it, as far as one can without the signers' keys. */
function changedForm(change: Partial<typeof form>, extra: readonly Edit[] = []): Edit[] {
  const body = { ...form, ...change };
  const digest = digestOf(body);
  return [
    { path: ['form'], value: { body, digest } },
    { path: ['signatures', 0, 'digest'], value: digest },
    { path: ['signatures', 1, 'digest'], value: digest },
    ...extra,
  ];
}

/** Every semantic fault with the checks that find it. `passkeys`: assertions that a real authenticator could make, each wrong in one way. */
export function brokenCases(valid: Uint8Array, passkeys: Readonly<Record<string, Evidence>>): BrokenCase[] {
  const archive = parseArchive(valid);
  const otherForm = digestOf({ ...form, number: 'QS-2026-0006' });
  const formEvents = ['signature.evidence', 'audit.events'];
  return [
    {
      name: 'a text changed by somebody without the sealing key',
      reseal: false,
      edits: [{ path: ['form', 'body', 'text', 'source'], value: '另一段文字' }],
      codes: ['archive.digest', 'form.digest', 'form.matches'],
    },
    {
      name: 'a seal of another digest',
      reseal: false,
      edits: [{ path: ['digest'], value: 'ab'.repeat(32) }],
      codes: ['archive.digest', 'archive.seal'],
    },
    {
      name: 'a seal in padded base64',
      reseal: false,
      edits: [{ path: ['seal', 'signature'], value: `${archive.seal.signature}==` }],
      codes: ['archive.seal', 'archive.shape'],
    },
    insider('another format', [{ path: ['format'], value: 'waihu.archive/4' }], 'archive.format'),
    insider('an unknown member', [{ path: ['note'], value: '' }], 'archive.shape'),
    insider('a missing member', [{ path: ['receipts'] }], 'archive.shape'),
    insider(
      'a changed text',
      [{ path: ['form', 'body', 'text', 'source'], value: '另一段文字' }],
      'form.digest',
      'form.matches',
    ),
    insider(
      'a changed text with its digests',
      changedForm({ text: { ...form.text, source: '另一段文字' } }, [
        { path: ['template', 'source'], value: '另一段文字' },
      ]),
      ...formEvents,
    ),
    insider(
      'a changed window with its digests',
      changedForm({ window: { ...form.window, endsAt: '2026-12-01T00:00:00.000Z' } }),
      ...formEvents,
    ),
    insider('a changed rate', [{ path: ['form', 'body', 'ratePerSecond'], value: 5_000 }], 'form.digest'),
    insider('a changed rate with its digests', changedForm({ ratePerSecond: 5_000 }), ...formEvents),
    insider(
      'another number of the campaign',
      [{ path: ['campaign', 'number'], value: 'QS-2026-0008' }],
      'form.matches',
    ),
    insider('another template version', [{ path: ['template', 'version'], value: 4 }], 'form.matches'),
    insider('another calendar', [{ path: ['calendar', 'version'], value: 'cn-2027.1' }], 'calendar.version'),
    insider(
      'a signature from another form',
      [
        { path: ['signatures', 0, 'digest'], value: otherForm },
        {
          path: ['signatures', 0, 'evidence', 'signature'],
          value: liaisonKey.sign(signingMessage('liaison', otherForm)),
        },
      ],
      'signature.digest',
      'signature.evidence',
    ),
    insider(
      'a signature made in the other role',
      [
        {
          path: ['signatures', 0, 'evidence', 'signature'],
          value: liaisonKey.sign(signingMessage('leader', formDigest)),
        },
      ],
      'signature.evidence',
    ),
    insider(
      'liaison and leader in the wrong order',
      [{ path: ['signatures'], value: archive.signatures.toReversed() }],
      'signature.roles',
      'audit.events',
    ),
    insider(
      'the roles swapped',
      [
        { path: ['signatures', 0, 'role'], value: 'leader' },
        { path: ['signatures', 1, 'role'], value: 'liaison' },
      ],
      'signature.roles',
      'signature.evidence',
      'audit.events',
    ),
    insider(
      'the leader before the liaison',
      [{ path: ['signatures', 1, 'signedAt'], value: '2026-11-02T01:59:59.999Z' }],
      'signature.roles',
      'audit.events',
    ),
    insider(
      'one signature only',
      [{ path: ['signatures', 1] }],
      'signature.roles',
      'signature.people',
      'ledger.signed',
    ),
    insider(
      'the same person twice',
      [{ path: ['signatures', 1, 'staffId'], value: ids.liaison }],
      'signature.people',
      'signature.credential',
      'audit.events',
    ),
    insider(
      'the applicant as leader',
      [
        { path: ['signatures', 1, 'staffId'], value: ids.applicant },
        { path: ['credentials', 1, 'staffId'], value: ids.applicant },
      ],
      'signature.people',
      'audit.events',
    ),
    insider('a person without a name', [{ path: ['people', 1] }], 'signature.people', 'audit.events'),
    insider(
      'a key with another fingerprint',
      [{ path: ['credentials', 0, 'fingerprint'], value: 'ab'.repeat(32) }],
      'credential.fingerprint',
      'audit.events',
    ),
    insider(
      'a key that its owner approved',
      [{ path: ['credentials', 0, 'decidedBy'], value: ids.liaison }],
      'credential.active',
    ),
    insider(
      'a key approved after signing',
      [{ path: ['credentials', 0, 'decidedAt'], value: '2026-11-02T02:00:00.001Z' }],
      'credential.active',
    ),
    insider(
      'a key revoked before signing',
      [
        { path: ['credentials', 1, 'state'], value: 'revoked' },
        { path: ['credentials', 1, 'revokedAt'], value: '2026-11-02T02:59:59.999Z' },
      ],
      'credential.active',
    ),
    insider(
      'another time of a signature',
      [{ path: ['signatures', 1, 'signedAt'], value: '2026-11-02T02:59:59.999Z' }],
      'audit.events',
    ),
    insider(
      'a signature after the form expired',
      [{ path: ['signatures', 1, 'signedAt'], value: '2026-11-03T01:00:00.001Z' }],
      'signature.expired',
      'audit.events',
    ),
    ...Object.entries(passkeys)
      .filter(([name]) => name !== 'valid')
      .map(([name, evidence]) =>
        insider(
          `a passkey signature with ${name}`,
          [{ path: ['signatures', 1, 'evidence'], value: evidence }],
          'signature.evidence',
        ),
      ),
    ...contradictionCases(archive),
    ...ledgerCases(valid),
  ];
}
