import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { decodeFile, previewLines } from '../../../../src/kernel/file/encoding.ts';
import {
  surveyEncoding,
  type Encoding,
  type EncodingAnswer,
} from '../../../../src/kernel/file/encoding-survey.rule.ts';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function survey(bytes: Uint8Array, size: number, stated?: Encoding): Promise<EncodingAnswer> {
  const surveyor = surveyEncoding();
  for await (const piece of inPieces(bytes, size)) surveyor.add(piece);
  return surveyor.answer(stated);
}
async function decode(bytes: Uint8Array, size: number, stated?: Encoding) {
  const answer = await survey(bytes, size, stated);
  if (answer.kind !== 'known') return answer;
  const parts: Buffer[] = [];
  for await (const chunk of decodeFile(inPieces(bytes, size), answer)) parts.push(chunk);
  return { text: Buffer.concat(parts).toString('utf8'), encoding: answer.encoding };
}
const sizes = (bytes: Uint8Array): number[] =>
  [1, 2, 3, 5, 4_096, 65_536, 10_000_000].filter((size) => bytes.length / size <= 100_000);

const text = '手机号,姓名\n13800138000,欧阳修\n13900139000,𠮷田😀\n';
const ascii = 'phone,id\n13800138000,1\n'.repeat(5_000);
const utf16 = (big: boolean, mark: boolean): Buffer =>
  iconv.encode(text, big ? 'utf-16be' : 'utf-16le', { addBOM: mark });

test.each([
  ['UTF-8', Buffer.from(text), 'utf-8', text],
  ['UTF-8 with its mark', Buffer.from(`\uFEFF${text}`), 'utf-8', text],
  ['UTF-8 with CR line ends', Buffer.from(text.replaceAll('\n', '\r')), 'utf-8', text.replaceAll('\n', '\r')],
  ['GB18030', iconv.encode(text, 'gb18030'), 'gb18030', text],
  ['pure ASCII', Buffer.from(ascii), 'utf-8', ascii],
  ['GB18030 after 100 KB of ASCII', iconv.encode(ascii + text, 'gb18030'), 'gb18030', ascii + text],
  ['UTF-8 after 100 KB of ASCII', Buffer.from(ascii + text), 'utf-8', ascii + text],
  ['two bytes of ASCII', Buffer.from('ab'), 'utf-8', 'ab'],
  ['UTF-16 little-endian with its mark', utf16(false, true), 'utf-16le', text],
  ['UTF-16 big-endian with its mark', utf16(true, true), 'utf-16be', text],
  ['UTF-16 little-endian without a mark', utf16(false, false), 'utf-16le', text],
  ['UTF-16 big-endian without a mark', utf16(true, false), 'utf-16be', text],
  [
    'emoji and rare names in UTF-8',
    Buffer.from('phone,name\n1,😀\n2,堃喆\n3,𠮷\n'),
    'utf-8',
    'phone,name\n1,😀\n2,堃喆\n3,𠮷\n',
  ],
  [
    'a surname in GB18030 that is a Latin letter in UTF-8, among others',
    iconv.encode('a\n鲁\n王芳\n', 'gb18030'),
    'gb18030',
    'a\n鲁\n王芳\n',
  ],
] as const)('%s is recognised wherever its characters are cut', async (_, bytes, encoding, expected) => {
  for (const size of sizes(bytes)) expect(await decode(bytes, size)).toEqual({ text: expected, encoding });
});

