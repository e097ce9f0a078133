import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../../../src/app/config.ts';
import { launchBrowser } from '../../../../src/kit/print/browser.ts';
import { unpackFault } from '../../../../src/kit/print/bundled-browser.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waihu-browser-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('WAIHU_BROWSER is an absolute path, or nothing', () => {
  expect(readConfig({ WAIHU_BROWSER: 'tools/chrome' }, '/srv').browserPath).toBe('/srv/tools/chrome');
  expect(readConfig({ WAIHU_BROWSER: '/opt/chrome' }, '/srv').browserPath).toBe('/opt/chrome');
  expect(readConfig({ WAIHU_BROWSER: '' }, '/srv').browserPath).toBeUndefined();
});

test.each([
  ['is not there', () => undefined, 'does not exist'],
  ['is no program', (path: string) => writeFileSync(path, 'text', { mode: 0o644 }), 'may not be executed'],
  [
    'is another program',
    (path: string) => writeFileSync(path, '#!/bin/sh\nexit 3\n', { mode: 0o755 }),
    'does not start',
  ],
  [
    'lacks a library',
    (path: string) =>
      writeFileSync(
        path,
        '#!/bin/sh\necho "chrome: error while loading shared libraries: libnss3.so: cannot open" >&2\nexit 127\n',
        { mode: 0o755 },
      ),
    'lacks the library libnss3.so',
  ],
])('a chosen browser that %s is named with the fault and the fix, and no other is taken', async (_, make, said) => {
  const browserPath = join(folder, 'chrome');
  make(browserPath);
  await expect(launchBrowser({ browserPath })).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'print.no-browser',
    message: expect.stringMatching(new RegExp(`${browserPath}\\) ${said}.*set WAIHU_BROWSER`, 's')),
  });
});

test.each([
  [{ stderr: 'Error: ENOSPC: no space left on device, write' }, 'is full'],
  [Object.assign(new Error('EDQUOT: disk quota exceeded'), { code: 'EDQUOT' }), 'is full'],
  [new Error("EROFS: read-only file system, mkdtemp '/tmp/x'"), 'cannot be written to'],
  [new Error("EACCES: permission denied, mkdtemp '/tmp/x'"), 'cannot be written to'],
  [new Error('something else'), 'could not be unpacked'],
])('a fault while unpacking (%#) says what to do about the folder', (error, said) => {
  expect(unpackFault(error, '/tmp')).toContain(said);
  expect(unpackFault(error, '/tmp')).toContain('/tmp');
});
