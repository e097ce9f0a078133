import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ledgerColumns } from '../../../../src/form/archive/format.rule.ts';
import { sentences } from '../../../../src/form/archive/sentences.rule.ts';
import { verifyArchive } from '../../../../src/form/archive/verify.rule.ts';
import { storedPasskeys, vectorFiles } from '../../../kit/archive-vectors.ts';

const docs = join(import.meta.dirname, '../../../../docs');
const specification = readFileSync(join(docs, 'archive.md'), 'utf8');
const stored = storedPasskeys();
if (!stored) throw new Error('Run: node test/kit/archive-vectors.ts');

describe('the vectors', () => {
  test.each(Object.entries(vectorFiles(stored)))('archive-%s.json is what the code writes', (file, text) => {
    expect(readFileSync(join(docs, 'vectors', `archive-${file}.json`), 'utf8')).toBe(text);
  });

  test('hold', async () => {
    expect((await verifyArchive(readFileSync(join(docs, 'vectors', 'archive-valid.json')))).ok).toBe(true);
  });
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
