import { createHmac } from 'node:crypto';
import type { Post } from '../post.ts';
import { codeIn, outcomeOfAnswer, unreadable } from './answer.ts';
import type { ChannelDriver } from './channel.ts';

/** `sign` of the query, URL-encoded: a `+` of base64 would arrive as a space. `timestamp` in milliseconds. */
export const signDingtalk = (timestamp: string, secret: string): string =>
  encodeURIComponent(createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64'));

/** 钉钉 custom robot with a signature. Faster than 20 a minute it shuts for ten minutes. */
export const createDingtalk = (post: Post, secret: { url: string; secret: string }): ChannelDriver => ({
  async send({ text }, _, now) {
    const timestamp = String(now.getTime());
    const url = `${secret.url}&timestamp=${timestamp}&sign=${signDingtalk(timestamp, secret.secret)}`;
    const body = { msgtype: 'text', text: { content: text }, at: { isAtAll: false } };
    const answer = await post(url, JSON.stringify(body));
    const outcome = outcomeOfAnswer(answer);
    if (outcome) return outcome;
    const code = answer.kind === 'answer' ? codeIn(answer.body, 'errcode') : null;
    if (code === null) return unreadable;
    if (code === 0) return { kind: 'accepted' };
    if (code === 130_101) return { kind: 'retry', code: '130101', afterMs: 600_000, wholeChannel: true };
    if (code === -1) return { kind: 'retry', code: '-1' };
    return { kind: 'refused', code: String(code), whose: 'channel' };
  },
});
