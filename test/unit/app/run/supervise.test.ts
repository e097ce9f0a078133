import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../../../src/kernel/app-error.rule.ts';
import { identify, parseIdentity } from '../../../../src/app/run/processes.ts';
import { type Part, type PartSpec, supervise } from '../../../../src/app/run/supervise.ts';

let folder: string;
let said: string[];
const parts: Part[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waihu-part-'));
  said = [];
});
afterEach(async () => {
  for (const part of parts.splice(0)) await part.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A part that is the given JavaScript. */
function partOf(script: string, more: Partial<PartSpec> = {}): Part {
  const part = supervise({
    name: 'worker',
    command: { command: process.execPath, args: ['-e', script] },
    env: { STATE: join(folder, 'state') },
    ipc: true,
    logFile: join(folder, 'worker.log'),
    pidFile: join(folder, 'worker.json'),
    stopSignal: 'SIGTERM',
    stopSeconds: 10,
    say: (line) => said.push(line),
    ...more,
  });
  parts.push(part);
  return part;
}

const pidNow = () => parseIdentity(readFileSync(join(folder, 'worker.json'), 'utf8'))?.pid ?? 0;
const READY = 'process.send({ready:true}); setInterval(()=>{}, 1000);';

test('a part that ends before it is ready is a fault with its last words', async () => {
  const part = partOf('console.log("first"); console.error("the disk is gone"); process.exitCode = 3');
  await expect(part.ready({ seconds: 30 })).rejects.toMatchObject({
    code: 'run.part-stopped',
    message: expect.stringMatching(/exit code 3.*the disk is gone.*worker\.log/),
  });
});

test('a program that does not exist is a fault and not a crash', async () => {
  const part = partOf('', { command: { command: join(folder, 'nothing'), args: [] } });
  await expect(part.ready({ seconds: 30 })).rejects.toMatchObject({ code: 'run.part-stopped' });
});

test('a wrong configuration is told in the words of the part', async () => {
  const part = partOf('console.error("GATEWAY_KEY: must be set"); process.exit(78)');
  await expect(part.ready({ seconds: 30 })).rejects.toMatchObject({
    code: 'run.part-misconfigured',
    message: 'GATEWAY_KEY: must be set',
  });
});

test('a refusal in our own log keeps its code and its sentence', async () => {
  const line = { level: 60, code: 'installation.key-differs', msg: 'Copy the key.' };
  const part = partOf(`console.error(${JSON.stringify(JSON.stringify(line))}); process.exit(78)`);
  await expect(part.ready({ seconds: 30 })).rejects.toMatchObject({
    code: 'installation.key-differs',
    message: 'Copy the key.',
  });
});

test('what the log means takes precedence over how the part ended', async () => {
  const known = new AppError('conflict', 'run.data-corrupt', 'Damaged.');
  const part = partOf('console.error("PANIC"); process.exit(1)', {
    explain: (log) => (log.includes('PANIC') ? known : null),
  });
  await expect(part.ready({ seconds: 30 })).rejects.toBe(known);
});

test('only words of this run count', async () => {
  writeFileSync(join(folder, 'worker.log'), 'PANIC of yesterday\n');
  const seen: string[] = [];
  const part = partOf('console.error("today"); process.exit(1)', {
    explain: (log) => {
      seen.push(log.trim());
      return null;
    },
  });
  await expect(part.ready({ seconds: 30 })).rejects.toBeInstanceOf(AppError);
  expect(seen).toEqual(['today']);
});

test('a part that falls after it was ready is started again, and that is said', async () => {
  const part = partOf(READY);
  await part.ready({ seconds: 30 });
  const first = pidNow();
  process.kill(first, 'SIGKILL');
  await expect.poll(pidNow, { timeout: 20_000 }).not.toBe(first);
  expect(said).toEqual([expect.stringMatching(/worker stopped \(SIGKILL\).*again in 0\.2 s/)]);
});

test('a running part that finds its configuration wrong is not started again', async () => {
  let fatal: AppError | undefined;
  const part = partOf('process.send({ready:true}); setTimeout(()=>{console.error("bad key");process.exit(78)}, 50)', {
    onFatal: (fault) => (fatal = fault),
  });
  await part.ready({ seconds: 30 });
  await expect.poll(() => fatal?.message, { timeout: 20_000 }).toBe('bad key');
  expect(said).toEqual([]);
});

test('a stop in the pause before a restart is final', async () => {
  const part = partOf(READY);
  await part.ready({ seconds: 30 });
  process.kill(pidNow(), 'SIGKILL');
  await expect.poll(() => said.length, { timeout: 20_000 }).toBe(1);
  await part.stop();
  await sleep(1200);
  expect(existsSync(join(folder, 'worker.json'))).toBe(false);
});

test('a part may finish its work when it is asked to stop', async () => {
  const script = `process.on('SIGTERM', () => setTimeout(() => {
    require('fs').writeFileSync(process.env.STATE, 'finished'); process.exit(0) }, 200)); ${READY}`;
  const part = partOf(script);
  await part.ready({ seconds: 30 });
  await part.stop();
  expect(readFileSync(join(folder, 'state'), 'utf8')).toBe('finished');
});

test('a part that will not stop is ended', async () => {
  const part = partOf(`process.on('SIGTERM', () => {}); ${READY}`, { stopSeconds: 0.2 });
  await part.ready({ seconds: 30 });
  const pid = pidNow();
  await part.stop();
  expect(identify(pid)).toBeNull();
});

test('waiting ends when the person at the terminal has had enough', async () => {
  const aborter = new AbortController();
  const part = partOf('setInterval(()=>{}, 1000)');
  const waiting = part.ready({ seconds: 60, signal: aborter.signal });
  aborter.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'run.interrupted' });
});

test('a part that never answers is given up on, with its log named', async () => {
  const part = partOf('setInterval(()=>{}, 1000)');
  await expect(part.ready({ seconds: 0.2, check: async () => false })).rejects.toMatchObject({
    code: 'run.part-not-ready',
    message: expect.stringContaining('worker.log'),
  });
});
