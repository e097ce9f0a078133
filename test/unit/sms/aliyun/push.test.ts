import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pushParser } from '../../../../src/sms/index.ts';
import { shown } from '../gateway-contract.ts';

const NOW = new Date('2026-11-30T02:00:00Z');
const parser = pushParser('aliyun', () => NOW);

const report = (more: Record<string, unknown> = {}) => ({
  phone_number: '13800138000',
  send_time: '2026-11-30 23:59:59',
  report_time: '2026-12-01 00:00:05',
  success: true,
  err_code: 'DELIVERED',
  err_msg: '用户接收成功',
  sms_size: '2',
  biz_id: '9006195^0',
  out_id: 'out-1',
  ...more,
});
const receipt = {
  bizId: '9006195^0',
  outId: 'out-1',
  phone: '+8613800138000',
  delivered: true,
  errorCode: 'DELIVERED',
  segments: 2,
  sentAt: new Date('2026-11-30T15:59:59Z'),
  reportedAt: new Date('2026-11-30T16:00:05Z'),
};

describe('receipts', () => {
  test('a batch is read item by item, China time into UTC', () => {
    const failed = report({ success: false, err_code: 'MOBILE_IN_BLACK', out_id: '' });
    expect(parser.parseReceipts([report(), failed])).toEqual({
      receipts: [receipt, { ...receipt, delivered: false, errorCode: 'MOBILE_IN_BLACK', outId: null }],
      rejected: 0,
    });
  });

  test('the queue brings one object a message, the stored body is text: both read alike', () => {
    expect(parser.parseReceipts(report()).receipts).toEqual([receipt]);
    expect(parser.parseReceipts(JSON.stringify([report()])).receipts).toEqual([receipt]);
  });

  test.each([
    ['a verdict that cannot be made a text', { success: { toString: 1 } }],
    ['a number that cannot be made a text', { phone_number: { toString: 1 } }],
    ['an id that cannot be made a text', { biz_id: { toString: 1, valueOf: 1 } }],
    ['no number', { phone_number: undefined }],
    ['a number that is none', { phone_number: 'x' }],
    ['no id of the call', { biz_id: '' }],
    ['no verdict', { success: undefined }],
    ['a verdict that is none', { success: 'maybe' }],
  ])('an item with %s is counted and does not lose the others', (_, wrong) => {
    expect(parser.parseReceipts([report(wrong), report()])).toEqual({ receipts: [receipt], rejected: 1 });
  });

  test.each([
    ['sms_size', undefined, { segments: 1 }],
    ['sms_size', 'x', { segments: 1 }],
    ['sms_size', '-3', { segments: 1 }],
    ['sms_size', 3, { segments: 3 }],
    ['send_time', 'yesterday', { sentAt: null }],
    ['report_time', '2026-02-30 10:00:00', { reportedAt: null }],
    ['success', 'false', { delivered: false }],
    ['phone_number', '8613800138000', { phone: '+8613800138000' }],
    ['phone_number', '+8613800138000', { phone: '+8613800138000' }],
    ['phone_number', '008613800138000', { phone: '+8613800138000' }],
    ['phone_number', 13800138000, { phone: '+8613800138000' }],
    ['phone_number', '85261234567', { phone: '+85261234567' }],
    ['err_code', undefined, { errorCode: '' }],
    ['out_id', null, { outId: null }],
  ])('%s %j does not cost the receipt', (field, value, expected) => {
    expect(parser.parseReceipts([report({ [field]: value })])).toEqual({
      receipts: [{ ...receipt, ...expected }],
      rejected: 0,
    });
  });
});

const up = (more: Record<string, unknown> = {}) => ({
  phone_number: '13800138000',
  content: '退订',
  send_time: '2026-11-30 09:30:00',
  dest_code: '106900001',
  sequence_id: '1234567890',
  ...more,
});
const reply = {
  sequenceId: '1234567890',
  phone: '+8613800138000',
  content: '退订',
  destCode: '106900001',
  receivedAt: new Date('2026-11-30T01:30:00Z'),
};

describe('replies', () => {
  test('both field variants read alike', () => {
    const older = up({ sequence_id: 1_234_567_890, sign_name: '外呼示例', dest_code: 106_900_001 });
    expect(parser.parseReplies([up(), older])).toEqual({ replies: [reply, reply], rejected: 0 });
  });

  test('a long id in a raw body keeps every digit', () => {
    const body = `[${['9007199254740993', '9007199254740992'].map((id) => JSON.stringify(up()).replace('"1234567890"', id)).join(',')}]`;
    expect(parser.parseReplies(body).replies.map(({ sequenceId }) => sequenceId)).toEqual([
      '9007199254740993',
      '9007199254740992',
    ]);
  });

  test('a long id that lost digits before it came here cannot make two replies one', () => {
    // What JSON.parse makes of 9007199254740993 and of 9007199254740992 alike.
    const rounded = 2 ** 53;
    const [first, second] = parser.parseReplies([
      up({ sequence_id: rounded, content: '1' }),
      up({ sequence_id: rounded, content: '退订' }),
    ]).replies;
    expect(first?.sequenceId).not.toBe(second?.sequenceId);
  });

  test('a reply without an id is kept, and its repeat is seen as one', () => {
    const bare = up({ sequence_id: undefined });
    const [first, repeat, other] = parser.parseReplies([bare, bare, { ...bare, phone_number: '13900139000' }]).replies;
    expect(first?.content).toBe('退订');
    expect(repeat?.sequenceId).toBe(first?.sequenceId);
    expect(other?.sequenceId).not.toBe(first?.sequenceId);
  });

  test('a reply with an unreadable time is kept and dated now', () => {
    expect(parser.parseReplies([up({ send_time: 'soon' })]).replies).toEqual([{ ...reply, receivedAt: NOW }]);
  });

  test('bad items are counted and do not lose the opt-out beside them', () => {
    const body = [null, 7, 'x', [], {}, up({ phone_number: '' }), up({ content: undefined }), up()];
    expect(parser.parseReplies(body)).toEqual({ replies: [reply], rejected: 7 });
  });
});

test.each([null, undefined, 7, '', 'not json 13800138000', '"text"', 'null'])(
  'the body %j is refused without quoting it',
  (body) => {
    for (const parse of [() => parser.parseReceipts(body), () => parser.parseReplies(body)]) {
      let thrown: unknown;
      try {
        parse();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({ kind: 'invalid', code: 'sms-push.body' });
      expect(shown(thrown)).not.toContain('13800138000');
    }
  },
);

test('no list of anything breaks the parser, and every item is accounted for', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.jsonValue(), fc.constant(report()), fc.constant(up()))), (items) => {
      const { receipts, rejected } = parser.parseReceipts(items);
      const read = parser.parseReplies(items);
      return receipts.length + rejected === items.length && read.replies.length + read.rejected === items.length;
    }),
  );
});
