import { expect, test } from 'vitest';
import { readHeader, type Mapping } from '../../../../src/customer/import/column.rule.ts';
import { furtherHeading } from '../../../../src/customer/import/further-column.rule.ts';
import { readUntil } from '../../../../src/customer/import/further-number.rule.ts';
import { readRow } from '../../../../src/customer/import/row.rule.ts';

test.each(
  (
    '手机2|手机号2|手机号码（2）|手机号二|电话2|联系电话2|联系电话 3|联系方式2|第二手机号|第2联系电话' +
    '|备用电话|备用手机|备用手机号|备用号码|备用联系电话|备用联系方式|其他电话|其它号码|备用电话1' +
    '|phone2|Phone 2|mobile 2|mobile_3|Tel2|phone number 2|Second phone|Alternate Mobile|other phone'
  ).split('|'),
)('%s is a column of further numbers that says no kind', (heading) => {
  expect(furtherHeading(heading)).toBeNull();
});

test.each([
  ['家庭电话', 'home'],
  ['住宅电话', 'home'],
  ['宅电话', 'home'],
  ['Home phone', 'home'],
  ['单位电话', 'work'],
  ['公司电话2', 'work'],
  ['办公电话', 'work'],
  ['工作手机', 'work'],
  ['Office Tel', 'work'],
])('%s says that its numbers are of kind %s', (heading, kind) => {
  expect(furtherHeading(heading)).toBe(kind);
});

test.each(
  (
    '手机|手机号|手机1|phone|Phone 1|联系电话|紧急联系人电话|配偶电话|父母手机|联系人2电话|客户经理电话' +
    '|备注|证件号码2|身份证号码|手机型号|手机2型号|订单号2|phone model|telegram|number2'
  ).split('|'),
)('%s is none: a first number, somebody else’s, or no number at all', (heading) => {
  expect(furtherHeading(heading)).toBeUndefined();
});

const fieldsOf = (headings: string[], mapping?: Mapping) =>
  readHeader('customers', headings, 1, mapping).map((column) =>
    Object.fromEntries(Object.entries(column).filter(([name]) => name !== 'header')),
  );

test('kinds and last days belong to the number that their heading names, else to the one at their left', () => {
  expect(fieldsOf(['手机', '手机2', '手机3', '手机2类型', '手机3（有效期至）', '号码备注'])).toEqual([
    { field: 'phone' },
    { field: 'further-number' },
    { field: 'further-number' },
    { field: 'number-kind', of: '手机2' },
    { field: 'number-until', of: '手机3' },
    { field: 'attribute' },
  ]);
  expect(fieldsOf(['phone', 'Phone 2', 'phone2_valid_until', '说明'], { 说明: 'number-kind' })).toEqual([
    { field: 'phone' },
    { field: 'further-number' },
    { field: 'number-until', of: 'Phone 2' },
    { field: 'number-kind', of: 'Phone 2' },
  ]);
  expect(fieldsOf(['手机', '家庭电话', '另一个'], { 家庭电话: 'attribute:座机', 另一个: 'further-number' })).toEqual([
    { field: 'phone' },
    { field: 'attribute', name: '座机' },
    { field: 'further-number' },
  ]);
});

test.each([
  ['a kind without a number', ['手机', '类型', '手机2'], { 类型: 'number-kind' }, 'import.number-detail-alone'],
  [
    'two kinds of one number',
    ['手机', '手机2', '手机2类型', '类别'],
    { 类别: 'number-kind' },
    'import.column-duplicate',
  ],
  ['one heading of further numbers twice', ['手机', '手机2', '手机2'], {}, 'import.column-duplicate'],
])('a header with %s is refused', (_, headings, mapping, code) => {
  expect(() => readHeader('customers', headings, 1, mapping as Mapping)).toThrow(expect.objectContaining({ code }));
});

test('the only column of numbers is the first number, whatever it is called, and a list of people has variables', () => {
  expect(fieldsOf(['姓名', '备用电话'])).toEqual([{ field: 'name' }, { field: 'phone' }]);
  expect(readHeader('audience', ['手机', '手机2'], 1).map(({ field }) => field)).toEqual(['phone', 'attribute']);
});

const read = (headings: string[], cells: string[]) =>
  readRow('customers', readHeader('customers', headings, 1), new Map(), { line: 3, cells });
