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
  /** A campaign's text to that number: what the next reply answers. */
  const wroteTo = (phone: string, campaignKey: number, at: Date | string, purpose = 'service') =>
    pool.query(
      `insert into contact (phone, channel, purpose, at, campaign_key, seq) values ($1, 'sms', $2, $3, $4, 1)`,
      [`+86${phone}`, purpose, at, campaignKey],
    );
  /** The number passes from one person to another, with what was written to the one. */
  async function passNumberOn(phone: string, at: Date, former: string = randomUUIDv7()): Promise<void> {
    const number = `+86${phone}`;
    const next = randomUUIDv7();
    await pool.query(`insert into phone_number (phone, customer_id, since) values ($1, $2, $3)`, [number, next, at]);
    await pool.query(
      `insert into phone_number_move (id, phone, from_customer, to_customer, at, source) values ($1, $2, $3, $4, $5, 'staff')`,
      [randomUUIDv7(), number, former, next, at],
    );
    await pool.query(`update contact set customer_id = $2 where phone = $1`, [number, former]);
  }
  return { pool, accountId, takeIn, push, settled, optedOut, receiptIds, wroteTo, passNumberOn };
}

export const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);
/** An instant as the provider writes it: China's clock. */
export const chinaText = (at: Date): string =>
  new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

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
