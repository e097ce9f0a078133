import { createHmac } from 'node:crypto';
import type { Post } from '../post.ts';
import { codeIn, outcomeOfAnswer, unreadable } from './answer.ts';
import type { ChannelDriver } from './channel.ts';

/** `sign` of the body. The key is timestamp and secret, the message is empty; `timestamp` in seconds. */
export const signFeishu = (timestamp: string, secret: string): string =>
  createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64');

/** 飞书 custom bot with a signature. */
export const createFeishu = (post: Post, secret: { url: string; secret: string }): ChannelDriver => ({
  async send({ text }, _, now) {
    const timestamp = String(Math.floor(now.getTime() / 1_000));
    const sign = signFeishu(timestamp, secret.secret);
    const answer = await post(secret.url, JSON.stringify({ timestamp, sign, msg_type: 'text', content: { text } }));
    const outcome = outcomeOfAnswer(answer);
    if (outcome) return outcome;
    const code = answer.kind === 'answer' ? codeIn(answer.body, 'code') : null;
    if (code === null) return unreadable;
    if (code === 0) return { kind: 'accepted' };
    if (code === 11_232) return { kind: 'retry', code: '11232', afterMs: 30_000, wholeChannel: true };
    return { kind: 'refused', code: String(code), whose: code === 9_499 ? 'message' : 'channel' };
  },
});
