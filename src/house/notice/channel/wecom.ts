import type { Post } from '../post.ts';
import { codeIn, outcomeOfAnswer, unreadable } from './answer.ts';
import type { ChannelDriver } from './channel.ts';

// 2,048 bytes of text, and a Chinese character is three.
const mostBytes = 2_000;

/** 企业微信 group robot: nothing but its address protects it. HTTP answers 200 whatever happened; `errcode` tells. */
export const createWecom = (post: Post, secret: { url: string }): ChannelDriver => ({
  async send({ text }) {
    const content = cutToBytes(text, mostBytes);
    const answer = await post(secret.url, JSON.stringify({ msgtype: 'text', text: { content } }));
    const outcome = outcomeOfAnswer(answer);
    if (outcome) return outcome;
    const code = answer.kind === 'answer' ? codeIn(answer.body, 'errcode') : null;
    if (code === null) return unreadable;
    if (code === 0) return { kind: 'accepted' };
    if (code === 45_009) return { kind: 'retry', code: '45009', afterMs: 60_000, wholeChannel: true };
    if (code === -1) return { kind: 'retry', code: '-1' };
    return { kind: 'refused', code: String(code), whose: code === 40_008 ? 'message' : 'channel' };
  },
});

/** At most so many bytes of UTF-8, never half a character. */
export function cutToBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  let cut = '';
  let size = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > most - 3) break;
    cut += character;
  }
  return `${cut}…`;
}
