import { describe, expect, test } from 'vitest';
import { meansOptOut } from '../../../src/domain/opt-out.ts';

const says = [
  'R', 'r', 'Ｒ', 'R.', ' r ', '“R”', '回复R', '回R', 'R退订', 'T', 't。', 'TD', 'td', 'Td!', 'ＴＤ', 'T D', 'TD退订', 'TD 谢谢', 'N', 'no', 'NO!', 'STOP', 'stop.', 'Please stop', 'unsubscribe', 'QX', 'JS',
  '退订', '退 订', '【退订】', '我要退订', '退定', '退', '拒', '拒收', '拒绝', '拒绝接收', '取消订阅', '不要', '不要再发了', '请不要再发了', '别再发', '别发了', '请勿发送', '不要发短信', '停止发送', '不再接收', '请停止发送短信！',
  '别给我发', '不要给我发短信', '请不要再给我发信息', '别再给我发了', '不想收到', '不想再收到短信', '请勿打扰', '勿扰', '别打扰我', '不要骚扰', '别推送了',
];
const saysNot = [
  '', ' ', '。', '好的', '收到', '谢谢', '谢谢，已领取', 'Ready', 'ready', 'Right', 'Really?', 'Return', 'RMB', 'ok', 'OK', 'Y', 'yes', '1', '0', '人工', '在吗', '是', '嗯', '?', '？', '👍', 'Thanks', 'Thank you', 'Tomorrow', 'T恤有货吗',
  'Not yet', 'Nice', 'Now', 'No problem', '怎么领取', '退款什么时候到', '退货', '退休', '还没收到', '没有收到短信', '再发一次', '请再发一遍', '发给我', '什么时候发', '取消预约', '需要', '要', '订', '10月7日', 'Jason', 'QXL',
  '是否需要人工客服', '重新发送', '分别发了两次', '类别发票',
];

describe('a reply means no', () => {
  test.each(says)('%j', (content) => expect(meansOptOut(content)).toBe(true));
});
describe('a reply does not mean no', () => {
  test.each(saysNot)('%j', (content) => expect(meansOptOut(content)).toBe(false));
});

test('a very long reply is read as quickly as a short one', () => {
  expect(meansOptOut(`${'谢'.repeat(100_000)}退订`)).toBe(true);
  expect(meansOptOut('不要'.repeat(50_000))).toBe(false);
});
