import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { scrub } from '../../../src/sms/scrub.rule.ts';

test.each([
  ['触发分钟级流控Permits:1', [], '触发分钟级流控Permits:1'],
  ['号码13800138000无效', [], '号码***无效'],
  ['to +86 138-0013-8000 now', [], 'to *** now'],
  ['号码１３８００１３８０００无效', [], '号码***无效'],
  ['post https://x.example/?a=1&b=2 failed', [], 'post *** failed'],
  ['at 127.0.0.1:8080 and localhost:99', [], 'at *** and ***'],
  ['变量Zhang和ZHANG', ['Zhang'], '变量***和***'],
  ['{"name":"a\\"b"}', ['a"b'], '{"name":"***"}'],
  ['q=%E5%BC%A0', ['张'], 'q=***'],
  ['a.c abc', ['a.c'], '*** abc'],
  ['  two\n lines ', [], 'two lines'],
  ['nothing to hide', ['', ' '], expect.any(String)],
])('%j with secrets %j reads %j', (text, secrets, clean) => {
  expect(scrub(text, secrets)).toEqual(clean);
});

test('a text that would still show a value is withheld whole', () => {
  expect(scrub('a * b', ['*'])).toMatch(/withheld/);
});

test('a very long text is withheld, a long one is cut after it is cleaned', () => {
  expect(scrub('长'.repeat(4_001), [])).toMatch(/withheld/);
  const cut = scrub(`${'字'.repeat(196)}13800138000`, []);
  expect(cut).toHaveLength(199);
  expect(cut).not.toMatch(/\d/);
});

test.each(['?', 'a.', '1 ', '&', 'a', 'http:', '(', '??='])('a text of nothing but %j is dealt with', (unit) => {
  expect(scrub(unit.repeat(4_000 / unit.length), ['x']).length).toBeLessThanOrEqual(200);
});

test('no secret survives any text around it', () => {
  const secret = fc.string({ unit: 'grapheme', minLength: 2, maxLength: 20 }).filter((s) => !WITHHELD.includes(s));
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1 }), fc.array(fc.string()), (secrets, around) => {
      const text = secrets.map((one, i) => `${around[i] ?? ''}${one}`).join(' ');
      const clean = scrub(text, secrets);
      expect(secrets.filter((one) => clean.includes(one))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

const WITHHELD = scrub('*', ['*']);
