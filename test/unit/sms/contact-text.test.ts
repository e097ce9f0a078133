import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkTemplateText, checkVariableValue } from '../../../src/sms/sms-text.rule.ts';

const faultsOf = (value: string) => checkVariableValue(value).map(({ code }) => code);

test.each([
  'A12345',
  '12345A',
  '积分12345',
  '12345',
  '10000',
  '95001',
  'Dr.Wang',
  'A55555',
  '99999',
  'B20000',
  'Dr.Li',
  '10086',
  '95533',
  '96110分',
  '¥95533',
  '第12345位',
  '尾号95001',
  '电话尾号12315',
  '订单号12345',
  '客服工号95001',
  '券码:12345',
  'J.Wang',
  'Mr.Co',
  'Lily.Li',
  'Prof. Wang',
  'St.Me',
  'U.S.A',
  'Node.js',
  '3.5',
  'V1.2.3',
  '2026.11.02',
  '10.00',
  'No.1',
  '微信支付',
  'QQ音乐会员',
  '微信',
  '京A12345',
  'VX-20',
  '2026-11-02 10:30',
  '13-05-2026',
  '13.50',
  '14:30-15:00',
  '1,380,013',
  '20261122123456789012',
  '您好。公司活动',
  '欢迎.网络课程',
  'Thank you. Net',
  '张三.李四',
])('the value %j is no telephone and no link', (value) => {
  expect(faultsOf(value)).toEqual([]);
});

test.each([
  '13800138000',
  '１３８００１３８０００',
  '138 0013 8000',
  '138-0013-8000',
  '138.0013.8000',
  '138—0013—8000',
  '138·0013·8000',
  '138 001 38000',
  '13800 138000',
  '1380 0138 000',
  '1 3 8 0 0 1 3 8 0 0 0',
  '1-3-8-0-0-1-3-8-0-0-0',
  '+86 13800138000',
  '8613800138000',
  '张三13800138000',
  '①③⑧⓪⓪①③⑧⓪⓪⓪',
  '一三八零零一三八零零零',
  '幺三八零零一三八零零零',
  '010-12345678',
  '(010)12345678',
  '4008001234',
  '400-800-1234',
  '客服电话95533',
  '致电１２３１５',
  '热线：10086',
  '拨打 96110',
  '95533热线',
  'Tel 95533',
  '请拨12345咨询',
  '微信abc',
  '微信号abc',
  '加V abc',
  '加微信',
  '➕vx',
  'QQ123456',
  'qq群12345',
  '微信：waihu',
  '扫微信',
  'vx:abc',
])('the value %j is a contact', (value) => {
  expect(faultsOf(value)).toEqual(['variable.contact']);
});

test.each([
  'www.example.com',
  'ＷＷＷ．ａｂｃ．ｃｎ',
  'https://a.b/c',
  'weixin://dl',
  't.cn/abc',
  '点t.cn/abc',
  't.me/abc',
  'abc.wang',
  'a.b.shop',
  'abc.me',
  'abc . com',
  'www . abc',
  'abc。com',
  'abc点com',
  'abc[.]cn',
  '北京.中国',
  'a.xn--fiqs8s',
  'http://1.2.3.4',
  '1.2.3.4/x',
  'EXAMPLE.COM',
  'dr.wang.com',
  'shop1.li/x',
  'x1.io',
])('the value %j is a link', (value) => {
  expect(faultsOf(value)).toEqual(['variable.url']);
});

test('digits alone reach people whatever they are, unless they are a telephone number of full length', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999 }), fc.constantFrom('', 'A', '积分', '编号'), (digits, before) => {
      expect(faultsOf(`${before}${digits}`)).toEqual([]);
    }),
  );
});

const placeholders = (source: string) =>
  checkTemplateText({ kind: 'notice', signName: '外呼', source }).flatMap(({ code, at }) =>
    code === 'text.placeholder' ? [source.slice(at?.start, at?.end)] : [],
  );

test.each([
  ['｛｛name｝｝您好', ['｛｛name｝｝']],
  ['｛name｝您好', ['｛name｝']],
  ['{name}您好', ['{name}']],
  ['${name}您好', ['${name}']],
  ['$name您好', ['$name']],
  ['[name]您好', ['[name]']],
  ['［姓名］您好', ['［姓名］']],
  ['#name#您好', ['#name#']],
  ['＃姓名＃您好', ['＃姓名＃']],
  ['《name》您好', ['《name》']],
  ['〈姓名〉您好', ['〈姓名〉']],
  ['<姓名>您好', ['<姓名>']],
  ['（姓名）您好', ['（姓名）']],
  ['%name%您好', ['%name%']],
  ['@姓名@您好', ['@姓名@']],
  ['尊敬的XXX您好', ['XXX']],
  ['尊敬的***您好', ['***']],
  ['金额____元', ['____']],
  ['{ {name} }您好', ['{ {name} }']],
  ['｛name您好', ['｛']],
  ['﹛name﹜您好', ['﹛name﹜']],
  ['{{name}}，您的《用户协议》、[温馨提示]、（免费）、#双十一#、5*3、$5、A%B%', []],
  ['{{ name }}您好', []],
])('in the template %j the look-alikes of variables are %j', (source, expected) => {
  expect(placeholders(source)).toEqual(expected);
});
