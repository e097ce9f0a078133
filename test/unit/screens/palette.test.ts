import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { withPalette } from '../../../tools/screens/palette.ts';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
const part = (type: string, body: Buffer): Buffer => {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
};
/** A PNG of RGB rows, each already filtered and led by its filter's number. */
const picture = (width: number, rows: number[][], kind = 2): Buffer => {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(rows.length, 4);
  head.set([8, kind, 0, 0, 0], 8);
  const data = deflateSync(Buffer.from(rows.flat()));
  return Buffer.concat([signature, part('IHDR', head), part('IDAT', data), part('IEND', Buffer.alloc(0))]);
};
const bodyOf = (png: Buffer, type: string): Buffer => {
  const at = png.indexOf(type, 0, 'latin1');
  return png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4));
};
/** The colours of each row, read back. */
const coloursOf = (png: Buffer, width: number): string[][] => {
  const palette = bodyOf(png, 'PLTE').toString('hex').match(/.{6}/g) ?? [];
  const rows = inflateSync(bodyOf(png, 'IDAT'));
  return Array.from({ length: rows.length / (width + 1) }, (_, y) =>
    [...rows.subarray(y * (width + 1) + 1, (y + 1) * (width + 1))].map((index) => palette[index] ?? ''),
  );
};

test.each([
  ['none', [0, 1, 2, 3, 9, 9, 9]],
  ['sub', [1, 1, 2, 3, 8, 7, 6]],
  ['up', [2, 247, 0, 1, 255, 7, 7]],
  ['average', [3, 252, 1, 2, 4, 7, 7]],
  ['paeth', [4, 247, 0, 1, 8, 7, 6]],
])('a row written with the filter %s keeps its colours', (_, second) => {
  const png = picture(2, [[0, 10, 2, 2, 10, 2, 2], second]);
  expect(coloursOf(withPalette(png), 2)).toEqual([
    ['0a0202', '0a0202'],
    ['010203', '090909'],
  ]);
});

test('of more than 256 colours the plain areas stay exact and the rest comes near', () => {
  const plain = Array.from({ length: 1_000 }, () => [245, 246, 250]);
  const noise = Array.from({ length: 1_000 }, (_, index) => [index % 256, (index * 7) % 256, (index * 13) % 256]);
  const png = picture(2_000, [[0, ...[...plain, ...noise].flat()]]);
  const [row = []] = coloursOf(withPalette(png), 2_000);
  expect(new Set(row.slice(0, 1_000))).toEqual(new Set(['f5f6fa']));
  expect(new Set(row).size).toBeGreaterThan(200);
  expect(new Set(row).size).toBeLessThanOrEqual(256);
});

test('a picture of another kind is refused rather than spoilt', () => {
  expect(() => withPalette(picture(1, [[0, 1]], 0))).toThrow('another kind');
});
