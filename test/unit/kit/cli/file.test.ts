import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { summarise } from '../../../../src/app/run/summary.ts';
import { keyOfFolder } from '../../../../src/house/installation-key.ts';
import { cli, stubServer } from './kit.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'waihu-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(path.join(folder, 'empty'), '');
const server = await stubServer(() => ({ status: 200, body: {} }));

const commands = [
  ['import'],
  ['import', '--kind', 'audience'],
  ['calendar', 'import'],
  ['verify'],
  [
    'template',
    'create',
    '--name',
    'x',
    '--kind',
    'notice',
    '--sign',
    'x',
    '--text',
    'x',
    '--gateway',
    'x',
    '--code',
    'x',
    '--file',
  ],
  ['gateway', 'create', 'x', '--settings'],
  ['gateway', 'change', 'x', '--settings'],
  ['campaign', 'create', '--file'],
];
const files = [
  ['a folder', folder, /is a folder/],
  ['a file that is not there', path.join(folder, 'gone'), /does not exist/],
  ['an empty file', path.join(folder, 'empty'), /is empty/],
  ['a device', '/dev/zero', /is a device/],
  ['something below a file', path.join(folder, 'empty', 'x'), /lies below/],
  ['a name without end', 'x'.repeat(5_000), /too long a name/],
] as const;

test.each(
  commands.flatMap((command) =>
    files.map(([what, file, why]) => [command.join(' '), what, command, file, why] as const),
  ),
)('waihu %s with %s says so: exit code 2, and nothing is asked of the server', async (_, __, command, file, why) => {
  const { exit, stderr } = await cli([...command, file], server.env);
  expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringMatching(why) });
  expect(stderr).not.toContain('unreachable');
});

const run = promisify(execFile);
const waihu = path.resolve('bin/waihu.mjs');
test.each(['--help', 'campaign --help', 'campaing', 'campaign create --help'])(
  'waihu %s whose reader goes away ends without a word',
  async (line) => {
    // The reader closes before anything is written; both streams go there.
    const script = `(exec 3>&1; { "${process.execPath}" "${waihu}" ${line} 2>&1; echo "exit $?" >&3; } | (exec <&-; sleep 2))`;
    const { stdout, stderr } = await run('bash', ['-c', script]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^exit (141|2|0)\n$/);
  },
);

test('the start proposes the demonstration only where the sandbox plays it, and says who gets messages', () => {
  const running = {
    url: 'http://127.0.0.1:8080',
    temporalAddress: '127.0.0.1:7233',
  } as Parameters<typeof summarise>[0];
  const config = { dataFolder: folder, publicUrl: undefined, key: keyOfFolder(folder) };
  const off = summarise(running, config);
  expect(off).not.toContain('demo');
  expect(off).toContain('to real people');
  const on = summarise({ ...running, sandboxUrl: 'http://127.0.0.1:9', sandboxScenario: 'default' }, config);
  expect(on).toContain('npx waihu demo');
  expect(on).toContain('nothing leaves this machine');
});

test('up --demo without the sandbox is refused before anything starts', async () => {
  const { exit, stderr } = await cli(['up', '--demo'], { WAIHU_SANDBOX: 'off', WAIHU_DATA: folder });
  expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining('demo.no-sandbox') });
});
