import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastLine, readLogFrom, rotateLog } from '../../../../src/app/run/log-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waihu-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('large logs are moved aside and only three are kept', () => {
  const log = join(folder, 'api.log');
  for (const text of ['one', 'two', 'three', 'four', 'five']) {
    writeFileSync(log, text);
    rotateLog(log, 3);
  }
  expect(readdirSync(folder).sort()).toEqual(['api.log.1', 'api.log.2', 'api.log.3']);
  expect(readFileSync(`${log}.1`, 'utf8')).toBe('five');
  expect(readFileSync(`${log}.3`, 'utf8')).toBe('three');
});

test('a small or absent log stays where it is', () => {
  const log = join(folder, 'api.log');
  rotateLog(log, 3);
  writeFileSync(log, 'ab');
  rotateLog(log, 3);
  expect(readdirSync(folder)).toEqual(['api.log']);
});

test('reading starts where this run started, and never at more than 64 KiB from the end', () => {
  const log = join(folder, 'api.log');
  writeFileSync(log, `old\n${'x'.repeat(100_000)}\nlast\n`);
  expect(readLogFrom(log, 100_005)).toBe('last\n');
  expect(readLogFrom(log, 0)).toHaveLength(64 * 1024);
  expect(readLogFrom(log, 1_000_000)).toBe('');
  expect(readLogFrom(join(folder, 'absent'), 0)).toBe('');
});

test('the last line is the last that says something', () => {
  expect(lastLine('a\n b \n\n \n')).toBe('b');
  expect(lastLine('')).toBe('');
});
