import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { acceptInvitation, readInvitation } from '../../../../src/house/invitation.command.ts';
import type { Arrival } from '../../../../src/house/session.command.ts';
import { findStaff } from '../../../../src/house/staff.db.ts';
import { summarise } from '../../../../src/app/run/summary.ts';
import {
  ensureFirstAdministrator,
  ensureFirstLink,
  forgetFirstLink,
  noteFirstDays,
} from '../../../../src/house/sign-in/first-administrator.ts';
import { createSignIn } from '../../../../src/house/sign-in/sign-in.ts';
import { testDatabase } from '../../../kit/database.ts';
import { codeOf as refusalOf } from '../../../kit/look.ts';
import { browser, password } from './kit.ts';
import { keyOfFolder } from '../../../../src/house/installation-key.ts';
import { newKey } from '../../../kit/installation-key.ts';

const { pool } = await testDatabase();
const dataFolder = mkdtempSync(path.join(tmpdir(), 'waihu-first-'));
afterAll(() => rmSync(dataFolder, { recursive: true }));
const file = path.join(dataFolder, 'first-sign-in-link');
const publicUrl = 'http://127.0.0.1:8080';
const signIn = createSignIn({ pool, key: newKey(), baseUrl: publicUrl });
const arrival: Arrival = { pool, signIn, now: () => new Date(), onLinkUsed: () => forgetFirstLink(dataFolder) };
const start = () => ensureFirstLink({ pool, dataFolder, now: new Date() }, publicUrl);
const link = () => readFileSync(file, 'utf8').trim();
const summary = () =>
  summarise(
    { url: publicUrl, databaseUrl: '', temporalAddress: '', temporalNamespace: 'default' },
    { dataFolder, publicUrl, key: keyOfFolder(dataFolder) },
  );
const accept = (token: string) => acceptInvitation(arrival, { token, password }, browser().visitor());

test('without an administrator there is no link', async () => {
  expect(await start()).toBeNull();
  expect(existsSync(file)).toBe(false);
  expect(summary()).not.toContain('/welcome/');
});

test('a new installation shows a link that lets one administrator in, once', async () => {
  await ensureFirstAdministrator({ pool, signIn, dataFolder, now: new Date() });
  expect(await start()).toBe(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const first = link();
  expect(first).toMatch(/^http:\/\/127\.0\.0\.1:8080\/welcome\/[\w-]{43}$/);
  expect(summary()).toContain(first);

  await Promise.all([start(), start()]);
  const last = link();
  expect(await refusalOf(accept(first.split('/').at(-1) ?? ''))).toBe('invitation.over');
  const token = last.split('/').at(-1) ?? '';
  const said = { name: '罗建华', email: 'luo@example.test', company: '云汀金融' };
  expect((await readInvitation(arrival, token)).first).toBe(true);
  const entry = await acceptInvitation(arrival, { token, password, first: said }, browser().visitor());
  const person = entry.kind === 'in' ? await findStaff(pool, entry.staffId) : null;
  expect(person).toMatchObject({
    roles: ['administrator'],
    name: '罗建华',
    email: 'luo@example.test',
    unit: '云汀金融',
  });
  expect(existsSync(file)).toBe(false);
  expect(summary()).not.toContain('/welcome/');
  expect(await refusalOf(accept(last.split('/').at(-1) ?? ''))).toBe('invitation.over');
});

test('the first days are printed until they are over', async () => {
  await noteFirstDays({ pool, dataFolder, now: new Date() });
  expect(summary()).toMatch(/First days\s+until \d{4}-\d\d-\d\d/);
  await noteFirstDays({ pool, dataFolder, now: new Date(Date.now() + 8 * 86_400_000) });
  expect(summary()).not.toContain('First days');
});

test('where somebody can sign in, a start makes no link and removes one that was left', async () => {
  const { writeFileSync } = await import('node:fs');
  writeFileSync(file, 'left behind');
  expect(await start()).toBeNull();
  expect(existsSync(file)).toBe(false);
});
