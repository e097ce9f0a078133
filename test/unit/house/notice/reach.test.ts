import { expect, test } from 'vitest';
import { reachOf } from '../../../../src/house/notice/host.ts';

test.each([
  ['http://localhost:8080', 'this-machine'],
  ['http://LOCALHOST', 'this-machine'],
  ['http://console.localhost', 'this-machine'],
  ['http://127.0.0.1:8080', 'this-machine'],
  ['http://127.9.8.7', 'this-machine'],
  // What a browser and a URL read as 127.0.0.1.
  ['http://2130706433', 'this-machine'],
  ['http://0.0.0.0:8080', 'this-machine'],
  ['http://[::1]:8080', 'this-machine'],
  ['http://[::]:8080', 'this-machine'],
  ['http://[::ffff:127.0.0.1]', 'this-machine'],
  ['http://10.0.0.7', 'inside'],
  ['https://172.16.0.1', 'inside'],
  ['https://172.31.255.1', 'inside'],
  ['https://172.32.0.1', 'public'],
  ['https://192.168.1.20:8443', 'inside'],
  ['https://169.254.1.1', 'inside'],
  ['https://100.64.3.2', 'inside'],
  ['https://[fd12:3456::1]', 'inside'],
  ['https://[fe80::1]', 'inside'],
  ['https://[2408:4000::1]', 'public'],
  ['https://47.96.1.2', 'public'],
  ['https://waihu', 'inside'],
  ['https://waihu.local', 'inside'],
  ['https://waihu.lan', 'inside'],
  ['https://waihu.corp.', 'inside'],
  ['https://sms.intranet', 'inside'],
  ['https://waihu.example.com', 'public'],
  ['https://外呼.公司.cn', 'public'],
  ['https://local.example.com', 'public'],
])('%s is reached from: %s', (address, expected) => {
  expect(reachOf(address)).toBe(expected);
});
