import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unpackBundledBrowser } from '../../../../src/kit/print/bundled-browser.ts';

let into: string;
beforeEach(() => {
  into = mkdtempSync(join(tmpdir(), 'waihu-unpack-test-'));
});
afterEach(() => rmSync(into, { recursive: true, force: true }));

const versionOf = async (executable: string): Promise<string> =>
  (await promisify(execFile)(executable, ['--version', '--no-sandbox'])).stdout;

test('three processes that unpack at once all get the same whole browser, and no rest stays', async () => {
  const source = new URL('../../../../src/kit/print/bundled-browser.ts', import.meta.url).href;
  const script = `const { unpackBundledBrowser } = await import('${source}');
    process.stdout.write((await unpackBundledBrowser(process.argv[1])).executable);`;
  const started = Array.from({ length: 3 }, () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, into]),
  );
  const paths = (await Promise.all(started)).map(({ stdout }) => stdout);
  expect(new Set(paths).size).toBe(1);
  expect(readdirSync(into)).toHaveLength(1);
  expect(await versionOf(paths[0] ?? '')).toContain('143.');
});

test('the folder is closed to others', async () => {
  const { executable } = await unpackBundledBrowser(into);
  expect(statSync(dirname(executable)).mode & 0o777).toBe(0o700);
});

test('a folder that others may write to is not trusted', async () => {
  const { executable } = await unpackBundledBrowser(into);
  chmodSync(dirname(executable), 0o777);
  await expect(unpackBundledBrowser(into)).rejects.toMatchObject({
    code: 'print.no-browser',
    message: expect.stringContaining('open to others'),
  });
});

test('a link in place of the folder is not followed', async () => {
  const { executable } = await unpackBundledBrowser(into);
  const folder = dirname(executable);
  rmSync(folder, { recursive: true });
  const elsewhere = join(into, 'elsewhere');
  mkdirSync(elsewhere, { mode: 0o700 });
  symlinkSync(elsewhere, folder);
  await expect(unpackBundledBrowser(into)).rejects.toMatchObject({ code: 'print.no-browser' });
  expect(readdirSync(elsewhere)).toEqual([]);
});

test('a browser that a cleaner of temporary files took half away is unpacked again', async () => {
  const { executable } = await unpackBundledBrowser(into);
  rmSync(executable);
  expect((await unpackBundledBrowser(into)).executable).toBe(executable);
  expect(await versionOf(executable)).toContain('143.');
  expect(readdirSync(into)).toHaveLength(1);
});

test('what a killed unpacking left is removed, what another is doing is not', async () => {
  const { executable } = await unpackBundledBrowser(into);
  const folder = dirname(executable);
  rmSync(folder, { recursive: true });
  const [old, young] = [`${folder}.killed`, `${folder}.atwork`];
  for (const path of [old, young]) mkdirSync(path);
  utimesSync(old, new Date(0), new Date(0));
  await unpackBundledBrowser(into);
  expect([old, young].map((path) => existsSync(path))).toEqual([false, true]);
});
