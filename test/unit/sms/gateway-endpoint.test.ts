import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aliyunEndpoints, endpointFault, readEndpoint, readEndpoints } from '../../../src/sms/gateway-endpoint.rule.ts';
import { gatewayOfAccount } from '../../../src/sms/gateway-of-account.ts';
import { GatewaySettings, type GatewayAccount } from '../../../src/sms/gateway-account.db.ts';

const unreadable = 'gateway.endpoint-unreadable';
const plain = 'gateway.endpoint-plain';
const elsewhere = 'gateway.endpoint-not-allowed';

describe('where messages may go', () => {
  test.each<[string, 'http' | 'https', string | null]>([
    ['dysmsapi.aliyuncs.com', 'https', null],
    ['DYSMSAPI.aliyuncs.com', 'https', null],
    ['dysmsapi.aliyuncs.com:443', 'https', null],
    ['dysmsapi.aliyuncs.com:8443', 'https', elsewhere],
    ['dysmsapi.aliyuncs.com', 'http', plain],
    ['dysmsapi.aliyuncs.com.example.com', 'https', elsewhere],
    ['example.com', 'https', elsewhere],
    ['dysmsapi.oss-cn-hangzhou.aliyuncs.com', 'https', elsewhere],
    ['127.0.0.1', 'https', elsewhere],
    ['127.0.0.1:9000', 'http', elsewhere],
    ['127.example.com:80', 'http', plain],
    ['10.0.0.1', 'http', plain],
    ['', 'https', unreadable],
    ['https://dysmsapi.aliyuncs.com', 'https', unreadable],
    ['dysmsapi.aliyuncs.com/', 'https', unreadable],
    ['dysmsapi.aliyuncs.com\n', 'https', unreadable],
    ['dysmsapi.aliyuncs.com\r\nHost: example.com', 'https', unreadable],
    ['user@dysmsapi.aliyuncs.com', 'https', unreadable],
    ['dysmsapi..aliyuncs.com', 'https', unreadable],
    ['-a.example.com', 'https', unreadable],
    ['ｄysmsapi.aliyuncs.com', 'https', unreadable],
    ['dysmsapi.aliyuncs.com:0', 'https', unreadable],
    ['dysmsapi.aliyuncs.com:65536', 'https', unreadable],
    [`${'a.'.repeat(150_000)}com`, 'https', unreadable],
  ])('%j over %s: %s', (endpoint, protocol, fault) => {
    expect(endpointFault({ endpoint, protocol }, aliyunEndpoints)).toBe(fault);
  });

  test.each<[string, 'http' | 'https', string | null]>([
    ['127.0.0.1:9000', 'http', null],
    ['127.0.0.1:9001', 'http', null],
    ['localhost:9001', 'http', elsewhere],
    ['gate.example.com:8443', 'https', null],
    ['gate.example.com', 'https', elsewhere],
    ['dysmsapi.aliyuncs.com', 'https', elsewhere],
  ])('of a house’s own list, %s over %s: %s', (endpoint, protocol, fault) => {
    const allowed = readEndpoints('127.0.0.1:*, gate.example.com:8443') ?? [];
    expect(endpointFault({ endpoint, protocol }, allowed)).toBe(fault);
  });

  test('nothing that is read holds more than a host and a port', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const read = readEndpoint(text);
        expect(read === null || /^[a-z0-9.-]+(:\d+)?$/.test(read)).toBe(true);
      }),
    );
  });

  test.each(['', ' , ', 'https://a.example', 'a.example:80:*', '*', '*.aliyuncs.com', 'a.example b/c'])(
    '%j is no list of hosts',
    (text) => expect(readEndpoints(text)).toBeNull(),
  );
});

const account = (settings: Partial<GatewaySettings>) =>
  ({
    id: 'a',
    provider: 'aliyun',
    settings: { ...GatewaySettings.parse({}), ...settings },
  }) as GatewayAccount;

describe('the door to providers', () => {
  test('opens for Alibaba’s own host', () => {
    expect(gatewayOfAccount()(account({}))).toHaveProperty('submit');
  });

  test.each([
    [{ endpoint: 'thief.example' }, elsewhere],
    [{ endpoint: '127.0.0.1:1', protocol: 'http' as const }, elsewhere],
    [{ protocol: 'http' as const }, plain],
    [{ endpoint: 'a\r\nb' }, unreadable],
  ])('stays shut for %j, also when a driver was made before', (settings, code) => {
    const open = gatewayOfAccount();
    open(account({}));
    expect(() => open(account(settings))).toThrow(expect.objectContaining({ code, kind: 'invalid' }));
  });
});
