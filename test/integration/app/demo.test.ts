import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { phoneNumber } from '../../kit/phone-number.ts';

/** The contract for scripts (README): one JSON line at the end, and an exit code that means it. */
test(
  '`waihu up --demo --exit` brings everything up, plays a signed campaign, proves it and leaves nothing running',
  { timeout: 240_000 },
  async () => {
    // The global setup has provided the Temporal server's program by now, so this start does not build it.
    expect(inject('temporalAddress')).toBeTruthy();
    const folder = await mkdtemp(path.join(tmpdir(), 'waihu-demo-'));
    try {
      const { code, stdout, stderr } = await run(
        ['up', '--demo', '--exit', '--people', '300', '--seed', '11', '--json'],
        {
          ...process.env,
          WAIHU_DATA: folder,
          WAIHU_PORT: '0',
        },
      );
      expect(code, `${stdout}\n${stderr}`).toBe(0);
      const last =
        stdout
          .trim()
          .split('\n')
          .findLast((line) => line.startsWith('{')) ?? '';
      const result = JSON.parse(last) as { campaign: string; states: Record<string, number>; archive: string };
      expect(result).toMatchObject({
        audience: 300,
        balanced: true,
        witness: { twice: 0, unsigned: 0, suppressed: 0, lost: 0 },
      });
      expect(Object.values(result.states).reduce((sum, count) => sum + count, 0)).toBe(300);

      // By its bytes alone it holds, and anybody could have made it; with the key that was printed at the start it is ours.
      expect((await run(['verify', result.archive], process.env)).code).toBe(5);
      const printed = /Seal fingerprint\s+([0-9a-f]{64})/.exec(stdout)?.[1] ?? '';
      expect((await run(['verify', result.archive, '--fingerprint', printed], process.env)).code).toBe(0);
      expect((await run(['verify', result.archive, '--fingerprint', 'ab'.repeat(32)], process.env)).code).toBe(1);
      const archive = await readFile(result.archive, 'utf8');
      expect(archive).not.toMatch(phoneNumber);
      for (const part of ['api', 'worker', 'sender-1']) {
        // A phone number in any log would stand there as eleven digits.
        expect(await readFile(path.join(folder, 'logs', `${part}.log`), 'utf8')).not.toMatch(phoneNumber);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['bin/waihu.mjs', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
