import { expect, test } from 'vitest';
import { readConfig } from '../../../../src/app/config.ts';
import { AppError } from '../../../../src/kernel/app-error.rule.ts';

const faultsOf = (env: Record<string, string>): string[] => {
  try {
    readConfig(env, '/srv');
  } catch (error) {
    if (error instanceof AppError) return error.details?.['faults'] as string[];
    throw error;
  }
  return [];
};

test('without any variable everything is embedded and on this machine', () => {
  expect(readConfig({ HOME: '/home/li' }, '/srv')).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    dataFolder: '/srv/.waihu',
    ports: { postgres: 0, temporal: 0, temporalUi: 0, sandbox: 0 },
    sandbox: { enabled: true, url: undefined },
    databaseUrl: undefined,
    temporal: { address: undefined, namespace: 'default', tls: undefined, apiKey: undefined },
    temporalCache: '/home/li/.cache/waihu',
  });
});

test.each([
  ['WAIHU_PORT', 'eighty'],
  ['WAIHU_PORT', '65536'],
  ['WAIHU_PORT', '-1'],
  ['WAIHU_PORT', '80.5'],
  ['WAIHU_POSTGRES_PORT', '1e9'],
  ['WAIHU_SANDBOX', 'yes'],
  ['WAIHU_LOG_LEVEL', 'loud'],
  ['WAIHU_PUBLIC_URL', 'outbound.example.com'],
  ['WAIHU_PUBLIC_URL', 'ftp://outbound.example.com'],
  ['WAIHU_GATEWAY_ENDPOINTS', 'https://gate.example.com'],
  ['WAIHU_GATEWAY_ENDPOINTS', '*'],
  ['DATABASE_URL', 'mysql://u:hunter2@db/waihu'],
  ['DATABASE_URL', 'db.example.com'],
  ['TEMPORAL_ADDRESS', 'http://temporal:7233'],
  ['TEMPORAL_ADDRESS', 'temporal'],
  ['WAIHU_PROT', '8080'],
])('%s=%s is refused by name, without repeating the value', (name, value) => {
  const faults = faultsOf({ [name]: value });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(new RegExp(`^${name}: `));
  expect(faults[0]).not.toContain('hunter2');
});

test('all faults are told at once', () => {
  const names = faultsOf({ WAIHU_PORT: 'x', DATABASE_URL: 'x', WAIHU_SANDBOX: 'x', WAIHU_TYPO: 'x' }).map(
    (fault) => fault.split(':')[0],
  );
  expect(new Set(names)).toEqual(new Set(['DATABASE_URL', 'WAIHU_PORT', 'WAIHU_SANDBOX', 'WAIHU_TYPO']));
});

test.each([
  [{ TEMPORAL_TLS_CERT: 'c.pem' }, 'TEMPORAL_TLS_KEY'],
  [{ TEMPORAL_TLS_KEY: 'k.pem' }, 'TEMPORAL_TLS_CERT'],
])('half a TLS pair (%o) names the missing half', (env, missing) => {
  expect(faultsOf(env)).toEqual([expect.stringMatching(new RegExp(`^${missing}: `))]);
});

test.each([
  [{ WAIHU_OIDC_ISSUER: 'https://id.example.com' }, ['WAIHU_OIDC_CLIENT_ID']],
  [{ WAIHU_OIDC_CLIENT_ID: 'waihu' }, ['WAIHU_OIDC_CLIENT_SECRET']],
  [{ WAIHU_OIDC_CLIENT_ID: 'waihu', WAIHU_OIDC_CLIENT_SECRET: 'hunter2' }, ['WAIHU_OIDC_ISSUER']],
])('a part of an identity server (%o) names what is missing', (env, missing) => {
  const faults = faultsOf(env);
  expect(faults.map((fault) => fault.split(':')[0])).toEqual(missing);
  expect(faults.join()).not.toContain('hunter2');
});

test('an identity server is used only when all of it is set', () => {
  const whole = {
    WAIHU_OIDC_ISSUER: 'https://id.example.com',
    WAIHU_OIDC_CLIENT_ID: 'waihu',
    WAIHU_OIDC_CLIENT_SECRET: 'hunter2',
  };
  expect(readConfig(whole, '/srv').oidc).toEqual({
    issuer: 'https://id.example.com',
    clientId: 'waihu',
    clientSecret: 'hunter2',
  });
  expect(readConfig({}, '/srv').oidc).toBeUndefined();
});

test.each([
  [{}, true],
  [{ DATABASE_URL: 'postgres://u:p@db/waihu' }, false],
  [{ DATABASE_URL: 'postgres://u:p@db/waihu', WAIHU_SANDBOX: 'on' }, true],
  [{ WAIHU_SANDBOX: 'off' }, false],
])('with %o the sandbox plays: %s', (env, enabled) => {
  expect(readConfig(env, '/srv').sandbox.enabled).toBe(enabled);
});

test('an empty variable counts as not set', () => {
  const config = readConfig({ WAIHU_PORT: '', DATABASE_URL: '', WAIHU_SANDBOX: '' }, '/srv');
  expect(config).toMatchObject({ port: 8080, databaseUrl: undefined, sandbox: { enabled: true } });
});

test('relative files and folders are taken from the working folder', () => {
  const config = readConfig(
    { WAIHU_DATA: 'data/b', WAIHU_SANDBOX_SCENARIO: 'my.json', TEMPORAL_TLS_CERT: 'c.pem', TEMPORAL_TLS_KEY: '/k.pem' },
    '/srv',
  );
  expect(config.dataFolder).toBe('/srv/data/b');
  expect(config.sandbox.scenario).toBe('/srv/my.json');
  expect(config.temporal.tls).toEqual({ certFile: '/srv/c.pem', keyFile: '/k.pem' });
});

test('the public address loses its trailing slash', () => {
  expect(readConfig({ WAIHU_PUBLIC_URL: 'https://o.example.com/' }, '/srv').publicUrl).toBe('https://o.example.com');
});

test('messages may go to Alibaba’s own hosts, or to those of the environment, and to the sandbox that npm start names', () => {
  expect(readConfig({}, '/srv').gatewayEndpoints).toContain('dysmsapi.aliyuncs.com');
  const given = { WAIHU_GATEWAY_ENDPOINTS: 'gate.example.com', WAIHU_SANDBOX_URL: 'http://127.0.0.1:9123' };
  expect(readConfig(given, '/srv').gatewayEndpoints).toEqual(['gate.example.com', '127.0.0.1:*']);
  const elsewhere = readConfig({ WAIHU_SANDBOX_URL: 'https://sandbox.corp.example:9123' }, '/srv').gatewayEndpoints;
  expect(elsewhere).toContain('sandbox.corp.example:9123');
  expect(elsewhere).not.toContain('sandbox.corp.example:*');
});
