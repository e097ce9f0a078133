import { insider, type BrokenCase, type Edit } from './archive-edits.ts';
import { rechained } from './archive-chain.ts';
import { ids, type parseArchive } from './archive.ts';

type Archive = ReturnType<typeof parseArchive>;
type Change = Parameters<typeof rechained>[1];

const cell = (seq: number, column: number, value: unknown): Edit => ({
  path: ['ledger', 'rows', seq - 1, column],
  value,
});
const [state, reason, requestSeq, code, bizId, claimedMs, changedMs, segments] = [3, 4, 6, 7, 8, 9, 10, 11];

const details =
  (action: string, change: Record<string, unknown>, role?: string): Change =>
  (row) =>
    row.action === action && (role === undefined || row.details['role'] === role)
      ? { details: { ...row.details, ...change } }
      : {};
const time =
  (action: string, at: string): Change =>
  (row) =>
    row.action === action ? { at } : {};

/** Statements that stand twice in a file, changed in one of their places by somebody who holds the sealing key and chains anew. */
export function contradictionCases(archive: Archive): BrokenCase[] {
  const record = (change: Change): Edit => ({ path: ['audit', 'rows'], value: rechained(archive.audit.rows, change) });
  const counts = (change: Record<string, number>): Edit => ({
    path: ['ledger', 'counts'],
    value: { ...archive.ledger.counts, ...change },
  });
  const cancelled = [cell(5, state, 'cancelled'), counts({ unknown: 0, cancelled: 1 })];
  return [
    insider(
      'a delivery that became a failure, with its counts',
      [cell(1, state, 'failed'), cell(1, reason, 'undelivered'), counts({ delivered: 1, failed: 2 })],
      'audit.counts',
    ),
    insider('other counts on record', [record(details('campaign.finish', { counts: {} }))], 'audit.counts'),
    insider('no receipts on record', [record(details('campaign.finish', { receipts: null }))], 'audit.counts'),
    insider(
      'receipts set to nothing',
      [{ path: ['receipts'], value: { received: 0, delivered: 0, failed: 0, repeats: 0, codes: {} } }],
      'audit.counts',
    ),
    insider('repeats of receipts left out', [{ path: ['receipts', 'repeats'], value: 0 }], 'audit.counts'),
    insider(
      'a cancelled recipient whom the gateway took',
      [...cancelled, cell(5, bizId, '900000000000000005'), cell(5, segments, null)],
      'ledger.states',
      'audit.counts',
    ),
    insider(
      'an end before the last message',
      [
        record(time('campaign.finish', '2026-11-03T00:59:00.000Z')),
        { path: ['campaign', 'finishedAt'], value: '2026-11-03T00:59:00.000Z' },
      ],
      'audit.times',
    ),
    insider(
      'a beginning after the first message',
      [record((row) => (row.seq >= 48 && row.seq <= 50 ? { at: `2026-11-03T01:3${row.seq - 48}:00.000Z` } : {}))],
      'audit.times',
    ),
    insider('another end', [{ path: ['campaign', 'finishedAt'], value: '2026-11-04T01:00:00.001Z' }], 'audit.times'),
    insider('times that run backwards', [record(time('campaign.create', '2026-11-02T01:11:00.001Z'))], 'audit.times'),
    insider(
      'an act after the archive was made',
      [record(time('campaign.resume', '2030-01-01T00:00:00.000Z'))],
      'audit.times',
    ),
    insider(
      'a change after the archive was made',
      [cell(3, changedMs, Date.parse('2030-01-01T00:00:00.000Z'))],
      'audit.times',
    ),
    insider(
      'a key asked for after the archive was made',
      [
        { path: ['credentials', 0, 'state'], value: 'revoked' },
        { path: ['credentials', 0, 'revokedAt'], value: '2030-01-01T00:00:00.000Z' },
      ],
      'audit.times',
    ),
    insider(
      'an archive made before its campaign ended',
      [{ path: ['madeAt'], value: '2026-11-03T12:00:00.000Z' }],
      'audit.times',
    ),
    insider(
      'another list at the freeze',
      [record(details('campaign.freeze', { merkleRoot: 'ab'.repeat(32) }))],
      'audit.events',
    ),
    insider('another size at the freeze', [record(details('campaign.freeze', { size: 6 }))], 'audit.events'),
    insider('another size at the start', [record(details('campaign.start', { size: 4 }))], 'audit.events'),
    insider(
      'a signature on record with another key',
      [record(details('campaign.sign', { credentialId: ids.leaderCredential }, 'liaison'))],
      'audit.events',
    ),
    insider(
      'a signature on record with another fingerprint',
      [record(details('campaign.sign', { fingerprint: 'ab'.repeat(32) }, 'leader'))],
      'audit.events',
    ),
    insider('another name of a signer', [{ path: ['people', 1, 'name'], value: '某人' }], 'audit.events'),
    insider('another unit of a signer', [{ path: ['people', 2, 'unit'], value: '某部' }], 'audit.events'),
    insider('another name of the applicant', [{ path: ['people', 0, 'name'], value: '某人' }], 'signature.people'),
    insider(
      'an actor that is nobody',
      [
        record(time('campaign.pause', '2026-11-03T01:00:06.000Z')),
        { path: ['audit', 'rows', 6, 'actor'], value: '张三' },
      ],
      'archive.shape',
    ),
    insider('an empty code', [cell(1, code, '')], 'ledger.rows', 'audience.batches', 'ledger.counts'),
    insider('an empty bizId', [cell(1, bizId, '')], 'ledger.rows', 'audience.batches', 'ledger.counts'),
    insider('a leaf that is too short', [cell(1, 1, 'AAAA')], 'ledger.rows', 'audience.batches'),
    insider(
      'a claim without an attempt',
      [cell(4, claimedMs, Date.parse('2026-11-03T01:00:04.000Z'))],
      'ledger.states',
    ),
    insider('a request without an attempt, either way round', [cell(4, requestSeq, 4)], 'ledger.states'),
    insider(
      'an Ed25519 key with a place of its own',
      [{ path: ['credentials', 0, 'webauthn'], value: { credentialId: 'AA', rpId: 'a', origin: 'b' } }],
      'archive.shape',
    ),
    insider('a passkey without a place', [{ path: ['credentials', 1, 'webauthn'], value: null }], 'archive.shape'),
    {
      name: 'a seal of another kind',
      reseal: false,
      edits: [{ path: ['seal', 'algorithm'], value: 'ed448' }],
      codes: ['archive.seal', 'archive.shape'],
    },
    insider('a template of another kind', [{ path: ['template', 'kind'], value: 'other' }], 'archive.shape'),
    insider('a calendar version that is a number', [{ path: ['calendar', 'version'], value: 1 }], 'archive.shape'),
  ];
}
