import { createHmac } from 'node:crypto';
import type { Post } from '../post.ts';
import { outcomeOfAnswer } from './answer.ts';
import type { ChannelDriver } from './channel.ts';

/** `webhook-signature` of Standard Webhooks 1.0.0: HMAC-SHA256 over id, timestamp and the very bytes that are sent. */
export function signWebhook(secret: string, id: string, timestamp: number, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** A system of the house. The body is thin: ids only; its id is the receiver's key against doing one thing twice. */
export const createWebhook = (post: Post, secret: { url: string; secret: string }): ChannelDriver => ({
  async send(notice, _, now) {
    const timestamp = Math.floor(now.getTime() / 1_000);
    const id = `msg_${notice.id.replaceAll('-', '')}`;
    const body = JSON.stringify({
      type: `notice.${notice.kind}`,
      timestamp: now.toISOString(),
      data: { notice: notice.number, item: notice.item, count: notice.count, url: notice.url },
    });
    const answer = await post(secret.url, body, {
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signWebhook(secret.secret, id, timestamp, body),
    });
    const slow = answer.kind === 'answer' && (answer.status === 502 || answer.status === 504);
    if (slow) return { kind: 'retry', code: String(answer.status) };
    const outcome = outcomeOfAnswer(answer);
    // Whatever is not 2xx is tried again, as the standard asks, but for 410: the receiver wants no more.
    if (outcome?.kind === 'refused' && outcome.code !== '410' && outcome.code !== 'address-not-public')
      return { kind: 'retry', code: outcome.code };
    return outcome ?? { kind: 'accepted' };
  },
});
