import { digestOf } from '../../src/signing/digest.ts';
import { signingMessage, type Evidence } from '../../src/signing/evidence.ts';
import { form, formDigest, ids, liaisonKey, parseArchive, reseal } from './archive.ts';

/** One change: a path of keys; without `value` the member or item is removed. */
export type Edit = { path: readonly (string | number)[]; value?: unknown };

/** `reseal`: afterwards digest and seal are made anew with the sealing key, as an insider would. `codes`: all checks that fail. */
export type BrokenCase = { name: string; reseal: boolean; edits: readonly Edit[]; codes: readonly string[] };

export function applyEdits(archive: Record<string, unknown>, edits: readonly Edit[]): Record<string, unknown> {
  const copy = structuredClone(archive);
  for (const { path, ...rest } of edits) {
    let parent: Record<string | number, unknown> = copy;
    for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
    const last = path.at(-1) as string | number;
    if ('value' in rest) parent[last] = rest.value;
    else if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete parent[last];
  }
  return copy;
}

export const brokenBytes = (
  valid: Uint8Array,
  { edits, reseal: sealed }: BrokenCase,
  write: (object: Record<string, unknown>) => Uint8Array,
): Uint8Array => {
  const object = applyEdits(parseArchive(valid), edits);
  return sealed ? reseal(object) : write(object);
};

