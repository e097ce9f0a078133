import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorTable } from '../../../../src/sms/aliyun/error-table.rule.ts';
import { classOfCode, explainCode, isSplittable } from '../../../../src/sms/aliyun/errors.ts';

test.each([...errorTable.keys()])('%s is explained in both languages', (code) => {
  const { listed, meaning, reaction } = explainCode(code);
  expect(listed).toBe(true);
  for (const { zh, en } of [meaning, reaction]) {
    expect(zh).toMatch(/[一-鿿]/);
    expect(en).toMatch(/^[A-Z][^一-鿿]*\.$/);
  }
});

test('no meaning carries digits that could be read as a number of somebody', () => {
  for (const { meaning } of errorTable.values()) expect(meaning.zh + meaning.en).not.toMatch(/\d{5}/);
});

test.each([
  ['isv.SOMETHING_NEW', 'recipient', 'unlisted'],
  ['isp.SOMETHING_NEW', 'unknown', null],
  ['SomethingNew', 'unknown', null],
  ['', 'unknown', null],
  ['__proto__', 'unknown', null],
  ['Throttling.Anything', 'retry', null],
  ['Forbidden.Anything', 'account', null],
  ['ForbiddenFruit', 'unknown', null],
])('the unlisted code %j is of class %s', (code, cls, fault) => {
  expect(explainCode(code)).toMatchObject({ code, class: cls, fault, listed: false });
});

test('any text has a class and an explanation', () => {
  fc.assert(
    fc.property(fc.string(), (code) => {
      const { class: cls, fault, reaction } = explainCode(code);
      expect(classOfCode(code)).toBe(cls);
      expect(fault !== null).toBe(cls === 'recipient');
      expect(reaction.zh.length).toBeGreaterThan(0);
    }),
  );
});

test.each([
  ['isv.MOBILE_NUMBER_ILLEGAL', true, true],
  ['isv.CUSTOMER_REFUSED', true, true],
  ['isv.BUSINESS_LIMIT_CONTROL', true, true],
  ['isv.SOMETHING_NEW', true, true],
  ['client.phone', true, true],
  ['isv.TEMPLATE_PARAMS_ILLEGAL', true, false],
  ['isv.BLACK_KEY_CONTROL_LIMIT', true, true],
  ['isv.SMS_SIGNATURE_ILLEGAL', false, false],
  ['isv.AMOUNT_NOT_ENOUGH', false, false],
  ['Throttling.User', false, false],
  ['isp.SYSTEM_ERROR', false, false],
  ['client.timeout', false, false],
])('%s in a call of several: halving helps %s, with one text for all %s', (code, apart, alike) => {
  expect([isSplittable(code), isSplittable(code, true)]).toEqual([apart, alike]);
});
