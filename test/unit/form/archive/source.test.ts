import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, findList, ListInFile } from '../../../../src/form/archive/source.rule.ts';
import { verifyArchive } from '../../../../src/form/archive/verify.rule.ts';
import { sealKey } from '../../../kit/archive-keys.ts';
import { archiveParts, buildArchive } from '../../../kit/archive.ts';

const file = (text: string) => bytesOf(Buffer.from(text));
/** The list as it is read piece by piece; null where the file would be read whole. */
const listIn = (text: string): unknown[] | null => {
  const span = findList(file(text), 'ledger', 'rows');
  return span && [...new ListInFile(file(text), span)];
};

describe('a list in a file', () => {
  test('is what JSON says, whatever stands in it and around it', () => {
    const space = fc.constantFrom(undefined, 1, '\t');
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), fc.jsonValue(), space, (rows, before, after, indent) => {
        const text = JSON.stringify(
          { before: [before], ledger: { before: [before], rows, after: [after] }, after: [[after]] },
          null,
          indent,
        );
        expect(listIn(text)).toEqual(JSON.parse(JSON.stringify(rows)));
      }),
    );
  });

  test('is the same where an item lies across the pieces that are read', () => {
    const odd = ['外呼', '"', '\\', ']', '{', ',', '\\"],["', '\u{1f600}'];
    const rows = Array.from({ length: 60_000 }, (_, seq) => [seq, odd[seq % odd.length], 'x'.repeat(seq % 97), null]);
    expect(listIn(JSON.stringify({ ledger: { rows } }))).toEqual(rows);
  });

  test.each([
    ['there is none', '{"ledger":{"counts":[]}}'],
    ['it stands elsewhere', '{"rows":[1],"other":{"rows":[2]},"x":[{"ledger":{"rows":[1]}}]}'],
    ['it is no list', '{"ledger":{"rows":{"rows":[1]}}}'],
    ['it is there twice', '{"ledger":{"rows":[1]},"ledger":{"rows":[2]}}'],
    ['it is there twice in one', '{"ledger":{"rows":[1],"rows":[2]}}'],
    ['a name is written with escapes', '{"ledger":{"rows":[1]},"\\u006cedger":{"rows":[2]}}'],
    ['it is closed by another bracket', '{"ledger":{"rows":[1}}'],
    ['it is not closed', '{"ledger":{"rows":[1,2'],
  ])('is not read piece by piece where %s', (_, text) => expect(listIn(text)).toBeNull());

  test.each(['[1,]', '[,1]', '[1 2]', '[[1},{2]]', '["]'])('%s is not JSON', (rows) => {
    expect(() => listIn(`{"ledger":{"rows":${rows}}}`) ?? JSON.parse(`{"ledger":{"rows":${rows}}}`)).toThrow(
      SyntaxError,
    );
  });
});

describe('an archive with a list that is not laid out as Waihu writes it', () => {
  const valid = Buffer.from(buildArchive(archiveParts(), sealKey)).toString('utf8');
  test.each([
    ['a second ledger', valid.replace('"madeAt"', '"ledger":{"rows":[]},"madeAt"')],
    ['a second ledger before it', valid.replace('"ledger"', '"ledger":5,"ledger"')],
    ['blanks between rows', valid.replace('],[2,', '] , [2,')],
    ['a row that is no JSON', valid.replace('],[2,', '],[2,,')],
    ['a comma too many', valid.replace(']]},"madeAt"', '],]},"madeAt"')],
    ['a list behind the list', valid.replace(']]},"madeAt"', ']],[2]},"madeAt"')],
    ['a byte order mark', `\ufeff${valid}`],
  ])('%s does not hold', async (_, text) => {
    expect(text).not.toBe(valid);
    let json = true;
    try {
      JSON.parse(text);
    } catch {
      json = false;
    }
    const { ok, checks } = await verifyArchive(Buffer.from(text));
    const failed = checks.filter((check) => !check.ok).map(({ code }) => code);
    expect([ok, failed.slice(0, 1)]).toEqual([false, [json ? 'archive.canonical' : 'archive.json']]);
  });
});
