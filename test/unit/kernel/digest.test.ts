import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchDigest, batchOf, leafOf, merkleRoot, saltOf } from '../../../src/audience/digest.rule.ts';
import { auditHash, auditRowDigest } from '../../../src/house/audit/chain.rule.ts';
import { proveMember } from '../../../src/form/archive/member.rule.ts';
import { readBase64url, writeCanonical } from '../../../src/kernel/canonical-file.rule.ts';
import { canonicalJson, digestOf } from '../../../src/kernel/digest.rule.ts';
import { saltKey, sealKey } from '../../kit/archive-keys.ts';
import { archiveParts, buildArchive, members, parseArchive } from '../../kit/archive.ts';

const sha = (...parts: (string | Uint8Array)[]): Buffer =>
  createHash('sha256')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part as string))))
    .digest();

describe('canonical JSON', () => {
  test('writes the examples of RFC 8785', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
    expect(canonicalJson({ '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 })).toBe(
      String.raw`{"\r":2,"1":4,"${'\u0080'}":6,"ö":7,"€":1,"😀":5,"${'\ufb33'}":3}`,
    );
  });

  test('is one text whatever the order of keys, and survives a round trip', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
      }),
    );
  });

  test('in pieces is the canonical text with a newline, and its digest leaves out digest and seal', () => {
    const member = fc.oneof(fc.constantFrom('digest', 'seal', 'a', 'z'), fc.string());
    fc.assert(
      fc.property(fc.dictionary(member, fc.jsonValue()), (value) => {
        const chunks: Buffer[] = [];
        const digest = writeCanonical(value, (chunk) => chunks.push(chunk));
        expect(Buffer.concat(chunks).toString()).toBe(`${canonicalJson(value)}\n`);
        const { digest: _, seal: __, ...rest } = value;
        expect(digest).toBe(digestOf(rest));
      }),
    );
  });

  test('in pieces is the same for lists longer than one piece', () => {
    const value = { rows: { rows: Array.from({ length: 5_000 }, (_, seq) => [seq, '外呼', null]) } };
    const chunks: Buffer[] = [];
    writeCanonical(value, (chunk) => chunks.push(chunk));
    expect(chunks.length).toBeGreaterThan(3);
    expect(Buffer.concat(chunks).toString()).toBe(`${canonicalJson(value)}\n`);
  });
});

describe('base64url', () => {
  test.each(['YQ', '_-8', ''])('%j is read', (text) => expect(readBase64url(text)?.toString('base64url')).toBe(text));
  test.each(['YR', 'YQ==', '/+8', 'Y Q', 'Y', 'YQ\n'])('%j is refused', (text) =>
    expect(readBase64url(text)).toBeNull(),
  );
});

describe('the audience’s digests', () => {
  const digests = Array.from({ length: 9 }, (_, index) => sha(String(index)).toString('hex'));

  test('build the tree of RFC 9162', () => {
    const leaf = (index: number): Buffer => sha(Uint8Array.of(0), Buffer.from(digests[index] as string, 'hex'));
    const node = (left: Buffer, right: Buffer): Buffer => sha(Uint8Array.of(1), left, right);
    const four = node(node(leaf(0), leaf(1)), node(leaf(2), leaf(3)));
    expect(merkleRoot([])).toBe(sha('').toString('hex'));
    expect(merkleRoot(digests.slice(0, 1))).toBe(leaf(0).toString('hex'));
    expect(merkleRoot(digests.slice(0, 3))).toBe(node(node(leaf(0), leaf(1)), leaf(2)).toString('hex'));
    expect(merkleRoot(digests.slice(0, 5))).toBe(node(four, leaf(4)).toString('hex'));
    expect(merkleRoot(digests.slice(0, 7))).toBe(node(four, node(node(leaf(4), leaf(5)), leaf(6))).toString('hex'));
  });

  test('change with any batch, with their order, and never pass an inner node for a leaf', () => {
    const root = merkleRoot(digests);
    expect(merkleRoot(digests.toReversed())).not.toBe(root);
    digests.forEach((_, index) => expect(merkleRoot(digests.with(index, 'ab'.repeat(32)))).not.toBe(root));
    expect(merkleRoot([merkleRoot(digests.slice(0, 8)), digests[8] as string])).not.toBe(root);
  });

  test('of a batch change with its number and with every leaf', () => {
    const leaves = members.map((member) => leafOf(saltKey, member));
    const digest = batchDigest(1, leaves);
    expect(digest).toBe(sha('waihu:batch:v1:1:5\n', ...leaves).toString('hex'));
    expect(batchDigest(2, leaves)).not.toBe(digest);
    expect(batchDigest(1, leaves.toReversed())).not.toBe(digest);
  });

  test('of a member change with seq, phone, every variable and the salt key', () => {
    const [member] = members as [(typeof members)[0]];
    const leaf = leafOf(saltKey, member).toString('hex');
    const others = [
      { ...member, seq: 2 },
      { ...member, phone: '+8613800000099' },
      { ...member, variables: { name: '赵二' } },
      { ...member, variables: { ...member.variables, amount: '' } },
    ];
    for (const other of others) expect(leafOf(saltKey, other).toString('hex')).not.toBe(leaf);
    expect(leafOf(sha('another key'), member).toString('hex')).not.toBe(leaf);
  });

  test.each([
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [2_000, 2],
  ])('put member %i into batch %i', (seq, batch) => expect(batchOf(seq, 1_000)).toBe(batch));
});

describe('the proof of a member', () => {
  const [row] = parseArchive(buildArchive(archiveParts(), sealKey)).ledger.rows;
  const [member] = members as [(typeof members)[0]];
  const salt = saltOf(saltKey, 1);

  test('holds for the person and what they were sent, and for nobody else', () => {
    if (!row) throw new Error('The sample archive has rows.');
    expect(proveMember(row, salt, member.phone, member.variables)).toBe(true);
    expect(proveMember(row, salt, '+8613899990010', member.variables)).toBe(false);
    expect(proveMember(row, salt, member.phone, { name: '钱二' })).toBe(false);
    expect(proveMember(row, saltOf(saltKey, 2), member.phone, member.variables)).toBe(false);
    expect(proveMember([1, '', ...row.slice(2)] as unknown as typeof row, salt, member.phone, member.variables)).toBe(
      false,
    );
  });
});

describe('the audit chain', () => {
  const entry = {
    at: '2026-11-02T01:00:00.000Z',
    actor: 'system',
    action: 'campaign.start',
    objectKind: 'campaign',
    objectId: '1',
    details: { b: 1, a: 2 },
  };

  test('changes with every field, the seq and the row before', () => {
    const digest = auditRowDigest(entry, 1);
    expect(auditRowDigest({ ...entry, details: { a: 2, b: 1 } }, 1)).toBe(digest);
    for (const key of Object.keys(entry)) expect(auditRowDigest({ ...entry, [key]: 'x' }, 1), key).not.toBe(digest);
    expect(auditRowDigest(entry, 2)).not.toBe(digest);
    expect(auditHash(1, 'ab'.repeat(32), digest)).toBe(
      sha(`waihu:audit:v1:1:${'ab'.repeat(32)}:${digest}`).toString('hex'),
    );
    expect(auditHash(1, 'cd'.repeat(32), digest)).not.toBe(auditHash(1, 'ab'.repeat(32), digest));
  });

  test('takes no field of the row that is not the entry’s', () => {
    expect(auditRowDigest(Object.assign({ hash: 'x', previousHash: 'y' }, entry), 1)).toBe(auditRowDigest(entry, 1));
  });
});
