import { expect } from 'vitest';
import { waitFor, type House } from './campaign.ts';

type Kind = 'reports' | 'replies';
export const pushUrl = ({ webUrl, webhookToken }: House, kind: Kind): string =>
  `${webUrl}/webhooks/aliyun/${webhookToken}/${kind}`;

/** What the provider pushes, by hand; a text goes as it is. */
export const push = (house: House, kind: Kind, body: unknown): Promise<Response> =>
  fetch(pushUrl(house, kind), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** Waits until nothing that was pushed waits to be taken in any more. */
export const takenIn = ({ pool }: House): Promise<boolean> =>
  waitFor(
    async () =>
      (await pool.query('select 1 from webhook_delivery where processed_at is null')).rowCount === 0 ? true : null,
    async () =>
      JSON.stringify(
        (await pool.query('select id, kind, fault from webhook_delivery where processed_at is null')).rows,
      ),
  );

export type Receipt = { phone: string; outId: string; delivered?: boolean; bizId?: string; segments?: number };

/** Pushes receipts and waits until they are taken in. */
export async function pushReceipts(house: House, receipts: readonly Receipt[]): Promise<void> {
  const body = receipts.map((each, n) => ({
    phone_number: each.phone,
    success: each.delivered ?? true,
    err_code: each.delivered === false ? 'MOBILE_NOT_ON_SERVICE' : 'DELIVERED',
    sms_size: String(each.segments ?? 1),
    biz_id: each.bizId ?? `pushed^${each.outId}-${n}`,
    out_id: each.outId,
  }));
  expect((await push(house, 'reports', body)).status).toBe(200);
  await takenIn(house);
}
