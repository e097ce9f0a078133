import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifyArchive } from '../../../../src/form/archive/verify.rule.ts';
import { sentences } from '../../../../src/form/archive/sentences.rule.ts';
import { brokenCases } from '../../../kit/archive-cases.ts';
import { brokenBytes } from '../../../kit/archive-edits.ts';
import { makePasskeys } from '../../../kit/archive-vectors.ts';
import { sealKey } from '../../../kit/archive-keys.ts';
import { archiveParts, buildArchive, fileOf, form, parseArchive, reseal } from '../../../kit/archive.ts';

const passkeys = makePasskeys();
const valid = Buffer.from(buildArchive(archiveParts(passkeys['valid']), sealKey));
const cases = brokenCases(valid, passkeys);
const failing = async (bytes: Uint8Array, options = {}): Promise<string[]> => {
  const { ok, checks } = await verifyArchive(bytes, options);
  const codes = checks.filter((check) => !check.ok).map(({ code }) => code);
  expect(ok).toBe(codes.length === 0);
  return codes;
};
const sealCheck = async (options: object) =>
  (await verifyArchive(valid, options)).checks.find(({ code }) => code === 'archive.seal-key');

describe('a true archive', () => {
  test('holds in every check, and each check of the catalogue is made', async () => {
    const { ok, checks } = await verifyArchive(valid);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
    expect(ok).toBe(true);
    expect(checks.map(({ code }) => code)).toEqual(Object.keys(sentences));
  });

  test('says who signed what for whom', async () => {
    const { facts } = await verifyArchive(valid);
    expect(facts).toMatchObject({
      number: form.number,
      size: 5,
      counts: { delivered: 2, failed: 1, suppressed: 1, unknown: 1 },
    });
    expect(facts?.signedBy.map(({ role, name, kind }) => [role, name, kind])).toEqual([
      ['liaison', '林联络', 'ed25519'],
      ['leader', '何负责', 'passkey'],
    ]);
  });

  test('names the sealing key and says that it was not compared unless a fingerprint is given', async () => {
    const unpinned = await sealCheck({});
    expect(unpinned).toMatchObject({ ok: true, open: true });
    expect((await verifyArchive(valid)).anchored).toBe(false);
    expect(await verifyArchive(valid, { sealFingerprints: ['ab'.repeat(32), sealKey.fingerprint] })).toMatchObject({
      ok: true,
      anchored: true,
    });
    expect(unpinned?.en).toContain(`not compared: compare its fingerprint ${sealKey.fingerprint}`);
    expect(unpinned?.zh).toContain(sealKey.fingerprint);
    expect((await sealCheck({ sealFingerprints: [sealKey.fingerprint.toUpperCase()] }))?.en).toBe(
      'The sealing key is the one given.',
    );
    expect((await sealCheck({ sealFingerprints: [''] }))?.ok).toBe(false);
    expect((await sealCheck({ sealFingerprints: ['ab'.repeat(32)] }))?.ok).toBe(false);
  });

  test('holds when receipts bill more than the ceiling after the last call, and says so', async () => {
    const archive = parseArchive(valid);
    const rows = archive.ledger.rows.map((row) => (row[0] === 1 ? [...row.slice(0, 11), 9] : row));
    const { ok, checks } = await verifyArchive(reseal({ ...archive, ledger: { ...archive.ledger, rows } }));
    expect(ok).toBe(true);
    expect(checks.find(({ code }) => code === 'cost.ceiling')).toMatchObject({
      ok: true,
      en: expect.stringContaining('bill ¥0.59 of ¥0.30'),
    });
  });

  test('holds where the gateway gave one BizId to two requests', async () => {
    const archive = parseArchive(valid);
    const rows = archive.ledger.rows.map((row) =>
      row[0] === 2 ? row.with(8, archive.ledger.rows[0]?.[8] ?? null) : row,
    );
    expect(await failing(reseal({ ...archive, ledger: { ...archive.ledger, rows } }))).toEqual([]);
  });

  test('is judged alike as a view into a larger buffer', async () => {
    const larger = Buffer.concat([Buffer.from('xx'), valid, Buffer.from('yy')]);
    expect(await failing(larger.subarray(2, -2))).toEqual([]);
  });
});

