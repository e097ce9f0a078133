import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findRunning, openDataFolder } from '../../../../src/app/run/data-folder.ts';
import { identify } from '../../../../src/app/run/processes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waihu-data-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const running = {
  url: 'http://127.0.0.1:1',
  databaseUrl: 'postgresql://u:p@127.0.0.1:2/waihu',
  temporalAddress: '127.0.0.1:3',
  temporalNamespace: 'default',
};
const lockOf = (text: string) => writeFileSync(join(folder, 'launcher.lock'), text);

test('a folder in use is refused with the process that holds it', () => {
  const held = openDataFolder(folder);
  expect(() => openDataFolder(folder)).toThrow(
    expect.objectContaining({
      code: 'run.already-running',
      message: expect.stringContaining(`process ${process.pid}`),
    }),
  );
  held.release();
  openDataFolder(folder).release();
});

test('a lock left by a process that is gone is taken over', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  const identity = identify(child.pid ?? 0);
  await once(child, 'exit');
  lockOf(JSON.stringify(identity));
  openDataFolder(folder).release();
});

test('a lock whose number now belongs to another process is taken over', () => {
  lockOf(JSON.stringify({ pid: process.pid, startedAt: 'long ago' }));
  openDataFolder(folder).release();
});

test.each(['', 'not json', '{"pid":-1,"startedAt":"1"}', '{"pid":"1"}'])(
  'a damaged lock (%s) is taken over',
  (text) => {
    lockOf(text);
    openDataFolder(folder).release();
  },
);

test('ports are remembered, and a damaged memory costs only them', () => {
  const first = openDataFolder(folder);
  first.rememberPorts({ WAIHU_PORT: 4000 });
  first.rememberPorts({ WAIHU_SANDBOX_PORT: 4001 });
  first.release();
  const second = openDataFolder(folder);
  expect(second.ports).toEqual({ WAIHU_PORT: 4000, WAIHU_SANDBOX_PORT: 4001 });
  second.release();
  writeFileSync(join(folder, 'runtime.json'), '{"ports":{"WAIHU_PORT":"many"');
  const third = openDataFolder(folder);
  expect(third.ports).toEqual({});
  third.release();
});

test('where the parts answer is told while the instance runs, to its own user only', () => {
  const held = openDataFolder(folder);
  held.publish(running);
  expect(findRunning(folder)).toEqual(running);
  expect(statSync(join(folder, 'runtime.json')).mode & 0o777).toBe(0o600);
  held.release();
  expect(findRunning(folder)).toBeNull();
});

test('a data folder that cannot be made is named', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => openDataFolder(join(folder, 'file', 'data'))).toThrow(
    expect.objectContaining({ code: 'run.data-unwritable' }),
  );
});
