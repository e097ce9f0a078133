import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { decodeFile, type Encoding } from '../../../src/intake/encoding.ts';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function decode(bytes: Uint8Array, size = 7, stated?: Encoding): Promise<{ text: string; encoding: Encoding }> {
  const decoded = decodeFile(inPieces(bytes, size), stated);
  const parts: Buffer[] = [];
  for await (const chunk of decoded.chunks) parts.push(chunk);
  return { text: Buffer.concat(parts).toString('utf8'), encoding: decoded.encoding() };
}

const text = '手机号,姓名\n13800138000,欧阳修\n13900139000,𠮷田😀\n';
const ascii = 'phone,id\n13800138000,1\n'.repeat(5_000);

test.each([
  ['UTF-8', Buffer.from(text), 'utf-8', text],
  ['UTF-8 with its mark', Buffer.from(`\uFEFF${text}`), 'utf-8', text],
  ['GB18030', iconv.encode(text, 'gb18030'), 'gb18030', text],
  ['pure ASCII', Buffer.from(ascii), 'utf-8', ascii],
  ['GB18030 after 100 KB of ASCII', iconv.encode(ascii + text, 'gb18030'), 'gb18030', ascii + text],
  ['UTF-8 after 100 KB of ASCII', Buffer.from(ascii + text), 'utf-8', ascii + text],
  ['two bytes of ASCII', Buffer.from('ab'), 'utf-8', 'ab'],
  ['more UTF-8 than is looked at', Buffer.from(text.repeat(4_000)), 'utf-8', text.repeat(4_000)],
] as const)('%s is recognised wherever its characters are cut', async (_, bytes, encoding, expected) => {
  for (const size of [1, 2, 3, 5, 65_536, 10_000_000]) {
    if (bytes.length / size > 100_000) continue;
    expect(await decode(bytes, size)).toEqual({ text: expected, encoding });
  }
});

test('a file that stops being UTF-8 is refused with the line, in pieces of any size', async () => {
  const good = '13800138000,张三\n'.repeat(9_000);
  const bytes = Buffer.concat([Buffer.from(`phone,name\n${good}`), iconv.encode('13900139000,王五\n', 'gb18030')]);
  for (const size of [11, 4_096, 65_536, 10_000_000]) {
    await expect(decode(bytes, size)).rejects.toMatchObject({
      code: 'import.encoding-broken',
      details: { line: 9_002 },
    });
  }
});

test('a file that breaks off inside a character is refused with its last line', async () => {
  const bytes = Buffer.concat([
    Buffer.from(`手机号,姓名\n${'13800138000,张三\n'.repeat(9_000)}13900139000,`),
    Buffer.of(0xe5, 0xbc),
  ]);
  await expect(decode(bytes, 1_000)).rejects.toMatchObject({
    code: 'import.encoding-broken',
    details: { line: 9_002 },
  });
});

test('what looks like UTF-8 but is GB18030 is read right when the encoding is stated', async () => {
  // The two bytes of this surname in GB18030 are also one Latin letter in UTF-8.
  const bytes = iconv.encode('phone,name\n13800138000,鲁\n', 'gb18030');
  expect((await decode(bytes)).text).not.toContain('鲁');
  expect(await decode(bytes, 7, 'gb18030')).toEqual({ text: 'phone,name\n13800138000,鲁\n', encoding: 'gb18030' });
});

test.each([
  ['nothing', Buffer.alloc(0), 'import.empty'],
  ['UTF-16 little-endian', Buffer.from('\uFEFFphone\n', 'utf16le'), 'import.encoding-unsupported'],
  ['UTF-16 big-endian', iconv.encode('\uFEFFphone\n', 'utf16-be', { addBOM: false }), 'import.encoding-unsupported'],
  ['a spreadsheet', Buffer.from('PK\u0003\u0004rest of the archive', 'latin1'), 'import.not-csv'],
])('%s is refused', async (_, bytes, code) => {
  await expect(decode(bytes)).rejects.toMatchObject({ code });
});