const numbersIn = (headings: string[], cells: string[]) => {
  const answer = read(headings, cells);
  return answer.ok ? answer.row.payload['numbers'] : answer.faults.map(({ column, reason }) => `${column} ${reason}`);
};

test.each([
  ['full-width digits', '１３９００１３９０００', ['+8613900139000']],
  ['a country code and spaces', '+86 139 0013 9000', ['+8613900139000']],
  ['an apostrophe of the spreadsheet', "'13900139000", ['+8613900139000']],
  ['two between 、', '13900139000、13700137000', ['+8613900139000', '+8613700137000']],
  ['two between /', '13900139000 / 13700137000', ['+8613900139000', '+8613700137000']],
  ['two between ；', '139-0013-9000；+86 13700137000', ['+8613900139000', '+8613700137000']],
  ['two between 或', '13900139000或13700137000', ['+8613900139000', '+8613700137000']],
  ['two between spaces', '13900139000  13700137000', ['+8613900139000', '+8613700137000']],
  ['two lines', '13900139000\n13700137000', ['+8613900139000', '+8613700137000']],
  ['one twice', '13900139000/139 0013 9000/', ['+8613900139000']],
  ['the first number again', '13800138000', undefined],
  ['nothing', '', undefined],
])('a cell with %s is read', (_, cell, phones) => {
  const numbers = numbersIn(['手机', '手机2'], ['13800138000', cell]) as { phone: string }[] | undefined;
  expect(numbers?.map(({ phone }) => phone)).toEqual(phones);
});

test.each([
  ['two in the first column', ['手机', '手机2'], ['13800138000/13700137000', '13900139000'], ['手机', '手机2']],
  ['one in each', ['手机', '手机2', '家庭电话'], ['13800138000', '13900139000', '13700137000'], ['手机2', '家庭电话']],
])('%s come in the order of the file, with their columns', (_, headings, cells, columns) => {
  const numbers = numbersIn(headings, cells) as { column: string }[];
  expect(numbers.map(({ column }) => column)).toEqual(columns);
});

test.each([
  ['a remark behind it', '13900139000(妻子)', ['手机2 phone-not-a-number']],
  ['a digit too few', '1390013900', ['手机2 phone-wrong-length']],
  ['one good and one bad', '13900139000/137', ['手机2 phone-wrong-length']],
  ['a ruined number', '1.39E+10', ['手机2 phone-scientific-notation']],
  ['a foreign number', '+1 415 555 2671', ['手机2 phone-foreign']],
])('a cell with %s is a fault of the row', (_, cell, faults) => {
  expect(numbersIn(['手机', '手机2'], ['13800138000', cell])).toEqual(faults);
});

test.each([
  '010-12345678',
  '（021）6232 1234',
  '02162321234',
  '0755-86013388转8001',
  '010-12345678-801',
  '400-820-8820',
])('the land line %s is kept as further data', (cell) => {
  const answer = read(['手机', '单位电话'], ['13800138000', `${cell}/13900139000`]);
  expect(answer).toMatchObject({
    ok: true,
    landLines: 1,
    row: { payload: { numbers: [{ phone: '+8613900139000', kind: 'work', column: '单位电话' }] } },
  });
  expect(answer.ok && Object.keys(answer.row.payload['attributes'] ?? {})).toEqual(['单位电话']);
});

test.each([
  ['2027-06-30', '2027-06-30'],
  ['2027/6/30', '2027-06-30'],
  ['2027年6月30日', '2027-06-30'],
  ['20270630', '2027-06-30'],
  ['2027-06-30 00:00:00', '2027-06-30'],
  ['长期', null],
  ['无', null],
  ['6月30日', undefined],
  ['2027-02-30', undefined],
  ['明年', undefined],
  ['0027-06-30', undefined],
])('the last day %s is %s', (written, day) => {
  expect(readUntil(written)).toBe(day);
});

test('what the row says of a number goes with each of the cell, and a kind overrules the heading’s', () => {
  const headings = ['手机', '家庭电话', '家庭电话类型', '家庭电话有效期'];
  expect(numbersIn(headings, ['13800138000', '13900139000/13700137000', '其他', '长期'])).toEqual([
    { phone: '+8613900139000', column: '家庭电话', kind: 'other', until: null },
    { phone: '+8613700137000', column: '家庭电话', kind: 'other', until: null },
  ]);
  expect(numbersIn(headings, ['13800138000', '13900139000', '', ''])).toEqual([
    { phone: '+8613900139000', column: '家庭电话', kind: 'home' },
  ]);
});
