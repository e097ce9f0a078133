import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { freePort } from '../../../src/app/run/ports.ts';
import { openAuditSeals } from '../../../src/house/audit/seals.ts';
import { openInstallationKey, replaceInstallationKey } from '../../../src/house/installation-key.command.ts';
import { keyOfFolder } from '../../../src/house/installation-key.ts';
import { testDatabase } from '../../kit/database.ts';

const root = mkdtempSync(path.join(tmpdir(), 'waihu-keys-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});
let folders = 0;
const newFolder = (): string => path.join(root, String((folders += 1)));
const { pool, url: databaseUrl } = await testDatabase();

/** A part of Waihu as on a machine of its own. `ended` has its exit code and what it said; `until` waits for its address. */
async function machine(part: 'api' | 'worker', given: Record<string, string>) {
  const port = await freePort();
  const folder = newFolder();
  const child = spawn(process.execPath, [`src/app/${part}.ts`], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TZ: 'UTC',
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      WAIHU_TASK_QUEUE: `keys-${path.basename(root)}`,
      WAIHU_DATA: folder,
      WAIHU_PORT: String(port),
      WAIHU_LOG_LEVEL: 'warn',
      ...given,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Buffer) => (said += piece.toString()));
  const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
    child.once('exit', (code) => resolve({ code, said })),
  );
  const ready = new Promise<void>((resolve) => child.once('message', () => resolve()));
  const listens = async (): Promise<void> => {
    const early = await Promise.race([ready, ended]);
    if (early) throw new Error(`The ${part} ended: ${early.said}`);
  };
  // By name, as people come: the console leads those who come by the number of the address to its public one.
  return { url: `http://localhost:${port}`, folder, ended, listens };
}
const post = (at: string, place: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${at}/api/v1${place}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: at, ...headers },
    body: JSON.stringify(body),
  });
const nobody = async () => false;
const rows = async () =>
  (await pool.query<{ n: number }>('select count(*)::int as n from audit')).rows.map(({ n }) => n)[0];
const fingerprints = async () =>
  (await pool.query<{ fingerprint: string }>('select fingerprint from installation_key')).rows;

test(
  'two APIs of two machines with one key are one installation; one with another key, or none, does not start and changes nothing',
  { timeout: 120_000 },
  async () => {
    const WAIHU_KEY = randomBytes(32).toString('base64');
    const first = await machine('api', { WAIHU_KEY });
    await first.listens();
    const second = await machine('api', { WAIHU_KEY });
    await second.listens();
    expect(await fingerprints()).toHaveLength(1);
    for (const { folder } of [first, second]) expect(existsSync(path.join(folder, 'installation.key'))).toBe(false);

    // The link of the API that started last is the one that holds.
    const link = readFileSync(path.join(second.folder, 'first-sign-in-link'), 'utf8').trim();
    const token = link.split('/').at(-1);
    const entered = await post(first.url, '/session/welcome', { token, password: 'correct horse battery' });
    expect(entered.status).toBe(200);
    const cookie = entered.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const me = await fetch(`${second.url}/api/v1/me`, { headers: { cookie } });
    expect([me.status, await me.json()]).toMatchObject([200, { roles: ['administrator'] }]);

    // A fresh link is kept enciphered for who made it: what one has sealed the other opens.
    const invited = await post(
      first.url,
      '/staff/invitations',
      { name: '李雷', email: 'li@example.test', unit: '零售部', roles: ['applicant'] },
      { cookie },
    );
    const { link: made } = (await invited.json()) as { link: string };
    const page = await fetch(`${second.url}/people/links`, { headers: { cookie, accept: 'text/html' } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining(new URL(made).pathname)]);
    // What one has sealed in the record is the other's own.
    const [published, same] = await Promise.all(
      [first, second].map(async ({ url }) => (await fetch(`${url}/.well-known/waihu-keys`)).json()),
    );
    expect(same).toEqual(published);

    const before = await rows();
    const strangers = [
      await machine('api', { WAIHU_KEY: randomBytes(32).toString('hex') }),
      await machine('worker', { WAIHU_KEY: randomBytes(32).toString('hex') }),
    ];
    const unknowing = await machine('api', {});
    for (const { ended } of strangers) {
      const { code, said } = await ended;
      expect([code, said]).toEqual([78, expect.stringContaining('"code":"installation.key-differs"')]);
      expect(said).toContain('Copy installation.key');
    }
    const { code, said } = await unknowing.ended;
    expect([code, said]).toEqual([78, expect.stringContaining('"code":"installation.key-missing"')]);
    for (const { folder } of [...strangers, unknowing]) expect(existsSync(folder)).toBe(false);
    expect(await fingerprints()).toHaveLength(1);
    expect(await rows()).toBe(before);
  },
);

describe('a new installation', () => {
  test('takes the key of whoever comes first, however many come at once', async () => {
    const fresh = (await testDatabase()).pool;
    const places = Array.from({ length: 6 }, () => keyOfFolder(newFolder()));
    const came = await Promise.allSettled(places.map((place) => openInstallationKey(fresh, place)));
    expect(came.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const each of came)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'installation.key-missing' });
    expect(places.filter(({ file }) => existsSync(file))).toHaveLength(1);
    const onRecord = await fresh.query(`select details from audit where action = 'installation.key'`);
    expect(onRecord.rowCount).toBe(1);
  });

  test('makes no key in a file that somebody has named', async () => {
    const fresh = (await testDatabase()).pool;
    const place = { ...keyOfFolder(newFolder()), named: true };
    await expect(openInstallationKey(fresh, place)).rejects.toMatchObject({ code: 'installation.key-missing' });
    expect(existsSync(place.file)).toBe(false);
  });
});

test('a lost key is replaced on record, never while a worker lives; the old one is refused from then on and may come back', async () => {
  const fresh = (await testDatabase()).pool;
  const [old, next] = [keyOfFolder(newFolder()), keyOfFolder(newFolder())];
  const key = await openInstallationKey(fresh, old);
  await expect(replaceInstallationKey(fresh, next, async () => true)).rejects.toMatchObject({
    code: 'installation.at-work',
  });
  await expect(replaceInstallationKey(fresh, old, nobody)).rejects.toMatchObject({ code: 'installation.key-in-use' });
  expect(existsSync(next.file)).toBe(false);
  const { before } = await replaceInstallationKey(fresh, next, nobody);
  expect(before).toBe((await openAuditSeals(fresh, key, newFolder())).key.fingerprint);
  await openInstallationKey(fresh, next);
  await expect(openInstallationKey(fresh, old)).rejects.toMatchObject({ code: 'installation.key-differs' });
  await replaceInstallationKey(fresh, old, nobody);
  await openInstallationKey(fresh, old);
  const { rows: acts } = await fresh.query<{ action: string }>(
    `select action from audit where object_kind = 'installation' order by seq`,
  );
  expect(acts.map(({ action }) => action)).toEqual([
    'installation.key',
    'installation.key-replaced',
    'installation.key-replaced',
  ]);
});
