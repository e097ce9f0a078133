import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MessageKind } from '../../../src/sms/sms-text.rule.ts';
import {
  checkRenderedText,
  checkSignName,
  checkTemplateText,
  checkVariableValue,
} from '../../../src/sms/sms-text.rule.ts';

const codes = (faults: { code: string }[]) => faults.map(({ code }) => code);
const rendered = (kind: MessageKind, text: string) => checkRenderedText({ kind, signName: '外呼', text });

test.each([
  ['外呼', []],
  ['一二三四五六七八九十十一', []],
  ['外', ['sign.length']],
  ['一二三四五六七八九十十一二', ['sign.length']],
  ['【外呼】', ['sign.brackets']],
  ['外呼(北)', ['sign.brackets']],
  ['外呼（北）', ['sign.brackets']],
  ['外 呼', ['sign.space']],
  ['外\u3000呼', ['sign.space']],
  ['外呼测试', ['sign.test']],
  ['waihuTEST', ['sign.test']],
])('the signature %j has faults %j', (signName, expected) => {
  expect(codes(checkSignName(signName))).toEqual(expected);
});

test.each([
  ['新品到店，拒收请回复R', []],
  ['新品到店', ['text.missing-opt-out']],
  ['新品到店，拒收请回复R。', ['text.opt-out-not-last']],
  ['新品到店，拒收请回复R ', ['text.opt-out-not-last']],
  ['拒收请回复R，拒收请回复R', ['text.opt-out-not-last']],
  ['新品到店，拒收请回复Ｒ', ['text.missing-opt-out']],
  ['新品到店，拒收请回复r', ['text.missing-opt-out']],
  ['新品到店，退订回T', ['text.missing-opt-out']],
  ['致电400-800-1234，拒收请回复R', ['text.contact-in-marketing']],
  ['见 example.com ，拒收请回复R', ['text.url']],
])('the promotion %j has faults %j', (text, expected) => {
  expect(codes(rendered('marketing', text))).toEqual(expected);
});

test.each([
  ['您的账单已出，请致电95533或010-12345678。', []],
  ['电话010-12345678、4008001234、95533。', ['text.too-many-contacts']],
  ['电话010-12345678、4008001234、95533、10086。', ['text.too-many-contacts', 'text.too-many-contacts']],
  ['本期应还95533.20元，共12345元，95533元', []],
  ['订单号20261122123456789012已发货', []],
  ['请致电13800138000', ['text.mobile-number']],
  ['请致电１３８００１３８０００', ['text.mobile-number']],
  ['请致电138 0013 8000或+86-13900139000', ['text.mobile-number', 'text.mobile-number']],
  ['【外呼】您好', ['text.brackets']],
  ['您好，拒收请回复R', ['text.opt-out-in-notice']],
  ['您好，退订回T', ['text.opt-out-in-notice']],
  ['您好，回复TD退订', ['text.opt-out-in-notice']],
  ['详情 https://a.example/x', ['text.url']],
  ['第一行\n第二行', []],
  ['您\u200b好', ['text.unreadable-character']],
  ['您\u0007好', ['text.unreadable-character']],
  ['您\ud83d好', ['text.unreadable-character']],
  ['全家👨‍👩‍👧好', []],
  ['  ', ['text.empty']],
  ['字'.repeat(497), ['text.too-long']],
  ['字'.repeat(496), []],
])('the notice %j has faults %j', (text, expected) => {
  expect(codes(rendered('notice', text))).toEqual(expected);
});

test('the template is measured as the gateway holds it, not with double braces', () => {
  const source = `${'字'.repeat(488)}{{ long }}`;
  expect(checkTemplateText({ kind: 'notice', signName: '外呼', source })).toEqual([]);
  expect(codes(checkTemplateText({ kind: 'notice', signName: '外呼', source: `${source}字字` }))).toEqual([
    'text.too-long',
  ]);
});

test('the place of a fault is the place in the text as given', () => {
  const text = '您好，请拨打１３８００１３８０００咨询';
  const [fault] = rendered('notice', text);
  expect(text.slice(fault?.at?.start, fault?.at?.end)).toBe('１３８００１３８０００');
});

test('no fault repeats the text', () => {
  const [fault] = rendered('notice', '请致电13800138000');
  expect(JSON.stringify(fault)).not.toContain('13800138000');
});

test('a text of a megabyte is answered without searching it', () => {
  expect(codes(rendered('notice', 'a.'.repeat(500_000)))).toEqual(['text.too-long']);
});

test.each([
  ['张三', {}, []],
  ['', {}, ['variable.empty']],
  ['\u3000', {}, ['variable.empty']],
  ['字'.repeat(35), {}, []],
  ['字'.repeat(36), {}, ['variable.too-long']],
  ['字'.repeat(36), { maxLength: 99 }, ['variable.too-long']],
  ['12345', { maxLength: 4 }, ['variable.too-long']],
  ['www.example.com', {}, ['variable.url']],
  ['ＷＷＷ．ａｂｃ．ｃｎ', {}, ['variable.url']],
  ['13800138000', {}, ['variable.contact']],
  ['010-12345678', {}, ['variable.contact']],
  ['热线95533', {}, ['variable.contact']],
  ['95533', {}, []],
  ['加V abc', {}, ['variable.contact']],
  ['微信abc', {}, ['variable.contact']],
  ['【甲】', {}, ['variable.brackets']],
  ['${name}', {}, ['variable.brace']],
  ['一\n二', {}, ['variable.unreadable-character']],
])('the value %j with %j has faults %j', (value, options, expected) => {
  expect(codes(checkVariableValue(value, options))).toEqual(expected);
});

test('any text is answered, and every place lies inside it', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(fc.constantFrom('13800138000', '0', '-', ' ', '95533', '.com', 'a', '【', '拒收请回复R', '退订'))
      .map((p) => p.join('')),
  );
  fc.assert(
    fc.property(fc.constantFrom<MessageKind>('marketing', 'notice'), texts, (kind, text) => {
      for (const { at, zh, en } of [...rendered(kind, text), ...checkVariableValue(text)]) {
        expect(zh !== '' && en !== '').toBe(true);
        if (at) expect(at.start >= 0 && at.start <= at.end && at.end <= text.length).toBe(true);
      }
    }),
  );
});

test('a promotion without errors ends with the opt-out sentence, and it is there once', () => {
  const pieces = fc
    .array(fc.constantFrom('拒收请回复R', '您好', ' ', '。'), { maxLength: 5 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(pieces, (text) => {
      if (rendered('marketing', text).some(({ severity }) => severity === 'error')) return;
      expect(text.split('拒收请回复R')).toHaveLength(2);
      expect(text.endsWith('拒收请回复R')).toBe(true);
    }),
  );
});
