import { describe, expect, test } from 'vitest';
import { signDingtalk } from '../../../../src/house/notice/channel/dingtalk.ts';
import { signFeishu } from '../../../../src/house/notice/channel/feishu.ts';
import { signWebhook } from '../../../../src/house/notice/channel/webhook.ts';
import { cutToBytes } from '../../../../src/house/notice/channel/wecom.ts';
import { addressFault, isPublicAddress } from '../../../../src/house/notice/host.ts';
import { newKey } from '../../../kit/installation-key.ts';
import { createSeal } from '../../../../src/house/notice/sealed.ts';
import { neutral } from '../../../../src/house/notice/words.ts';

test('signatures are those of the providers', () => {
  expect(signDingtalk('1577262236757', 'this is secret')).toBe('hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D');
  expect(signFeishu('1764230400', 'waihuFeishuDemo')).toBe('pIRb9n56HPOx3Gib2KHWkopCWcOxFApsuomqJiMzkWI=');
  expect(
    signWebhook(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1_614_265_330,
      '{"test": 2432232314}',
    ),
  ).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test('a text is cut by bytes, never inside a character', () => {
  expect(cutToBytes('短信', 6)).toBe('短信');
  expect(cutToBytes('短信网关', 9)).toBe('短信…');
  expect(Buffer.byteLength(cutToBytes('💬'.repeat(1_000), 2_000))).toBeLessThanOrEqual(2_000);
});

describe('where notices may go', () => {
  const allowed = new Set(['127.0.0.1:9000', 'oa.corp.example:443']);
  test.each([
    ['wecom', 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx', null],
    ['wecom', 'http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx', 'channel.url-host'],
    ['wecom', 'https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=693a91f6', 'channel.url-host'],
    ['wecom', 'https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key=693a91f6', 'channel.url'],
    ['wecom', 'https://qyapi.weixin.qq.com/cgi-bin/gettoken?key=693a91f6', 'channel.url'],
    ['wecom', 'http://127.0.0.1:9000/cgi-bin/webhook/send?key=sandbox-robot', null],
    ['wecom', 'http://127.0.0.1:9001/cgi-bin/webhook/send?key=sandbox-robot', 'channel.url-host'],
    ['dingtalk', 'https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef', null],
    ['dingtalk', 'https://oapi.dingtalk.com/robot/send?access_token=0123&sign=x', 'channel.url'],
    ['feishu', 'https://open.feishu.cn/open-apis/bot/v2/hook/8f8e3d6a', null],
    ['webhook', 'https://hooks.example.com/waihu', null],
    ['webhook', 'http://hooks.example.com/waihu', 'channel.url-https'],
    ['webhook', 'https://oa.corp.example/in', null],
    ['webhook', 'http://127.0.0.1:9000/house/hooks/house', null],
    ['webhook', 'http://127.0.0.1:8080/api/v1/staff', 'channel.url-host'],
    ['webhook', 'https://[::1]/in', 'channel.url-host'],
    ['webhook', 'https://10.0.0.8/in', 'channel.url-host'],
    // What Node reads as 127.0.0.1.
    ['webhook', 'https://2130706433/in', 'channel.url-host'],
    ['webhook', 'https://0x7f.1/in', 'channel.url-host'],
    ['webhook', 'https://169.254.169.254/latest/meta-data', 'channel.url-host'],
    ['webhook', 'file:///etc/passwd', 'channel.url-https'],
    ['webhook', 'no address', 'channel.url'],
  ] as const)('%s %s: %s', (kind, url, fault) => expect(addressFault(kind, url, allowed)).toBe(fault));

  test.each([
    ['8.8.8.8', true],
    ['2400:3200::1', true],
    ['127.0.0.1', false],
    ['10.1.2.3', false],
    ['172.31.0.1', false],
    ['192.168.1.1', false],
    ['100.100.100.200', false],
    ['169.254.169.254', false],
    ['0.0.0.0', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::1', false],
    ['::', false],
    ['fe80::1', false],
    ['fd00::1', false],
    ['::ffff:10.0.0.1', false],
    ['::ffff:7f00:1', false],
    ['0:0:0:0:0:ffff:7f00:1', false],
    ['64:ff9b::7f00:1', false],
    ['localhost', false],
  ])('%s is public: %s', (address, is) => expect(isPublicAddress(address)).toBe(is));
});

describe('secrets at rest', () => {
  const secret = { url: 'https://oapi.dingtalk.com/robot/send?access_token=topsecret', secret: 'SEC000' };
  test('open for this installation and this row, and hold nothing in clear', () => {
    const seal = createSeal(newKey());
    const sealed = seal.seal(secret, 'channel-1');
    expect(seal.open(sealed, 'channel-1')).toEqual(secret);
    for (const word of ['topsecret', 'SEC000', 'dingtalk']) expect(sealed.toString('latin1')).not.toContain(word);
    expect(seal.seal(secret, 'channel-1').equals(sealed)).toBe(false);
  });
  test('do not open elsewhere, moved or changed', () => {
    const seal = createSeal(newKey());
    const sealed = seal.seal(secret, 'channel-1');
    const changed = Buffer.from(sealed);
    changed[40] = (changed[40] ?? 0) ^ 1;
    for (const attempt of [
      () => createSeal(newKey()).open(sealed, 'channel-1'),
      () => seal.open(sealed, 'channel-2'),
      () => seal.open(changed, 'channel-1'),
    ])
      expect(attempt).toThrow(expect.objectContaining({ code: 'channel.sealed-elsewhere' }));
  });
});

test('nothing from elsewhere means anything in a chat or a mail', () => {
  expect(neutral('@all <at user_id="all"></at> [点我](http://evil.example) `x`\r\nBcc: a@b')).not.toMatch(
    /[@<>[\]()`\r\n]/,
  );
  expect(neutral('WH-20261127-0001')).toBe('WH-20261127-0001');
});
