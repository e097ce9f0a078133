import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findKey, keyOfFolder, makeKey } from '../../../src/house/installation-key.ts';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'waihu-key-'));

test('a key is made once, readable by its owner only, and is the same afterwards', async () => {
  const folder = await newFolder();
  const place = keyOfFolder(join(folder, 'data'));
  expect(findKey(place)).toBeNull();
  const made = makeKey(place.file);
  expect((await stat(place.file)).mode & 0o777).toBe(0o600);
  expect(makeKey(place.file).equals(made)).toBe(true);
  expect(findKey(place)?.equals(made)).toBe(true);
  expect(await readdir(join(folder, 'data'))).toEqual(['installation.key']);
});

test('what the environment gives comes before any file', async () => {
  const place = keyOfFolder(await newFolder());
  makeKey(place.file);
  const given = 'ab'.repeat(32);
  expect(findKey({ ...place, given })?.toString('hex')).toBe(given);
});

test.each(['', 'not a key', 'ab'.repeat(31)])('a file that holds %j is refused and left as it is', async (text) => {
  const place = keyOfFolder(await newFolder());
  await writeFile(place.file, text);
  const refused = expect.objectContaining({ code: 'installation.key-unreadable' });
  expect(() => findKey(place)).toThrow(refused);
  expect(() => makeKey(place.file)).toThrow(refused);
  expect(await readFile(place.file, 'utf8')).toBe(text);
});
