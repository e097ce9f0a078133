import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endLeftover, identify, writePidFile } from '../../../../src/app/run/processes.ts';

let folder: string;
let pid: number;
let sleeper: ReturnType<typeof spawn>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waihu-pid-'));
  sleeper = spawn(process.execPath, ['-e', 'setInterval(()=>{}, 1000)'], { stdio: 'ignore' });
  pid = sleeper.pid ?? 0;
});
afterEach(() => {
  sleeper.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const pidFile = () => join(folder, 'temporal.json');

test('what an earlier launcher noted and left running is ended', async () => {
  writePidFile(pidFile(), pid);
  expect(await endLeftover(pidFile(), 'SIGTERM')).toBe(true);
  expect(identify(pid)).toBeNull();
  expect(existsSync(pidFile())).toBe(false);
});

test('a process that merely has the same number is left alone', async () => {
  writeFileSync(pidFile(), JSON.stringify({ pid, startedAt: 'another time' }));
  expect(await endLeftover(pidFile(), 'SIGTERM')).toBe(false);
  expect(identify(pid)).not.toBeNull();
});

test.each(['', '{', '{"pid":0,"startedAt":""}', '[]'])('a damaged pid file (%s) ends nobody', async (text) => {
  writeFileSync(pidFile(), text);
  expect(await endLeftover(pidFile(), 'SIGTERM')).toBe(false);
  expect(existsSync(pidFile())).toBe(false);
});

test('without a pid file there is nothing to end', async () => {
  expect(await endLeftover(pidFile(), 'SIGTERM')).toBe(false);
});
