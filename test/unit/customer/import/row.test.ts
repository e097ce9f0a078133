import { expect, test } from 'vitest';
import { readHeader, type Mapping } from '../../../../src/customer/import/column.rule.ts';
import { inert } from '../../../../src/kernel/csv-writer.ts';
import { maskCell } from '../../../../src/customer/import/mask-cell.rule.ts';
import { readRow } from '../../../../src/customer/import/row.rule.ts';

const topics = new Map([
  ['news', 'news'],
  ['新品', 'new-products'],
]);
const read = (header: string[], cells: string[], kind: 'customers' | 'audience' = 'customers') =>
  readRow(kind, readHeader(kind, header, 1), topics, { line: 7, cells });

test.each([
  [
    ['手机号', '姓名', '客户号', '等级', '营销同意', '主题'],
    ['phone', 'name', 'external-id', 'tier', 'consent', 'topics'],
  ],
  [
    ['Mobile', 'NAME', 'id', 'Tier', 'consent_marketing', 'topics'],
    ['phone', 'name', 'external-id', 'tier', 'consent', 'topics'],
  ],
  [
    [' 手机 ', 'external_id', '城市'],
    ['phone', 'external-id', 'attribute'],
  ],
  [
    ['ｐｈｏｎｅ', 'constructor', '__proto__'],
    ['phone', 'attribute', 'attribute'],
  ],
  [
    ['phone', 'a', '', ' '],
    ['phone', 'attribute'],
  ],
])('the header %j means %j', (header, fields) => {
  expect(readHeader('customers', header, 1).map((column) => column.field)).toEqual(fields);
});

test('of an audience the phone and the customer id are ours, and the id is a variable as well', () => {
  expect(readHeader('audience', ['姓名', '手机', 'id'], 1).map((column) => column.field)).toEqual([
    'attribute',
    'phone',
    'external-id',
  ]);
  expect(read(['手机', '客户号', '金额'], ['13800138000', 'C1', ''], 'audience')).toMatchObject({
    row: { payload: { 客户号: 'C1', 金额: '' } },
  });
});

test.each([
  ['no phone column', ['姓名', '城市'], { code: 'import.phone-column-missing', details: { line: 3 } }],
  [
    'one name twice',
    ['phone', 'city', 'city'],
    { code: 'import.column-duplicate', details: { line: 3, column: 'city' } },
  ],
  [
    'two names of one thing',
    ['phone', '手机号'],
    { code: 'import.column-duplicate', details: { line: 3, column: '手机号' } },
  ],
  [
    'a column that the mapping names and that is not there',
    ['phone'],
    { code: 'import.mapping-unknown' },
    { 城市: 'ignore' },
  ],
  ['a gap', ['phone', '', 'city'], { code: 'import.column-unnamed', details: { line: 3, column: 2 } }],
  ['a NUL byte', ['phone', 'a\0b'], { code: 'import.column-name-unfit', details: { line: 3, column: 2 } }],
  ['a lost character', ['phone', 'a\uFFFD'], { code: 'import.column-name-unfit', details: { line: 3, column: 2 } }],
  ['a long name', ['phone', 'x'.repeat(65)], { code: 'import.column-name-unfit', details: { line: 3, column: 2 } }],
  [
    'too many columns',
    ['phone', ...Array.from({ length: 200 }, (_, n) => `c${n}`)],
    { code: 'import.too-many-columns' },
  ],
])('a header with %s is refused', (_, header, fault, mapping?: Mapping) => {
  expect(() => readHeader('customers', header, 3, mapping)).toThrow(expect.objectContaining(fault));
});

test('an invisible character in a heading is none', () => {
  expect(readHeader('customers', ['手机号\u200B', '\uFEFF姓名', '城\u00AD市'], 1)).toEqual([
    { header: '手机号', field: 'phone' },
    { header: '姓名', field: 'name' },
    { header: '城市', field: 'attribute' },
  ]);
});

