import { randomBytes, randomUUIDv7 } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import { GatewaySettings, insertGatewayAccount } from '../../../../src/sms/gateway-account.db.ts';
import { receiveAliyun } from '../../../../src/sms/webhook/aliyun.api.ts';
import { startTakeIn } from '../../../../src/sms/webhook/take-in.ts';
import { testDatabase } from '../../../kit/database.ts';
import { waitFor } from '../../../kit/campaign.ts';

/** One account with its webhooks, and nobody else: what a provider pushes, and what becomes of it. */
export async function openPushes() {
  const { pool } = await testDatabase();
  const webhookToken = randomBytes(24).toString('base64url');
  const accountId = randomUUIDv7();
  await insertGatewayAccount(pool, {
    id: accountId,
    name: 'pushing',
    provider: 'aliyun',
    settings: GatewaySettings.parse({}),
    ratePerSecond: 100,
    priceMilliYuan: 45,
    webhookToken,
  });
  const takeIn = startTakeIn(pool, pino({ level: 'silent' }));
  const web = fastify();
  web.setValidatorCompiler(validatorCompiler);
  web.setSerializerCompiler(serializerCompiler);
  receiveAliyun(web, { pool, takeIn });
  await web.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(web.server.address() as AddressInfo).port}/webhooks/aliyun/${webhookToken}`;
  afterAll(async () => {
    await web.close();
    await takeIn.stop();
  });

  const push = (kind: 'reports' | 'replies', body: unknown, contentType = 'application/json') =>
    fetch(`${url}/${kind}`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
    });
  /** Waits until nothing waits to be taken in any more, by whatever way it ended. */
  const settled = () =>
    waitFor(
      async () => {
        const { rows } = await pool.query(
          `select from webhook_delivery where processed_at is null and set_aside_at is null`,
        );
        return rows.length === 0 ? true : null;
      },
      async () =>
        JSON.stringify(
          (await pool.query(`select id, kind, attempts, fault from webhook_delivery where processed_at is null`)).rows,
        ),
      30,
    );
  const optedOut = async (): Promise<string[]> =>
    (await pool.query(`select phone from suppression where kind = 'opt-out' order by phone`)).rows.map(
      ({ phone }) => phone as string,
    );
  const receiptIds = async (): Promise<string[]> =>
    (await pool.query(`select biz_id from receipt order by biz_id`)).rows.map(({ biz_id }) => biz_id as string);
  return { pool, accountId, takeIn, push, settled, optedOut, receiptIds };
}

export const replyOf = (phone: string, content: unknown, more: Record<string, unknown> = {}) => ({
  phone_number: phone,
  content,
  send_time: '2026-11-27 10:00:00',
  sequence_id: `s-${phone}`,
  dest_code: '1069',
  ...more,
});
export const reportOf = (phone: string, bizId: unknown, more: Record<string, unknown> = {}) => ({
  phone_number: phone,
  send_time: '2026-11-27 10:00:00',
  report_time: '2026-11-27 10:00:05',
  success: true,
  err_code: 'DELIVERED',
  err_msg: '用户接收成功',
  sms_size: '1',
  biz_id: bizId,
  out_id: '',
  ...more,
});
