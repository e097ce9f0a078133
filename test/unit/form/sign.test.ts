import { createPublicKey, createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { signingMessage, verifyEd25519 } from '../../../src/house/evidence.rule.ts';
import { canonicalJson, sha256Hex } from '../../../src/kernel/digest.rule.ts';
import type { Form } from '../../../src/form/form.rule.ts';
import { cli, stubServer } from '../kit/cli/kit.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'waihu-cli-'));
const keyFile = path.join(folder, 'key.pem');
const made = await cli(['keygen', '--out', keyFile, '--json']);
const key = JSON.parse(made.stdout) as { publicKey: string; fingerprint: string };

const form: Form = {
  format: 'waihu.form/2',
  number: 'WH-20261122-0001',
  name: '春季活动',
  unit: '零售部',
  purpose: '新品告知',
  applicant: { id: 'a', name: '李雷' },
  kind: 'marketing',
  channel: 'sms',
  topic: null,
  text: {
    templateId: 't',
    templateName: 'spring',
    templateVersion: 3,
    source: '{{name}}，您好，拒收请回复R',
    variables: [{ name: 'name', type: 'name', maxLength: 10, label: '姓名' }],
    signName: '示例银行',
    gatewayTemplateCode: 'SMS_1',
  },
  gateway: {
    account: 'main',
    accountId: '019a0000-0000-7000-8000-000000000005',
    provider: 'aliyun',
    endpoint: 'dysmsapi.aliyuncs.com',
    protocol: 'https',
    credentials: 'default-chain',
    requests: 'single',
  },
  audience: { id: 'f', name: 'Gold', size: 1234, batchSize: 1000, merkleRoot: 'ab'.repeat(32) },
  window: {
    startsAt: '2026-11-24T01:00:00.000Z',
    endsAt: '2026-11-24T12:00:00.000Z',
    dailyFrom: '09:00',
    dailyTo: '18:00',
    days: 'every-day',
    timeZone: 'Asia/Shanghai',
  },
  ratePerSecond: 50,
  cost: { pricePerSegmentMilliYuan: 45, segments: 1234, estimateFen: 5553, ceilingFen: 10_000 },
  checks: [{ code: 'template.checked', passed: true, detail: { words: 0 } }],
  calendarVersion: 'cn-1',
  calendarDigest: 'cd'.repeat(32),
  signBy: '2026-11-23T12:00:00.000Z',
};
const honest = canonicalJson(form);
let answer = { canonical: honest, digest: sha256Hex(honest) };
let state = 'active';

const server = await stubServer(({ method, path: asked }) => {
  if (method === 'GET' && asked.includes('/forms/'))
    return {
      status: 200,
      body: {
        kind: 'campaign',
        number: form.number,
        state: 'awaiting-liaison',
        ...answer,
        expiresAt: form.signBy,
        signatures: [],
      },
    };
  if (asked.endsWith('/me')) return { status: 200, body: { id: 's-1' } };
  if (method === 'GET')
    return { status: 200, body: { items: [{ id: 'k-1', staffId: 's-1', fingerprint: key.fingerprint, state }] } };
  return { status: 200, body: { signatureId: 'sig-1' } };
});
const sign = (...more: string[]) =>
  cli(['sign', form.number, '--key', keyFile, '--role', 'liaison', ...more], server.env);
const posted = () => server.asked.filter(({ method }) => method === 'POST');
beforeEach(() => {
  server.asked.length = 0;
  answer = { canonical: honest, digest: sha256Hex(honest) };
  state = 'active';
});

test('a new key is a PKCS8 file for its owner alone, and is never overwritten', async () => {
  const pem = readFileSync(keyFile, 'utf8');
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  expect(createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' }).x).toBe(key.publicKey);
  expect(made.stdout + made.stderr).not.toContain('PRIVATE');
  expect((await cli(['keygen', '--out', keyFile])).exit).toBe(2);
  expect(readFileSync(keyFile, 'utf8')).toBe(pem);
});

test('what is posted is a signature over the digest of the text that was shown', async () => {
  const { exit, stderr } = await sign();
  expect(exit).toBe(0);
  const body = JSON.parse(posted()[0]?.body ?? '') as {
    role: string;
    digest: string;
    credentialId: string;
    evidence: { signature: string };
  };
  expect(body).toMatchObject({ role: 'liaison', digest: sha256Hex(honest), credentialId: 'k-1' });
  const holds = verifyEd25519(
    Buffer.from(key.publicKey, 'base64url'),
    signingMessage('liaison', body.digest),
    Buffer.from(body.evidence.signature, 'base64url'),
  );
  expect(holds).toBe(true);
  for (const shown of [
    '【示例银行】{{name}}，您好，拒收请回复R',
    '1234',
    '¥100.00',
    '2026-11-24 09:00:00',
    body.digest,
    form.audience.merkleRoot,
  ])
    expect(stderr).toContain(shown);
});

test.each([
  [
    'another text under the signed digest',
    () => ({ canonical: canonicalJson({ ...form, ratePerSecond: 5000 }), digest: sha256Hex(honest) }),
  ],
  ['the digest of another text', () => ({ canonical: honest, digest: 'f'.repeat(64) })],
  [
    'a text with spaces',
    () => ({ canonical: JSON.stringify(form, null, 1), digest: sha256Hex(JSON.stringify(form, null, 1)) }),
  ],
  [
    'a text that says one thing twice',
    () => {
      const twice = honest.replace('"ratePerSecond":50', '"ratePerSecond":5000,"ratePerSecond":50');
      return { canonical: twice, digest: sha256Hex(twice) };
    },
  ],
  ['no JSON', () => ({ canonical: 'sign here', digest: sha256Hex('sign here') })],
])('%s is not signed', async (_, forge) => {
  answer = forge();
  const { exit, stderr } = await sign();
  expect(exit).toBe(1);
  expect(stderr).toContain('sign.form-differs');
  expect(posted()).toEqual([]);
});

test.each([
  ['requested', 'sign.key-requested'],
  ['revoked', 'sign.key-revoked'],
])('a key that is %s signs nothing', async (now, code) => {
  state = now;
  const { exit, stderr } = await sign();
  expect([exit, stderr.includes(code), posted().length]).toEqual([1, true, 0]);
});

test('a file that holds another kind of key, or none, is refused without being shown', async () => {
  const file = path.join(folder, 'other.pem');
  writeFileSync(file, 'my password');
  const { exit, stderr } = await cli(['sign', form.number, '--key', file, '--role', 'leader'], server.env);
  expect(exit).toBe(2);
  expect(stderr).not.toContain('my password');
  expect((await cli(['sign', form.number, '--key', keyFile, '--role', 'king'], server.env)).exit).toBe(2);
  expect(posted()).toEqual([]);
});