test('headings that look like ours are proposed, not taken; the only one like a phone is the phone', () => {
  expect(readHeader('customers', ['联系电话', 'Consent', '客户编号', '会员等级', '城市'], 1)).toEqual([
    { header: '联系电话', field: 'phone' },
    { header: 'Consent', field: 'attribute', proposed: 'consent' },
    { header: '客户编号', field: 'attribute', proposed: 'external-id' },
    { header: '会员等级', field: 'attribute', proposed: 'tier' },
    { header: '城市', field: 'attribute' },
  ]);
  expect(() => readHeader('customers', ['联系电话', '紧急联系人电话'], 1)).toThrow(
    expect.objectContaining({ code: 'import.phone-column-missing' }),
  );
});

test('a mapping overrules the headings', () => {
  const mapping: Mapping = { 备用电话: 'phone', Consent: 'consent', City: 'attribute:城市', phone: 'ignore' };
  const columns = readHeader('customers', ['phone', '备用电话', 'Consent', 'City'], 1, mapping);
  expect(readRow('customers', columns, topics, { line: 2, cells: ['x', '13800138000', '是', '上海'] })).toEqual({
    ok: true,
    row: { line: 2, phone: '+8613800138000', payload: { consent: true, attributes: { 城市: '上海' } } },
  });
});

test.each([
  ['an error value in a name', ['姓名'], ['#N/A'], 'error-value'],
  ['an error value in an id', ['客户号'], ['#REF!'], 'error-value'],
  ['an error value in an attribute', ['金额'], ['＃VALUE！'], 'error-value'],
  ['a ruined id', ['客户号'], ['6.21226E+18'], 'scientific-notation'],
  ['a ruined amount', ['金额'], ['1.23E+12'], 'scientific-notation'],
  ['a control character', ['姓名'], ['张\u0007三'], 'control-character'],
  ['half a character', ['姓名'], ['张\ud83d'], 'unreadable-character'],
])('a row with %s is refused', (_, header, cells, reason) => {
  for (const kind of ['customers', 'audience'] as const)
    expect(read(['手机号', ...header], ['13800138000', ...cells], kind)).toMatchObject({
      faults: [{ line: 7, reason }],
    });
});

test('an error value in the phone column is called so', () => {
  expect(read(['手机号'], ['#N/A'])).toMatchObject({ faults: [{ reason: 'error-value' }] });
});

test('a row is read as the spreadsheet showed it', () => {
  expect(
    read(['手机号', '姓名', '客户号', '等级'], ['="13800138000"', ' 张\u200B三', "'００1.0", '金牌\u00A0']),
  ).toEqual({
    ok: true,
    row: { line: 7, phone: '+8613800138000', payload: { name: '张三', externalId: '001', tier: 'gold' } },
  });
});

test.each([
  ['the tiers in Chinese', ['等级'], ['金牌'], { tier: 'gold' }],
  ['the tiers in English', ['tier'], ['Diamond'], { tier: 'diamond' }],
  ['yes', ['营销同意'], ['是'], { consent: true }],
  ['yes in full-width', ['营销同意'], ['Ｙ'], { consent: true }],
  ['no', ['consent_marketing'], ['0'], { consent: false }],
  ['false', ['consent_marketing'], ['FALSE'], { consent: false }],
  ['topics by code and by name', ['topics'], ['news；新品、news;'], { topics: ['news', 'new-products'] }],
  ['other columns', ['城市', '空'], [' 上海 ', ''], { attributes: { 城市: '上海' } }],
  ['blank cells, which say nothing', ['姓名', '等级', '营销同意', '主题', 'id'], ['', ' ', '', '', ''], {}],
  ['extra blank cells', ['姓名'], ['张三', '', ' '], { name: '张三' }],
])('a row reads %s', (_, header, cells, payload) => {
  expect(read(['手机号', ...header], ['138 0013 8000', ...cells])).toEqual({
    ok: true,
    row: { line: 7, phone: '+8613800138000', payload },
  });
});

test('a column named __proto__ is a column like any other', () => {
  const answer = read(['phone', '__proto__', 'constructor'], ['13800138000', 'x', 'y']);
  expect(JSON.stringify(answer)).toContain('"attributes":{"__proto__":"x","constructor":"y"}');
});

