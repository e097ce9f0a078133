import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readingsOf } from '../../../src/sms/push-body.rule.ts';
import { pushParser } from '../../../src/sms/index.ts';

const parser = pushParser('aliyun', () => new Date('2026-11-30T02:00:00Z'));
// GBK by hand: Node has no encoder for it.
const gbk: Record<string, number[]> = {
  退订: [0xcd, 0xcb, 0xb6, 0xa9],
  取消: [0xc8, 0xa1, 0xcf, 0xfb],
  // The second byte of 乗 is a backslash.
  乗: [0x81, 0x5c],
  // Needs four bytes in GB18030.
  㐀: [0x81, 0x39, 0xee, 0x39],
};
const bytesOf = (...parts: (string | number[] | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
const start = '[{"phone_number":"13809000071","content":"';
const end = '","send_time":"2026-11-27 20:00:00","sequence_id":"c07","dest_code":"1069"}]';
const contentOf = (bytes: Uint8Array, contentType: string | null = null) =>
  parser.parseReplies(bytes, contentType).replies.map(({ content }) => content);

const receipt = (message: number[]) =>
  bytesOf('[{"phone_number":"13809000071","success":false,"err_code":"X","err_msg":"', message, '","biz_id":"b^1"}]');

describe('a pushed body', () => {
  test.each([
    ['UTF-8', bytesOf(start, '退订', end), null, '退订'],
    ['UTF-8 with a byte order mark', bytesOf([0xef, 0xbb, 0xbf], start, '退订', end), null, '退订'],
    ['UTF-8 that says GBK', bytesOf(start, '退订', end), 'application/json;charset=GBK', '退订'],
    ['UTF-8 with an emoji, saying GBK', bytesOf(start, '👎', end), 'application/json;charset=GBK', '👎'],
    ['GBK that says so', bytesOf(start, gbk['退订']!, end), 'application/json; charset="GBK"', '退订'],
    ['GBK that says gb2312', bytesOf(start, gbk['取消']!, end), 'text/plain;charset=gb2312', '取消'],
    ['GBK that says nothing', bytesOf(start, gbk['退订']!, end), null, '退订'],
    ['GBK that says UTF-8', bytesOf(start, gbk['退订']!, end), 'application/json;charset=utf-8', '退订'],
    ['GBK whose bytes hold a backslash', bytesOf(start, gbk['乗']!, gbk['退订']!, end), null, '乗退订'],
    ['GBK that ends in a backslash', bytesOf(start, gbk['退订']!, gbk['乗']!, end), null, '退订乗'],
    ['GB18030 with four bytes', bytesOf(start, gbk['㐀']!, gbk['退订']!, end), null, '㐀退订'],
    ['GBK that could be UTF-8, and says GBK', bytesOf(start, [0xc2, 0x99], end), 'a/b; charset=gbk', '聶'],
    ['UTF-8 that could be GBK, and says nothing', bytesOf(start, 'é', end), null, 'é'],
    ['UTF-16 LE', Buffer.from(`\ufeff${start}退订${end}`, 'utf16le'), null, '退订'],
    ['UTF-16 BE', Buffer.from(`\ufeff${start}退订${end}`, 'utf16le').swap16(), null, '退订'],
  ])('in %s is read', (_, bytes, contentType, expected) => {
    expect(contentOf(bytes, contentType)).toEqual([expected]);
  });

  test('with one bad byte among good UTF-8 stays UTF-8: the neighbours of the bad text are read', () => {
    const items = bytesOf(start, '退订', end.slice(0, -1), ',', start.slice(1), [0xe9, 0x80], end.slice(0, -1), ',');
    expect(contentOf(bytesOf(items, start.slice(1), '请勿打扰', end))).toEqual([
      '退订',
      expect.stringMatching(/\ufffd/),
      '请勿打扰',
    ]);
  });

  test('of receipts is read alike', () => {
    for (const bytes of [
      bytesOf([0xef, 0xbb, 0xbf], receipt([])),
      receipt(gbk['退订']!),
      receipt(gbk['乗']!),
      receipt([0xff, 0xfe, 0x5c, 0x5c]),
    ])
      expect(parser.parseReceipts(bytes).receipts.map(({ bizId }) => bizId)).toEqual(['b^1']);
  });
});

test('no bytes break the reading, and what is UTF-8 is read as it was written', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => readingsOf(bytes, null).length > 0));
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const [first] = readingsOf(Buffer.from(text.toWellFormed()), null);
      return first?.text === text.toWellFormed().replace(/^\ufeff/, '');
    }),
  );
});
