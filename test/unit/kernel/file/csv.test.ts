import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRecords } from '../../../../src/kernel/file/csv.ts';
import type { CsvRecord } from '../../../../src/kernel/file/whole-records.rule.ts';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function read(text: string, size = 3): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const some of readRecords(inPieces(Buffer.from(text), size))) records.push(...some);
  return records;
}

test.each([
  [
    'LF',
    'a,b\n1,2\n',
    [
      [1, 'a', 'b'],
      [2, '1', '2'],
    ],
  ],
  [
    'CRLF',
    'a,b\r\n1,2\r\n',
    [
      [1, 'a', 'b'],
      [2, '1', '2'],
    ],
  ],
  [
    'CR',
    'a,b\r1,2\r',
    [
      [1, 'a', 'b'],
      [2, '1', '2'],
    ],
  ],
  [
    'line ends of several kinds',
    'a\r\nb\nc\rd',
    [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ],
  ],
  [
    'no end of the last line',
    'a,b\n1,2',
    [
      [1, 'a', 'b'],
      [2, '1', '2'],
    ],
  ],
  [
    'LF inside quotes',
    'a\n"x\ny\nz"\nb',
    [
      [1, 'a'],
      [2, 'x\ny\nz'],
      [5, 'b'],
    ],
  ],
  [
    'CRLF inside quotes',
    'a\r\n"x\r\ny"\r\nb',
    [
      [1, 'a'],
      [2, 'x\r\ny'],
      [4, 'b'],
    ],
  ],
  ['doubled quotes and commas inside quotes', '"a ""b"", c",d', [[1, 'a "b", c', 'd']]],
  [
    'blank lines',
    'a\n\n\n1\n , ,\n2',
    [
      [1, 'a'],
      [4, '1'],
      [6, '2'],
    ],
  ],
  [
    'rows of unlike length',
    'a,b\n1\n1,2,3',
    [
      [1, 'a', 'b'],
      [2, '1'],
      [3, '1', '2', '3'],
    ],
  ],
  ['quoted empty cells', '"",a\n', [[1, '', 'a']]],
  ['a NUL byte', 'a\0b,c', [[1, 'a\0b', 'c']]],
] as const)('%s is read, with the line of the file, wherever it is cut', async (_, text, expected) => {
  for (const size of [1, 2, 3, 1_000]) {
    expect((await read(text, size)).map(({ line, cells }) => [line, cells].flat())).toEqual(expected);
  }
});

test.each([
  ['a quote that is never closed', 'a\n1\n"x\ny\nz', { code: 'import.quote-unclosed', details: { line: 3 } }],
  ['text after a closing quote', 'a,b\n1,"x"y\n', { code: 'import.quote-misplaced', details: { line: 2, column: 2 } }],
  ['a quote inside a bare cell', 'a,b\n\n1,x"y\n', { code: 'import.quote-misplaced', details: { line: 3, column: 2 } }],
  ['a row without end', `a\n"${'x'.repeat(70_000)}\n1\n`, { code: 'import.row-too-long', details: { line: 2 } }],
])('%s refuses the file and names the line', async (_, text, fault) => {
  for (const size of [1_000, 100_000]) await expect(read(text, size)).rejects.toMatchObject(fault);
});

test('what looks like a formula inside a quoted cell is text', async () => {
  const text = '手机号,名\n"13800138000",",=","x"\n="13800138001",a\n';
  for (const size of [1, 3, 1_000])
    expect((await read(text, size)).map(({ cells }) => cells)).toEqual([
      ['手机号', '名'],
      ['13800138000', ',=', 'x'],
      ['="13800138001"', 'a'],
    ]);
});