test('an audience keeps blank cells, because a template may name them', () => {
  expect(read(['手机', '姓名', '金额'], ['13800138000', '张三', ''], 'audience')).toMatchObject({
    row: { payload: { 姓名: '张三', 金额: '' } },
  });
});

test.each([
  ['an empty phone', ['手机号'], [''], 'phone-empty', '手机号', ''],
  ['a ruined phone', ['手机号'], ['1.38E+10'], 'phone-scientific-notation', '手机号', '****10'],
  ['a land line', ['手机号'], ['010-62345678'], 'phone-not-mobile', '手机号', '****78'],
  ['an unallotted range', ['手机号'], ['14000138000'], 'phone-unallotted', '手机号', '140****8000'],
  ['a word for a phone', ['手机号'], ['not a number'], 'phone-not-a-number', '手机号', '****er'],
  ['an unknown tier', ['手机号', '等级'], ['13800138000', 'platinum'], 'unknown-tier', '等级', 'platinum'],
  [
    'the name of a property for a tier',
    ['手机号', '等级'],
    ['13800138000', 'constructor'],
    'unknown-tier',
    '等级',
    'constructor',
  ],
  [
    'a number in the wrong column',
    ['手机号', '等级'],
    ['13800138000', '13900139000'],
    'unknown-tier',
    '等级',
    '***********',
  ],
  ['an unclear consent', ['手机号', '营销同意'], ['13800138000', '也许'], 'unknown-consent', '营销同意', '也许'],
  ['an unknown topic', ['手机号', '主题'], ['13800138000', 'news;没有'], 'unknown-topic', '主题', 'news;没有'],
  ['a long name', ['手机号', '姓名'], ['13800138000', '欧'.repeat(101)], 'too-long', '姓名', '欧**'],
  ['a long attribute', ['手机号', '备注'], ['13800138000', 'x'.repeat(501)], 'too-long', '备注', 'x**'],
  ['a NUL byte', ['手机号', '姓名'], ['13800138000', '张\0三'], 'nul-byte', '姓名', '张**'],
  ['a lost character', ['手机号', '姓名'], ['13800138000', '张\uFFFD'], 'unreadable-character', '姓名', '张**'],
  ['a missing cell', ['手机号', '姓名'], ['13800138000'], 'too-few-cells', '姓名', ''],
  ['a cell too many', ['手机号'], ['13800138000', '张三'], 'too-many-cells', '', ''],
])('a row with %s is refused with its place and a masked value', (_, header, cells, reason, column, value) => {
  expect(read(header, cells)).toEqual({ ok: false, faults: [{ line: 7, column, value, reason }] });
});

test('every fault of a row is named, not just the first', () => {
  const answer = read(['手机号', '等级', '营销同意'], ['123', '?', '?']);
  expect(answer).toMatchObject({
    faults: [{ reason: 'phone-wrong-length' }, { reason: 'unknown-tier' }, { reason: 'unknown-consent' }],
  });
});

test('a hundred characters outside the basic plane are no longer than a hundred', () => {
  expect(read(['phone', 'name'], ['13800138000', '𠮷'.repeat(100)]).ok).toBe(true);
});

test.each([
  ['phone', '+8613800138000', '138****8000'],
  ['phone', '１３８００１３８０００', '138****8000'],
  ['phone', '12345', '****'],
  ['attribute', '6222021234567890', '6**'],
  ['attribute', '\u0000x', '?**'],
  ['name', '', ''],
] as const)('a %s %j is shown as %j', (field, value, expected) => {
  expect(maskCell(field, value)).toBe(expected);
});

test.each([
  ['=1+1', "'=1+1"],
  ['+86', "'+86"],
  ['-1', "'-1"],
  ['@x', "'@x"],
  ['\tx', "'\tx"],
  ['a=b', 'a=b'],
  ['', ''],
])('a spreadsheet does not run %j', (cell, expected) => {
  expect(inert(cell)).toBe(expected);
});
