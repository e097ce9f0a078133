import { writeXlsx } from 'hucre/xlsx';
import { expect, test } from 'vitest';
import { containerOf } from '../../../../src/kernel/file/file-kind.rule.ts';
import { readSheet, sheetNames } from '../../../../src/kernel/file/sheet.ts';

type Options = Parameters<typeof writeXlsx>[0];
const book = async (options: Options) => Buffer.from(await writeXlsx(options));
async function rowsOf(bytes: Buffer, sheet = '客户') {
  const rows: [number, ...string[]][] = [];
  for await (const records of readSheet(bytes, sheet))
    for (const { line, cells } of records) rows.push([line, ...cells]);
  return rows;
}

test('cells are read as people see them, by the number beside their row', async () => {
  const bytes = await book({
    sheets: [
      {
        name: '客户',
        rows: [
          ['手机号', '金额', '到期', '会员', '卡号'],
          [13800138000, 0.1 + 0.2, new Date(Date.UTC(2026, 11, 1)), true, '6212261234567890123'],
          [],
          ['13900139000', -1234.5, new Date(Date.UTC(2026, 11, 1, 9, 30)), false, 2 ** 62],
          [null, 1e-7, null, null, 123456789012345],
          ['13700137000'],
        ],
      },
    ],
  });
  expect(await rowsOf(bytes)).toEqual([
    [1, '手机号', '金额', '到期', '会员', '卡号'],
    [2, '13800138000', '0.3', '2026-12-01', 'TRUE', '6212261234567890123'],
    [4, '13900139000', '-1234.5', '2026-12-01 09:30', 'FALSE', '4.61168601842739E+18'],
    [5, '', '0.0000001', '', '', '123456789012345'],
    [6, '13700137000', '', '', '', ''],
  ]);
});

test('dates of the 1904 system are the days that the sheet shows', async () => {
  const bytes = await book({
    dateSystem: '1904',
    sheets: [{ name: '客户', rows: [['到期'], [new Date(Date.UTC(2026, 1, 28))]] }],
  });
  expect((await rowsOf(bytes)).at(-1)).toEqual([2, '2026-02-28']);
});

test('the value of a formula is the one that was kept, also where it is an error', async () => {
  const bytes = await book({
    sheets: [
      {
        name: '客户',
        rows: [
          ['a', 'b'],
          ['x', 'y'],
        ],
        cells: new Map([
          ['1,0', { value: 3, type: 'formula', formula: '1+2', formulaResult: 3 }],
          ['1,1', { value: '#N/A', type: 'error' }],
        ]),
      },
    ],
  });
  expect((await rowsOf(bytes)).at(-1)).toEqual([2, '3', '#N/A']);
});

test('hidden sheets are not offered', async () => {
  const bytes = await book({
    sheets: [
      { name: '说明', rows: [['x']], hidden: true },
      { name: '客户', rows: [['a']] },
      { name: '其他', rows: [['b']] },
    ],
  });
  expect(await sheetNames(bytes)).toEqual(['客户', '其他']);
  expect(await rowsOf(bytes, '其他')).toEqual([[1, 'b']]);
});

test('a workbook that is none, is cut off or claims to unpack to gigabytes is refused', async () => {
  const bytes = await book({ sheets: [{ name: '客户', rows: [['a']] }] });
  const bomb = Buffer.from(bytes);
  bomb.writeUInt32LE(0xffff_fff0, bomb.indexOf(Buffer.of(0x50, 0x4b, 0x01, 0x02)) + 24);
  await expect(sheetNames(bomb)).rejects.toMatchObject({ code: 'import.sheet-too-large' });
  await expect(sheetNames(bytes.subarray(0, 200))).rejects.toMatchObject({ code: 'import.sheet-unreadable' });
  await expect(sheetNames(Buffer.from('PK\u0003\u0004rest of the archive', 'latin1'))).rejects.toMatchObject({
    code: 'import.sheet-unreadable',
  });
});

test.each([
  ['a workbook', Buffer.from('PK\u0003\u0004', 'latin1'), 'xlsx'],
  ['an old workbook', Buffer.of(0xd0, 0xcf, 0x11, 0xe0), 'import.old-spreadsheet'],
  [
    'a workbook under a password',
    Buffer.concat([Buffer.of(0xd0, 0xcf, 0x11, 0xe0), Buffer.from('EncryptedPackage', 'utf16le')]),
    'import.sheet-encrypted',
  ],
  ['a web page that is called .xls', Buffer.from('\uFEFF\n<html><table>'), 'import.not-table'],
  ['a PDF', Buffer.from('%PDF-1.7'), 'import.not-table'],
  ['text', Buffer.from('手机号,姓名'), null],
])('%s is told by its bytes', (_, bytes, expected) => {
  expect(containerOf(bytes)).toBe(expected);
});