const gb = (line: string): Buffer => iconv.encode(line, 'gb18030');
const many = '13800138000,张三\n'.repeat(3_000);
test.each([
  [
    'one GB18030 row at the end of UTF-8',
    Buffer.concat([Buffer.from(`phone,name\n${many}`), gb('1,王五\n')]),
    3_002,
    'utf-8',
  ],
  [
    'one GB18030 row at the start of UTF-8',
    Buffer.concat([Buffer.from('phone,name\n'), gb('1,王五\n'), Buffer.from(many)]),
    2,
    'utf-8',
  ],
  [
    'one UTF-8 row in GB18030',
    Buffer.concat([gb(`phone,name\n${many}`), Buffer.from('1,王芳\n'), gb(many)]),
    3_002,
    'gb18030',
  ],
  [
    'a Latin-1 letter in UTF-8',
    Buffer.from([...Buffer.from('phone,name\n1,王芳\n2,李强\n3,Jos'), 0xe9, 0x0a]),
    4,
    'utf-8',
  ],
  [
    'a Windows dash under a Chinese header',
    Buffer.from([...Buffer.from('手机号,姓名\n1,a'), 0x96, ...Buffer.from('b\n')]),
    2,
    'utf-8',
  ],
  [
    'a byte of no encoding in GB18030',
    Buffer.concat([gb('手机号,姓名\n1,张三\n2,李'), Buffer.of(0xff), gb('四\n3,王五\n')]),
    3,
    'gb18030',
  ],
  ['UTF-8 cut off inside a character', Buffer.from(`手机号,姓名\n${many}1,张`).subarray(0, -1), 3_002, 'utf-8'],
  [
    'UTF-8 with its mark and a broken byte',
    Buffer.from([0xef, 0xbb, 0xbf, ...Buffer.from('a\nb\n'), 0xc3, 0x0a]),
    3,
    'utf-8',
  ],
])('%s is broken at its line, in pieces of any size', async (_, bytes, line, encoding) => {
  for (const size of sizes(bytes)) expect(await survey(bytes, size)).toEqual({ kind: 'broken', encoding, line });
});

test('UTF-16 that is cut or torn is refused with its line', async () => {
  const torn = Buffer.concat([utf16(false, true), Buffer.from('1,\ud800x\n', 'utf16le')]);
  const cut = utf16(false, true).subarray(0, -1);
  for (const size of [1, 2, 65_536]) {
    await expect(decode(torn, size)).rejects.toMatchObject({ code: 'import.encoding-broken', details: { line: 4 } });
    await expect(decode(cut, size)).rejects.toMatchObject({ code: 'import.encoding-broken', details: { line: 3 } });
  }
});

test.each([
  ['one surname that is a Latin letter as well', gb('phone,name\n13800138000,鲁\n'), ['utf-8', 'gb18030']],
  ['one name with é', Buffer.from('phone,name\n13800138000,José\n'), ['utf-8', 'gb18030']],
  [
    'one Latin-1 letter that is a rare character',
    Buffer.from([...Buffer.from('phone,name\n1,M'), 0xfc, ...Buffer.from('ller\n')]),
    ['gb18030'],
  ],
])('%s cannot be told and is asked', async (_, bytes, choices) => {
  expect(await survey(bytes, 7)).toEqual({ kind: 'unclear', choices });
  for (const encoding of choices as Encoding[])
    if (encoding !== 'utf-8' || choices.length > 1)
      expect(await survey(bytes, 7, encoding)).toEqual({ kind: 'known', encoding, markBytes: 0 });
  expect(previewLines(bytes, 'gb18030', 3)[1]).toMatch(/\p{Script=Han}/u);
});

test('an encoding that is named is believed as far as the bytes allow', async () => {
  expect(await survey(gb('a,张三\n'), 3, 'utf-8')).toEqual({ kind: 'broken', encoding: 'utf-8', line: 1 });
  expect(await survey(Buffer.of(0x61, 0x0a, 0xff, 0x0a), 3, 'gb18030')).toEqual({
    kind: 'broken',
    encoding: 'gb18030',
    line: 2,
  });
});

test('zero bytes without the order of UTF-16 are of no text', async () => {
  expect(await survey(Buffer.from('a\0\0b\0\0c\0\0d'), 3)).toEqual({ kind: 'foreign' });
  expect(await survey(Buffer.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0), 3)).toEqual({ kind: 'foreign' });
});
