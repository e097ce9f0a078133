import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ledgerColumns } from '../../../../src/form/archive/format.rule.ts';
import { sentences } from '../../../../src/form/archive/sentences.rule.ts';
import { verifyArchive } from '../../../../src/form/archive/verify.rule.ts';
import { brokenBytes } from '../../../kit/archive-edits.ts';
import { storedPasskeys, vectorFiles } from '../../../kit/archive-vectors.ts';
import { fileOf } from '../../../kit/archive.ts';
import { brokenFormCases, formVectorFiles, storedEvidence } from '../../../kit/form-archive-vectors.ts';

const docs = join(import.meta.dirname, '../../../../docs');
const specification = readFileSync(join(docs, 'archive.md'), 'utf8');
const stored = storedPasskeys();
if (!stored) throw new Error('Run: node test/kit/archive-vectors.ts');
const evidence = storedEvidence();
if (!evidence) throw new Error('Run: node test/kit/form-archive-vectors.ts');
/** Whether the second verifier can run here: it needs Python 3.11 with the package `cryptography`. */
const python =
  spawnSync('python3', ['-c', 'import cryptography, sys; sys.exit(sys.version_info < (3, 11))']).status === 0;

describe('the vectors', () => {
  test.each(Object.entries(vectorFiles(stored)))('archive-%s.json is what the code writes', (file, text) => {
    expect(readFileSync(join(docs, 'vectors', `archive-${file}.json`), 'utf8')).toBe(text);
  });

  test('hold', async () => {
    expect((await verifyArchive(readFileSync(join(docs, 'vectors', 'archive-valid.json')))).ok).toBe(true);
  });
});

describe('the vectors of a form alone', () => {
  const files = formVectorFiles(evidence);
  test.each(Object.entries(files))('form-archive-%s.json is what the code writes', (file, text) => {
    expect(readFileSync(join(docs, 'vectors', `form-archive-${file}.json`), 'utf8')).toBe(text);
  });

  test('hold', async () => {
    const verdict = await verifyArchive(Buffer.from(files.valid));
    expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(verdict).toMatchObject({ ok: true, anchored: false, facts: { number: 'SC-2026-0003', outcome: 'signed' } });
  });

  test.each(brokenFormCases().map((each) => [each.name, each] as const))('%s is found', async (_, each) => {
    const { checks } = await verifyArchive(brokenBytes(Buffer.from(files.valid), each, fileOf));
    expect(checks.filter(({ ok }) => !ok).map(({ code }) => code)).toEqual(expect.arrayContaining([...each.codes]));
    expect(checks.filter(({ ok }) => !ok)).toHaveLength(each.codes.length);
  });
});

// A machine without Python has one verifier less; the page that specifies the format says what the second one needs.
test.runIf(python)('the second verifier says of every vector what the first one says', { timeout: 300_000 }, () => {
  const said = execFileSync('python3', [join(docs, 'vectors', 'verify.py')], { encoding: 'utf8' });
  expect(said).toMatch(
    /^\d+ broken cases of campaigns, \d+ of forms alone, \d+ single steps: all as the vectors say\n$/,
  );
});

describe('the specification', () => {
  test.each(Object.keys(sentences))('explains the check %s', (code) => expect(specification).toContain(`\`${code}\``));

  test('names the checks in the order of the verifier', () => {
    const places = Object.keys(sentences).map((code) => specification.indexOf(`| \`${code}\` |`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  test('names the ledger’s columns', () => {
    for (const [index, column] of ledgerColumns.entries())
      expect(specification).toContain(`| ${index} | \`${column}\` |`);
  });
});
