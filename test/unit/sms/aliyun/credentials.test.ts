import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createAliyunGateway } from '../../../../src/sms/aliyun/aliyun.ts';
import { createGateway, gatewayCodes, pushParser } from '../../../../src/sms/index.ts';
import type { SmsAccountSettings, SmsProvider } from '../../../../src/sms/index.ts';
import { json, startCannedServer } from './canned-server.ts';
import type { CannedServer } from './canned-server.ts';
import { phoneAt, recipient, requestOf, shown } from '../gateway-contract.ts';

let server: CannedServer;
let home: string;
beforeAll(async () => {
  server = await startCannedServer();
  home = mkdtempSync(join(tmpdir(), 'waihu-credentials-'));
});
beforeEach(() => {
  server.answer(json({ Code: 'OK', BizId: '1^2' }));
  // A chain that finds nothing, without asking the metadata service of a cloud machine.
  vi.stubEnv('HOME', home);
  vi.stubEnv('ALIBABA_CLOUD_ECS_METADATA_DISABLED', 'true');
  for (const name of [
    'ACCESS_KEY_ID',
    'ACCESS_KEY_SECRET',
    'SECURITY_TOKEN',
    'CREDENTIALS_URI',
    'CREDENTIALS_FILE',
    'ROLE_ARN',
  ]) {
    vi.stubEnv(`ALIBABA_CLOUD_${name}`, undefined);
  }
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true });
});

const chained = () => createAliyunGateway({ endpoint: server.endpoint, protocol: 'http', timeoutMs: 1_000 });
const giveKeys = () => {
  vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_ID', 'env-id');
  vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'env-hush');
};

test('without credentials nothing is sent and the account stops', async () => {
  const outcome = await chained().submit(requestOf());
  expect(outcome).toMatchObject({ kind: 'refused', class: 'account', code: 'client.no-credentials' });
  expect(shown(outcome)).not.toContain(home);
  expect(server.seen).toHaveLength(0);
});

test('without credentials a find cannot tell and a template is unavailable', async () => {
  const gateway = chained();
  const query = { outId: 'o', phone: '+8613800138000', day: '20261130' };
  expect(await gateway.find(query)).toEqual({ kind: 'cannot-tell', code: 'client.no-credentials' });
  await expect(gateway.findTemplate('SMS_1')).rejects.toMatchObject({ details: { code: 'client.no-credentials' } });
});

test('credentials that appear later are found by the same gateway', async () => {
  const gateway = chained();
  expect(await gateway.submit(requestOf())).toMatchObject({ kind: 'refused' });
  giveKeys();
  expect(await gateway.submit(requestOf())).toMatchObject({ kind: 'accepted' });
  expect(server.seen[0]?.headers['authorization']).toContain('Credential=env-id,');
});

test('a hundred first calls at once all get the credentials of a file far down the chain', async () => {
  const file = join(home, 'credentials.ini');
  writeFileSync(file, '[default]\ntype = access_key\naccess_key_id = file-id\naccess_key_secret = file-hush\n');
  vi.stubEnv('ALIBABA_CLOUD_CREDENTIALS_FILE', file);
  const gateway = chained();
  const calls = Array.from({ length: 100 }, (_, i) => gateway.submit(requestOf(recipient(phoneAt(i)))));
  expect((await Promise.all(calls)).filter(({ kind }) => kind !== 'accepted')).toEqual([]);
  expect(server.seen[99]?.headers['authorization']).toContain('Credential=file-id,');
});

test('a temporary token travels with the call', async () => {
  giveKeys();
  vi.stubEnv('ALIBABA_CLOUD_SECURITY_TOKEN', 'token-1');
  await chained().submit(requestOf());
  expect(server.seen[0]?.headers).toMatchObject({ 'x-acs-security-token': 'token-1', 'x-acs-accesskey-id': 'env-id' });
});

const good: SmsAccountSettings = { provider: 'aliyun', endpoint: '127.0.0.1:1', protocol: 'http' };
test.each([
  ['sms-account.endpoint', { endpoint: 'https://dysmsapi.aliyuncs.com' }],
  ['sms-account.endpoint', { endpoint: 'host/path' }],
  ['sms-account.endpoint', { endpoint: '' }],
  ['sms-account.protocol', { protocol: 'ws' as 'http' }],
  ['sms-account.credentials', { credentials: { accessKeyId: 'id', accessKeySecret: '' } }],
  ['sms-account.credentials', { credentials: { accessKeyId: '', accessKeySecret: 'hush-4Tz' } }],
  ['sms-account.timeout', { timeoutMs: 999 }],
  ['sms-account.timeout', { timeoutMs: Number.NaN }],
  ['sms-account.provider', { provider: 'pigeon' as SmsProvider }],
])('%s: settings with %j are refused by name, without showing a secret', (code, wrong) => {
  let thrown: unknown;
  try {
    createGateway({ ...good, ...wrong });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ kind: 'invalid', code });
  expect(shown(thrown)).not.toContain('hush-4Tz');
});

test('settings that can work make a gateway with the limits of Alibaba', () => {
  expect(createGateway(good).limits).toEqual({ sameText: 1_000, perPerson: 100 });
});

test('an unknown provider has neither parser nor codes', () => {
  const pigeon = 'pigeon' as SmsProvider;
  expect(() => pushParser(pigeon)).toThrow(expect.objectContaining({ code: 'sms-account.provider' }));
  expect(() => gatewayCodes(pigeon)).toThrow(expect.objectContaining({ code: 'sms-account.provider' }));
  expect(gatewayCodes('aliyun').explain('isv.CUSTOMER_REFUSED').fault).toBe('opted-out');
});
