import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SmsGateway, SmsRequest, SubmitOutcome } from '../../../src/sms/gateway.ts';
import { startCannedServer } from './aliyun/canned-server.ts';
import type { Canned, CannedServer } from './aliyun/canned-server.ts';

/** One row: what the gateway answers, and the outcome (every field that is named must be equal). */
export type ContractRow = readonly [name: string, answer: Canned, outcome: Expected];

type Refused = Extract<SubmitOutcome, { kind: 'refused' }>;
export type Expected =
  | { kind: 'accepted'; bizId: string }
  | { kind: 'refused'; class: Refused['class']; code: string; retryAfterSeconds?: number | undefined }
  | { kind: 'unknown'; code?: string };

export type ProviderUnderTest = {
  name: string;
  /** A gateway on this endpoint whose calls time out after 1 s. */
  create: (endpoint: string) => SmsGateway;
  accepted: Canned;
  rows: readonly ContractRow[];
};

export const recipient = (phone = '+8613800138000', variables: Record<string, string> = { name: '赵小满' }) => ({
  phone,
  variables,
});

export const requestOf = (...recipients: SmsRequest['recipients']): SmsRequest => ({
  outId: 'out-7Kq2',
  signName: '外呼示例',
  templateCode: 'SMS_100000001',
  recipients: recipients.length > 0 ? recipients : [recipient()],
});

/** Everything a log or an error page could show of a value. */
export const shown = (value: unknown) => inspect(value, { depth: 12, showHidden: true });

/** What every provider's driver must hold, whatever its wire looks like. */
export function describeGateway({ name, create, accepted, rows }: ProviderUnderTest): void {
  describe(`${name} gateway`, () => {
    let server: CannedServer;
    let gateway: SmsGateway;
    beforeAll(async () => {
      server = await startCannedServer();
      gateway = create(server.endpoint);
    });
    afterAll(() => server.stop());

    test.each(rows)('%s', async (_, answer, outcome) => {
      server.answer(answer);
      const actual = await gateway.submit(requestOf());
      expect(actual).toMatchObject(outcome);
      expect(Object.hasOwn(actual, 'retryAfterSeconds')).toBe(
        'retryAfterSeconds' in outcome && outcome.retryAfterSeconds !== undefined,
      );
      expect(server.seen, 'one submit is one request, whatever comes back').toHaveLength(1);
      expectNoTrace(actual, server.endpoint);
    });

    test('a connection that nobody listens on is surely not sent and is tried again', async () => {
      const endpoint = await closedEndpoint();
      const actual = await create(endpoint).submit(requestOf());
      expect(actual).toMatchObject({ kind: 'refused', class: 'retry', code: 'client.not-connected' });
      expectNoTrace(actual, endpoint);
    });

    test('a connection that closes before it reads anything may have sent', async () => {
      const slammer = createServer((socket) => socket.destroy());
      await new Promise<void>((resolve) => {
        slammer.listen(0, '127.0.0.1', resolve);
      });
      const endpoint = `127.0.0.1:${(slammer.address() as AddressInfo).port}`;
      expect(await create(endpoint).submit(requestOf())).toMatchObject({ kind: 'unknown', code: 'client.reset' });
      slammer.close();
    });

    test('a fault does not spoil the next call', async () => {
      server.answer('reset');
      await gateway.submit(requestOf());
      server.answer(accepted);
      expect(await gateway.submit(requestOf())).toMatchObject({ kind: 'accepted' });
    });

    test('more recipients than the limits, or none, are refused before any call', async () => {
      server.answer(accepted);
      const alike = Array.from({ length: gateway.limits.sameText + 1 }, (_, i) => recipient(phoneAt(i)));
      const apart = alike
        .slice(0, gateway.limits.perPerson + 1)
        .map(({ phone }, i) => recipient(phone, { name: `名${i}` }));
      for (const recipients of [alike, apart, []]) {
        await expect(gateway.submit({ ...requestOf(), recipients })).rejects.toMatchObject({ kind: 'invalid' });
      }
      expect(server.seen).toHaveLength(0);
    });

    test('one number twice in a request is refused before any call: it would be two messages to one person', async () => {
      server.answer(accepted);
      const twice = requestOf(recipient(), recipient('+8613800138000', { name: '钱多多' }));
      await expect(gateway.submit(twice)).rejects.toMatchObject({ kind: 'invalid' });
      expect(server.seen).toHaveLength(0);
    });

    test.each(['13800138000', '+861012345678', '+86138', 'x', '', '+8613800138000,13900139000'])(
      'the number %j is a fault of its row, found before any call',
      async (phone) => {
        server.answer(accepted);
        const actual = await gateway.submit(requestOf(recipient(), recipient(phone)));
        expect(actual).toMatchObject({ kind: 'refused', class: 'recipient', code: 'client.phone' });
        expect(server.seen).toHaveLength(0);
      },
    );
  });
}

export const phoneAt = (index: number) => `+86139${String(index).padStart(8, '0')}`;

function expectNoTrace(outcome: SubmitOutcome, endpoint: string): void {
  const text = shown(outcome);
  for (const trace of ['13800138000', '赵小满', encodeURIComponent('赵小满'), 'out-7Kq2', endpoint, 'PhoneNumbers']) {
    expect(text).not.toContain(trace);
  }
}

async function closedEndpoint(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return `127.0.0.1:${port}`;
}
