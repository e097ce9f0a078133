import { expect, test } from 'vitest';
import { installationKey, readKeyText, type KeyUse } from '../../../src/kernel/installation-key.rule.ts';

const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index));

// By openssl: kdf -keylen 32 -kdfopt digest:SHA2-256 -kdfopt hexkey:0001…1f -kdfopt info:"waihu/1 seal" HKDF. What was sealed opens
// for as long as these stand.
test.each<[KeyUse, string]>([
  ['seal', '6a0a1a17ae97a513851babea141451a33591703f230a527e776ad37436ede122'],
  ['sign-in', '0b8f2b1f61f31f57c810a25649132b3f694c5adf0832860a512e2407a26a74e6'],
  ['sealed-text', 'ed1152c4048616e56a9aea3d7cdbe2266afa1267892eec061c0eb9839e429f15'],
  ['record-hash', '075373c250f753d606ae760a582776238ee7b098f6959115889cd2a116211f9d'],
  ['notice-channel', 'c609de11df8a76920cf71c392d71b7049eaedda1061af76834cb74cf780b7adf'],
])('the subkey for %s is the same for ever', (use, hex) => {
  expect(installationKey(bytes).subkey(use).toString('hex')).toBe(hex);
});

test.each([
  ['hex', bytes.toString('hex')],
  ['hex in capitals, with the end of a line', `${bytes.toString('hex').toUpperCase()}\n`],
  ['base64', bytes.toString('base64')],
  ['base64url', bytes.toString('base64url')],
])('a key is read as %s', (_, text) => {
  expect(readKeyText(text)?.equals(bytes)).toBe(true);
});

test.each([
  ['nothing', ''],
  ['a password', 'correct horse battery'],
  ['31 bytes', bytes.subarray(1).toString('hex')],
  ['33 bytes', Buffer.concat([bytes, bytes.subarray(0, 1)]).toString('base64')],
  ['a PEM', '-----BEGIN PRIVATE KEY-----'],
])('%s is no key', (_, text) => {
  expect(readKeyText(text)).toBeNull();
});
