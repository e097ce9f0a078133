import { createHash } from 'node:crypto';
import { AppError } from '../../kernel/app-error.rule.ts';
import { fromGatewayPhone } from './phone.ts';
import { parseChinaTime } from '../../kernel/china-clock.rule.ts';
import type { InboundSms, PushParser, Receipt } from '../gateway.ts';
import { readingsOf } from '../push-body.rule.ts';

/**
 * SmsReport and SmsUp, by HTTP push (an array) or from the queue (one object per message).
 * Source: https://help.aliyun.com/document_detail/101867.html and 101847.html.
 * Bytes and raw text keep ids above 2^53 exact. Whatever is longer than any provider's own is cut or refused here: further in,
 * a database index would refuse it, and everything that is taken in with it.
 */
export function createAliyunPushParser(now: () => Date = () => new Date()): PushParser {
  return {
    parseReceipts(body, contentType = null) {
      const { good: receipts, rejected } = readEach(body, contentType, (item) => readReceipt(item, now));
      return { receipts, rejected };
    },
    parseReplies(body, contentType = null) {
      const { good: replies, rejected } = readEach(body, contentType, (item) => readReply(item, now));
      return { replies, rejected };
    },
  };
}

type Item = Record<string, unknown>;

/** One bad item must not lose its neighbours: the gateway drops the whole batch after three refusals. */
function readEach<T>(
  body: unknown,
  contentType: string | null,
  read: (item: Item) => T | null,
): { good: T[]; rejected: number } {
  const parsed =
    body instanceof Uint8Array
      ? parseBytes(body, contentType)
      : typeof body === 'string'
        ? parseText(body.replace(/^\ufeff/, ''))
        : body;
  if (typeof parsed !== 'object' || parsed === null) throw unreadable();
  const items: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const good = items
    .map((item) => (typeof item === 'object' && item !== null ? read(item as Item) : null))
    .filter((item) => item !== null);
  return { good, rejected: items.length - good.length };
}

/** A text of 500 characters makes eight; what is far above is no count of segments. */
const mostSegments = 100;
// Alibaba's own ids have about 20 characters, its codes up to 40. An out id of ours has about 25.
const longestId = 128;
const longestCode = 64;
/** A concatenated message holds 255 parts of 67 characters at most. */
const longestContent = 20_000;

function readReceipt(item: Item, now: () => Date): Receipt | null {
  const phone = fromGatewayPhone(item['phone_number']);
  const bizId = textOf(item['biz_id']);
  const delivered = flagOf(item['success']);
  if (phone === null || bizId === '' || bizId.length > longestId || delivered === undefined) return null;
  const segments = Number(textOf(item['sms_size']));
  const outId = textOf(item['out_id']);
  return {
    bizId,
    // One that is longer is nobody's of ours.
    outId: outId === '' || outId.length > longestId ? null : outId,
    phone,
    delivered,
    errorCode: textOf(item['err_code']).slice(0, longestCode),
    segments: Number.isInteger(segments) && segments > 0 && segments <= mostSegments ? segments : 1,
    sentAt: believable(item['send_time'], now),
    reportedAt: believable(item['report_time'], now),
  };
}

/** A reply may be an opt-out and cannot be asked for again: whatever names a number and has a text is kept. */
function readReply(item: Item, now: () => Date): InboundSms | null {
  const phone = fromGatewayPhone(item['phone_number']);
  const { content } = item;
  if (phone === null || (typeof content !== 'string' && typeof content !== 'number')) return null;
  const text = String(content);
  return {
    sequenceId: exactId(item['sequence_id']) ?? derivedId(phone, text, textOf(item['send_time'])),
    phone,
    content: text.slice(0, longestContent).toWellFormed(),
    destCode: textOf(item['dest_code']).slice(0, longestCode),
    receivedAt: believable(item['send_time'], now) ?? now(),
  };
}

const dayMs = 86_400_000;
const firstPush = Date.UTC(2010, 0, 1);

/** A time that a push can speak of: one in 2999 would stand above all others for ever, and makes delays that nobody had. */
function believable(value: unknown, now: () => Date): Date | null {
  const time = parseChinaTime(value);
  if (time === null || time.getTime() < firstPush) return null;
  return time.getTime() > now().getTime() + 2 * dayMs ? null : time;
}

// Not by String(): an object may have a toString of its own, which throws.
const flagOf = (value: unknown): boolean | undefined =>
  value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined;
const textOf = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '');

/** Above 2^53 two ids can read as one number, and the second reply would pass for a repeat. */
function exactId(value: unknown): string | null {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return null;
  const id = textOf(value);
  return id.length > longestId ? digestId([id]) : id || null;
}

/** The same for every push of the same reply, so that repeats are still seen as such. */
const derivedId = (phone: string, content: string, sentAt: string) => digestId([phone, content, sentAt]);
const digestId = (of: readonly string[]) =>
  `derived-${createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 32)}`;

// Identifiers that some providers push as numbers: they have more digits than a number keeps.
const ids = new Set(['sequence_id', 'biz_id', 'out_id', 'dest_code', 'err_code']);

/**
 * `source` is the digits as sent; TypeScript's library does not know the third argument yet. PostgreSQL takes no NUL in a
 * text: one such item would hold up everything that waits behind it.
 */
const storable = (key: string, value: unknown, context?: { source?: string }) => {
  if (typeof value === 'string') return value.replaceAll('\u0000', '').toWellFormed();
  return typeof value === 'number' && ids.has(key) ? (context?.source ?? value) : value;
};

function parseText(text: string): unknown {
  try {
    return JSON.parse(text, storable);
  } catch {
    throw unreadable();
  }
}

/** The likeliest reading that is JSON. A byte 0x5C that ends a character of GBK is a backslash in the wrong reading. */
function parseBytes(bytes: Uint8Array, contentType: string | null): unknown {
  for (const { text } of readingsOf(bytes, contentType)) {
    try {
      return JSON.parse(text, storable);
    } catch {
      continue;
    }
  }
  throw unreadable();
}

// No cause: a JSON error quotes the text around the fault.
const unreadable = () =>
  new AppError('invalid', 'sms-push.body', 'Push a JSON array of receipts or replies, or one object of them.');