const row = (seq: number, column: number, value: unknown): Edit => ({
  path: ['ledger', 'rows', seq - 1, column],
  value,
});
const [state, attempt, requestSeq, bizId, claimedMs, segments] = [3, 5, 6, 8, 9, 11];
const at = (instant: string): number => Date.parse(instant);

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
  const insider = (name: string, edits: readonly Edit[], ...codes: string[]): BrokenCase => ({
    name,
    reseal: true,
    edits,
    codes,
  });
  const otherForm = digestOf({ ...form, number: 'QS-2026-0006' });
  const counts = (change: Record<string, number>): Edit => ({
    path: ['ledger', 'counts'],
    value: { ...archive.ledger.counts, ...change },
  });
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
    insider('another format', [{ path: ['format'], value: 'waihu.archive/2' }], 'archive.format'),
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
    insider('a person without a name', [{ path: ['people', 1] }], 'signature.people'),
    insider(
      'a key with another fingerprint',
      [{ path: ['credentials', 0, 'fingerprint'], value: 'ab'.repeat(32) }],
      'credential.fingerprint',
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
    insider(
      'a swapped recipient',
      [row(1, 1, archive.ledger.rows[1]?.[1]), row(2, 1, archive.ledger.rows[0]?.[1])],
      'audience.batches',
    ),
    insider(
      'another recipient with a new batch digest',
      [
        row(5, 1, 'A'.repeat(43)),
        { path: ['audience', 'batches', 2], value: '7caebfb53a55d6ddc9a2a9b3dc8ba5ab88ffeafa53d6bb91b9b4a0e1a4be7d68' },
      ],
      'audience.batches',
      'audience.root',
    ),
    insider('a removed row', [{ path: ['ledger', 'rows', 4] }], 'ledger.rows', 'audience.batches', 'ledger.counts'),
    insider(
      'a removed row with its count and batch',
      [{ path: ['ledger', 'rows', 4] }, counts({ unknown: 0 }), { path: ['audience', 'batches', 2] }],
      'ledger.rows',
      'audience.root',
      'ledger.counts',
    ),
    insider(
      'a row twice',
      [{ path: ['ledger', 'rows', 4], value: archive.ledger.rows[3] }],
      'ledger.rows',
      'audience.batches',
      'ledger.counts',
    ),
    insider(
      'a row without an end',
      [{ path: ['ledger', 'rows', 2], value: [3] }],
      'ledger.rows',
      'audience.batches',
      'ledger.counts',
    ),
    insider('a full phone number', [row(1, 2, '13800000010')], 'ledger.masked'),
    insider('a state changed without its count', [row(5, state, 'accepted')], 'ledger.counts'),
    insider(
      'an open recipient',
      [row(4, state, 'pending'), row(4, 4, null), counts({ suppressed: 0, pending: 1 })],
      'ledger.states',
    ),
    insider(
      'a delivery without an attempt',
      [row(4, state, 'delivered'), row(4, 4, null), counts({ suppressed: 0, delivered: 3 })],
      'ledger.states',
    ),
    insider('a delivery without segments', [row(1, segments, null)], 'ledger.states'),
    insider('a change before the claim', [row(1, 10, at('2026-11-03T01:00:00.999Z'))], 'ledger.states'),
    insider('a failure without a reason', [row(3, 4, null)], 'ledger.reasons'),
    insider('a suppression with a reason of a failure', [row(4, 4, 'undelivered')], 'ledger.reasons'),
    insider('changed counts', [counts({ delivered: 3, failed: 0 })], 'ledger.counts'),
    insider('changed counts that sum to more', [counts({ delivered: 3 })], 'ledger.counts'),
    insider('a bizId of two requests', [row(2, bizId, archive.ledger.rows[0]?.[bizId])], 'ledger.out-ids'),
    insider('one request for two recipients', [row(2, requestSeq, 1)], 'ledger.out-ids'),
    insider(
      'a message before the leader’s signature',
      [row(1, claimedMs, at('2026-11-02T02:59:59.999Z'))],
      'ledger.signed',
      'ledger.window',
    ),
    insider(
      'a message before the window',
      [row(1, claimedMs, at('2026-11-03T00:59:59.999Z'))],
      'ledger.window',
      'ledger.hours',
    ),
    insider(
      'a message when the window closes',
      [row(5, claimedMs, at('2026-11-05T10:00:00.000Z')), row(5, 10, at('2026-11-05T10:00:00.000Z'))],
      'ledger.window',
      'ledger.hours',
    ),
    insider(
      'a message at night',
      [row(5, claimedMs, at('2026-11-03T10:00:00.000Z')), row(5, 10, at('2026-11-03T10:00:00.000Z'))],
      'ledger.hours',
    ),
    insider('a message on a holiday', [{ path: ['calendar', 'days', '2026-11-03'], value: 'holiday' }], 'ledger.hours'),
    insider(
      'a message on a day the calendar does not cover',
      [{ path: ['calendar', 'coveredUntil'], value: '2026-11-02' }],
      'ledger.hours',
    ),
    insider('a message during a pause', [row(5, claimedMs, at('2026-11-03T01:00:07.001Z'))], 'ledger.stopped'),
    insider('a request without an attempt', [row(5, attempt, 0)], 'ledger.states'),
    insider('a cost above the ceiling', [row(1, segments, 4)], 'cost.ceiling'),
    insider('receipts that do not add up', [{ path: ['receipts', 'delivered'], value: 1 }], 'receipts.sums'),
    insider(
      'an audit row with another actor',
      [{ path: ['audit', 'rows', 8, 'actor'], value: 'system' }],
      'audit.chain',
    ),
    insider('a removed audit row', [{ path: ['audit', 'rows', 8] }], 'audit.chain'),
    insider('a removed row of somebody else', [{ path: ['audit', 'rows', 5] }], 'audit.chain'),
    insider(
      'a changed row of somebody else',
      [{ path: ['audit', 'rows', 1, 'rowDigest'], value: 'ab'.repeat(32) }],
      'audit.chain',
    ),
    insider('no audit row for the end', [{ path: ['audit', 'rows', 10] }], 'audit.events'),
    insider('no audit row for the beginning', [{ path: ['audit', 'rows', 0] }], 'audit.chain', 'audit.events'),
    insider(
      'a completed campaign that says it was cancelled',
      [{ path: ['campaign', 'outcome'], value: 'cancelled' }],
      'audit.events',
    ),
  ];
}
