import { expect, test } from 'vitest';
import { messageAnswered, replyDays } from '../../../src/sms/reply-campaign.rule.ts';

const at = (text: string) => new Date(`2026-11-${text}+08:00`);
const message = (campaignId: string, sentAt: Date) => ({ campaignId, purpose: 'service' as const, sentAt });
const days = (n: number) => new Date(at('30T12:00').getTime() - n * 86_400_000);

test.each([
  ['nobody wrote', [], null],
  ['the only one', [message('a', at('29T09:00'))], 'a'],
  ['the last before it', [message('a', at('29T09:00')), message('b', at('30T11:59'))], 'b'],
  ['not one that came after it', [message('a', at('29T09:00')), message('b', at('30T12:10'))], 'a'],
  ['one of the same minute, by another clock', [message('a', at('29T09:00')), message('b', at('30T12:01'))], 'b'],
  ['just in time', [message('a', days(replyDays))], 'a'],
  ['not one of long ago', [message('a', new Date(days(replyDays).getTime() - 1_000))], null],
])('a reply belongs to %s', (_, messages, expected) => {
  expect(messageAnswered(messages, at('30T12:00'))?.campaignId ?? null).toBe(expected);
  expect(messageAnswered(messages.toReversed(), at('30T12:00'))?.campaignId ?? null).toBe(expected);
});