describe('a changed byte', () => {
  const anyIndex = fc.nat({ max: valid.length - 1 });

  test('anywhere makes the archive fail', async () => {
    await fc.assert(
      fc.asyncProperty(anyIndex, fc.integer({ min: 1, max: 255 }), async (index, flip) => {
        const changed = Buffer.from(valid);
        changed[index] = (changed[index] ?? 0) ^ flip;
        expect(await failing(changed)).not.toEqual([]);
      }),
      { numRuns: 1_500 },
    );
  });

  test('removed or added anywhere makes the archive fail', async () => {
    await fc.assert(
      fc.asyncProperty(anyIndex, fc.option(fc.constantFrom(...Buffer.from(' \n0"a,'))), async (index, added) => {
        const middle = added === null ? Buffer.alloc(0) : Buffer.from([added, valid[index] ?? 0]);
        expect(await failing(Buffer.concat([valid.subarray(0, index), middle, valid.subarray(index + 1)]))).not.toEqual(
          [],
        );
      }),
      { numRuns: 1_000 },
    );
  });

  test('in the seal is found at every position', async () => {
    const start = valid.indexOf('"seal"');
    for (let index = start; index < start + 210; index += 1) {
      const changed = Buffer.from(valid);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(await failing(changed), String(index)).not.toEqual([]);
    }
  });

  test.each([
    ['no final newline', (text: string) => text.slice(0, -1)],
    ['two final newlines', (text: string) => `${text}\n`],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['indentation', (text: string) => `${JSON.stringify(JSON.parse(text), null, 2)}\n`],
    [
      'another order of keys',
      (text: string) =>
        `${JSON.stringify({ ...JSON.parse(text), audience: JSON.parse(text).audience })}\n`.replace(
          '{"audience"',
          '{ "audience"',
        ),
    ],
    ['an escaped character', (text: string) => text.replace('外', String.raw`\u5916`)],
    ['a key twice', (text: string) => text.replace('"digest":', '"digest":"","digest":')],
    ['a number written otherwise', (text: string) => text.replace('"size":5', '"size":5.0')],
  ])('%s is not canonical', async (_, change) => {
    const codes = await failing(Buffer.from(change(valid.toString())));
    expect(['archive.json', 'archive.canonical']).toContain(codes[0]);
  });
});

describe('an insider with the sealing key', () => {
  test.each(cases.map((broken) => [broken.name, broken] as const))('is found out by %s', async (_, broken) => {
    expect(await failing(brokenBytes(valid, broken, fileOf))).toEqual(broken.codes);
  });

  test('is found out by another sealing key when the fingerprint is given', async () => {
    expect(await failing(reseal(parseArchive(valid)), { sealFingerprints: ['cd'.repeat(32)] })).toEqual([
      'archive.seal-key',
    ]);
  });

  test('meets every content check of the catalogue in these cases', () => {
    const met = new Set(cases.flatMap(({ codes }) => codes));
    const bytesOnly = new Set(['archive.json', 'archive.canonical', 'archive.seal-key']);
    expect(Object.keys(sentences).filter((code) => !met.has(code) && !bytesOnly.has(code))).toEqual([]);
  });
});

describe('anything else', () => {
  test('is refused without an exception', async () => {
    const any = fc.oneof(
      fc.uint8Array(),
      fc.string().map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(any, async (bytes) => {
        expect(await failing(bytes)).not.toEqual([]);
      }),
    );
  });

  test('put in place of any part of an archive is refused without an exception', async () => {
    const archive = parseArchive(valid) as unknown as Record<string, unknown>;
    const paths = pathsOf(archive);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.jsonValue(), async (path, value) => {
        const copy = structuredClone(archive);
        const parent = path
          .slice(0, -1)
          .reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
        const last = path.at(-1) as string;
        fc.pre(JSON.stringify(parent[last]) !== JSON.stringify(value));
        parent[last] = value;
        await expect(verifyArchive(reseal(copy))).resolves.toHaveProperty('checks');
        expect(await failing(fileOf(copy))).not.toEqual([]);
      }),
      { numRuns: 800 },
    );
  });

  test.each([
    ['nothing', ''],
    ['a list', '[]\n'],
    ['an empty object', '{}\n'],
    ['nesting without end', `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}\n`],
    ['a lone surrogate', String.raw`{"a":"\ud800"}`],
    ['a number beyond all bounds', '{"a":1e999}\n'],
    ['a prototype', '{"__proto__":{"digest":""},"format":"waihu.archive/3"}\n'],
  ])('is refused: %s', async (_, text) => {
    expect(await failing(Buffer.from(text))).not.toEqual([]);
  });
});

function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return path.length > 0 ? [path] : [];
  const below = Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]));
  return path.length > 0 ? [path, ...below] : below;
}
