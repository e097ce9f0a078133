import { expect, test } from 'vitest';
import { $OpenApiUtil, dysms, rawCall, SIGN, startSandbox, type RawCall } from './sandbox-kit.ts';

test('the real SDK is understood, with every character that it leaves bare on the wire', async () => {
  const { send, sandbox } = await startSandbox();
  const name = `a!b'c(d)e*f g+h&i=j%k~l/m?n#o\n"引号"😀`;
  const { body } = await send('13900000001', { templateParam: JSON.stringify({ name }), outId: "o(1)*'!" });
  expect(body).toMatchObject({ code: 'OK', bizId: expect.stringMatching(/^\d+\^0$/) });
  expect(sandbox.witness.byOutId("o(1)*'!")[0]?.renderedText).toBe(`【${SIGN}】尊敬的${name}，您的账单已出。`);
});

test('a batch from the real SDK comes as a chunked form and is accepted under one BizId', async () => {
  const { client, sandbox } = await startSandbox();
  const { body } = await client.sendBatchSms(
    new dysms.SendBatchSmsRequest({
      phoneNumberJson: '["13900000001","13900000002"]',
      signNameJson: JSON.stringify([SIGN, '另一签名']),
      templateParamJson: '[{"name":"甲+ (1)"},{"name":"乙"}]',
      templateCode: 'SMS_NOTICE',
      outId: 'batch-1',
    }),
  );
  const messages = sandbox.witness.byOutId('batch-1');
  expect(body?.code).toBe('OK');
  expect(messages.map(({ renderedText }) => renderedText)).toEqual([
    `【${SIGN}】尊敬的甲+ (1)，您的账单已出。`,
    '【另一签名】尊敬的乙，您的账单已出。',
  ]);
  expect(new Set(messages.map(({ bizId }) => bizId))).toEqual(new Set([body?.bizId]));
});

test('a URL of a thousand numbers is accepted', async () => {
  const { send, sandbox } = await startSandbox();
  const phones = Array.from({ length: 1000 }, (_, index) => `+86${13900000000 + index}`);
  expect((await send(phones.join(','))).body?.code).toBe('OK');
  expect(sandbox.witness.counts()).toMatchObject({ accepted: 1000, distinctNumbers: 1000 });
});

test('a call signed by hand is accepted', async () => {
  const { port } = await startSandbox();
  expect(await rawCall(port)).toMatchObject({ status: 200, code: 'OK' });
});

const secondsFromNow = (seconds: number) => `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;

test.each<[string, Partial<RawCall>, number, string]>([
  ['a wrong secret', { secret: 'guess' }, 400, 'SignatureDoesNotMatch'],
  ['an unknown key', { keyId: 'nobody' }, 404, 'InvalidAccessKeyId.NotFound'],
  [
    'a number changed on the way',
    { spoil: (w) => (w.path = w.path.replace('13900000001', '13900000002')) },
    400,
    'SignatureDoesNotMatch',
  ],
  ['a field added on the way', { spoil: (w) => (w.path += '&SmsUpExtendCode=1') }, 400, 'SignatureDoesNotMatch'],
  ['another action', { spoil: (w) => (w.headers['x-acs-action'] = 'SendBatchSms') }, 400, 'SignatureDoesNotMatch'],
  ['another nonce', { spoil: (w) => (w.headers['x-acs-signature-nonce'] = 'other') }, 400, 'SignatureDoesNotMatch'],
  ['a body that was not signed', { spoil: (w) => (w.body = 'TemplateParam=x') }, 400, 'SignatureDoesNotMatch'],
  [
    'another body hash',
    { spoil: (w) => (w.headers['x-acs-content-sha256'] = 'f'.repeat(64)) },
    400,
    'SignatureDoesNotMatch',
  ],
  ['no authorization', { spoil: (w) => delete w.headers['authorization'] }, 400, 'IncompleteSignature'],
  [
    'a header left out of the signed list',
    { spoil: (w) => (w.headers['authorization'] = (w.headers['authorization'] ?? '').replace('x-acs-date;', '')) },
    400,
    'SignatureDoesNotMatch',
  ],
  ['a date 16 minutes old', { date: secondsFromNow(-16 * 60) }, 400, 'InvalidTimeStamp.Expired'],
  ['a date 16 minutes ahead', { date: secondsFromNow(16 * 60) }, 400, 'InvalidTimeStamp.Expired'],
  ['a date that is none', { date: 'yesterday' }, 400, 'InvalidTimeStamp.Format'],
  ['another version', { version: '2016-09-27' }, 400, 'InvalidVersion'],
  ['an unknown action', { action: 'SendFax' }, 404, 'InvalidAction.NotFound'],
  ['an action of the object prototype', { action: 'constructor' }, 404, 'InvalidAction.NotFound'],
  ['a broken escape', { spoil: (w) => (w.path += '&A=%E4%B') }, 400, 'InvalidParameter'],
])('%s is refused and nothing is accepted', async (_, overrides, status, code) => {
  const { port, sandbox } = await startSandbox();
  expect(await rawCall(port, overrides)).toMatchObject({ status, code });
  expect(sandbox.witness.counts().accepted).toBe(0);
});

test('a date 14 minutes away is accepted on either side', async () => {
  const { port } = await startSandbox();
  for (const minutes of [-14, 14])
    expect((await rawCall(port, { date: secondsFromNow(minutes * 60) })).code).toBe('OK');
});

test('a nonce serves once, and a refused call does not use it up', async () => {
  const { port } = await startSandbox();
  const nonce = 'n'.repeat(64);
  expect((await rawCall(port, { nonce, secret: 'guess' })).code).toBe('SignatureDoesNotMatch');
  expect((await rawCall(port, { nonce })).code).toBe('OK');
  expect((await rawCall(port, { nonce })).code).toBe('SignatureNonceUsed');
});

test('the SDK throws a client error with the code for a wrong secret', async () => {
  const { port } = await startSandbox();
  const config = {
    endpoint: `127.0.0.1:${port}`,
    protocol: 'http',
    accessKeyId: 'sandbox-key',
    accessKeySecret: 'guess',
  };
  const client = new dysms.default(new $OpenApiUtil.Config(config));
  const call = client.getSmsSign(new dysms.GetSmsSignRequest({ signName: SIGN }));
  await expect(call).rejects.toMatchObject({ code: 'SignatureDoesNotMatch', statusCode: 400 });
});