test('with and without quotation marks the same lines are the same records', async () => {
  const cell = fc.string({ unit: fc.constantFrom('张', 'a', ' ', '=', "'", '1', '𠮷'), minLength: 1, maxLength: 4 });
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  const rows = fc.array(fc.tuple(fc.array(cell, { minLength: 1, maxLength: 4 }), lineEnd), {
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), fc.func(fc.boolean()), async (table, size, isQuoted) => {
      const written = (quoted: (cell: string, at: string) => boolean): string =>
        `h,h\n${table.map(([cells, end], row) => cells.map((each, at) => (quoted(each, `${row} ${at}`) ? `"${each}"` : each)).join(',') + end).join('')}`;
      expect(await read(written(isQuoted), size)).toEqual(
        await read(
          written(() => false),
          size,
        ),
      );
    }),
  );
});

test('a fault never repeats what the file says', async () => {
  const fault = await read('phone\n13800138000"x\n').catch((error: unknown) => error);
  expect(JSON.stringify(fault, Object.getOwnPropertyNames(fault))).not.toContain('13800138000');
  expect(fault).not.toHaveProperty('cause');
});

test('a reader that stops early stops the source', async () => {
  let stopped = false;
  async function* endless(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield Buffer.from('a,b\n');
    } finally {
      stopped = true;
    }
  }
  for await (const _ of readRecords(endless())) break;
  expect(stopped).toBe(true);
});

const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '中', '😀', ' ', "'", ';'), maxLength: 6 });
const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;

test.each([
  [
    'semicolons',
    '手机号;姓名\n1;a,b\n',
    [
      [1, '手机号', '姓名'],
      [2, '1', 'a,b'],
    ],
  ],
  [
    'tabs',
    'phone\tname\n1\ta;b\n',
    [
      [1, 'phone', 'name'],
      [2, '1', 'a;b'],
    ],
  ],
  [
    'bars',
    'phone|name\n1|a\n',
    [
      [1, 'phone', 'name'],
      [2, '1', 'a'],
    ],
  ],
  [
    'commas of a Chinese keyboard',
    '手机号，姓名\n1，a\n',
    [
      [1, '手机号', '姓名'],
      [2, '1', 'a'],
    ],
  ],
  [
    'commas, whatever is inside quotes',
    '"a;b;c",d\n"1;2",3\n',
    [
      [1, 'a;b;c', 'd'],
      [2, '1;2', '3'],
    ],
  ],
  [
    'what sep= says',
    'sep=;\nphone;name\n1;a\n',
    [
      [2, 'phone', 'name'],
      [3, '1', 'a'],
    ],
  ],
  [
    'nothing: one column',
    'phone\n1\n',
    [
      [1, 'phone'],
      [2, '1'],
    ],
  ],
] as const)('a file separated by %s is read', async (_, content, expected) => {
  for (const size of [1, 3, 1_000])
    expect((await read(content, size)).map(({ line, cells }) => [line].concat(cells as never[]))).toEqual(expected);
});

test.each([
  ['="13800138000",张三\n', ['="13800138000"', '张三']],
  ['张三,="13800138000"\r\n', ['张三', '="13800138000"']],
  ['张三;="1"\n', ['张三', '="1"']],
  ['"=""13800138000""",张三\n', ['="13800138000"', '张三']],
  [' = "1" ,x', ['= "1"', 'x']],
  ['"a,=""b"", c",x\n', ['a,="b", c', 'x']],
])('the text formula of %j is read in pieces of any size', async (content, cells) => {
  const head = content.includes(';') ? 'a;b\n' : 'a,b\n';
  for (const size of [1, 2, 3, 1_000]) expect((await read(head + content, size)).at(-1)?.cells).toEqual(cells);
});

test('any table reads back as it was written, with lines that count every line end', async () => {
  const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      table.map((rows) => [['a', 'b']].concat(rows)),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.integer({ min: 1, max: 20 }),
      async (rows, end, size) => {
        const expected: CsvRecord[] = [];
        let line = 1;
        for (const cells of rows) {
          if (cells.some((each) => each.trim() !== '')) expected.push({ line, cells });
          line += 1 + cells.join('\u0001').split(/\r\n|\r|\n/).length - 1;
        }
        expect(await read(rows.map((cells) => cells.map(quote).join(',') + end).join(''), size)).toEqual(expected);
      },
    ),
  );
});
