import { createHash } from 'node:crypto';
import { AppError } from '../domain/app-error.ts';
import { fromGatewayPhone } from './aliyun-phone.ts';
import { parseChinaTime } from './china-clock.ts';
import type { InboundSms, PushParser, Receipt } from './gateway.ts';

/**
 * SmsReport and SmsUp, by HTTP push (an array) or from the queue (one object per message).
 * Source: https://help.aliyun.com/document_detail/101867.html and 101847.html.
 * A body may be given as raw text, which keeps sequence ids above 2^53 exact.
 */
export function createAliyunPushParser(now: () => Date = () => new Date()): PushParser {
  return {
    parseReceipts(body) {
      const { good: receipts, rejected } = readEach(body, readReceipt);
      return { receipts, rejected };
    },
    parseReplies(body) {
      const { good: replies, rejected } = readEach(body, (item) => readReply(item, now));
      return { replies, rejected };
    },
  };
}

type Item = Record<string, unknown>;

/** One bad item must not lose its neighbours: the gateway drops the whole batch after three refusals. */
function readEach<T>(body: unknown, read: (item: Item) => T | null): { good: T[]; rejected: number } {
  const parsed = typeof body === 'string' ? parseText(body) : body;
  if (typeof parsed !== 'object' || parsed === null) throw unreadable();
  const items: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const good = items
    .map((item) => (typeof item === 'object' && item !== null ? read(item as Item) : null))
    .filter((item) => item !== null);
  return { good, rejected: items.length - good.length };
}

/** A text of 500 characters makes eight; what is far above is no count of segments. */
const mostSegments = 100;

function readReceipt(item: Item): Receipt | null {
  const phone = fromGatewayPhone(item['phone_number']);
  const bizId = textOf(item['biz_id']);
  const delivered = { true: true, false: false }[String(item['success'])];
  if (phone === null || bizId === '' || delivered === undefined) return null;
  const segments = Number(textOf(item['sms_size']));
  return {
    bizId,
    outId: textOf(item['out_id']) || null,
    phone,
    delivered,
    errorCode: textOf(item['err_code']),
    segments: Number.isInteger(segments) && segments > 0 && segments <= mostSegments ? segments : 1,
    sentAt: parseChinaTime(item['send_time']),
    reportedAt: parseChinaTime(item['report_time']),
  };
}

/** A reply may be an opt-out and cannot be asked for again: whatever names a number and has a text is kept. */
function readReply(item: Item, now: () => Date): InboundSms | null {
  const phone = fromGatewayPhone(item['phone_number']);
  const { content } = item;
  if (phone === null || typeof content !== 'string') return null;
  return {
    sequenceId: exactId(item['sequence_id']) ?? derivedId(phone, content, textOf(item['send_time'])),
    phone,
    content,
    destCode: textOf(item['dest_code']),
    receivedAt: parseChinaTime(item['send_time']) ?? now(),
  };
}

const textOf = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '');

/** Above 2^53 two ids can read as one number, and the second reply would pass for a repeat. */
function exactId(value: unknown): string | null {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return null;
  return textOf(value) || null;
}

/** The same for every push of the same reply, so that repeats are still seen as such. */
const derivedId = (phone: string, content: string, sentAt: string) =>
  `derived-${createHash('sha256')
    .update(JSON.stringify([phone, content, sentAt]))
    .digest('hex')
    .slice(0, 32)}`;

/**
 * `source` is the digits as sent; TypeScript's library does not know the third argument yet. PostgreSQL takes no NUL in a
 * text: one such item would hold up everything that waits behind it.
 */
const storable = (key: string, value: unknown, context?: { source?: string }) => {
  if (typeof value === 'string') return value.replaceAll('\u0000', '');
  return key === 'sequence_id' && typeof value === 'number' ? (context?.source ?? value) : value;
};

function parseText(text: string): unknown {
  try {
    return JSON.parse(text, storable);
  } catch {
    throw unreadable();
  }
}

// No cause: a JSON error quotes the text around the fault.
const unreadable = () =>
  new AppError('invalid', 'sms-push.body', 'Push a JSON array of receipts or replies, or one object of them.');
