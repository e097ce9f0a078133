import type { FileFault } from './fault.rule.ts';

const starts = (head: Buffer, ...bytes: number[]): boolean => head.subarray(0, bytes.length).equals(Buffer.from(bytes));

/** What a file is by its first bytes, whatever its name says: a workbook, a fault, or null for text. */
export function containerOf(head: Buffer): 'xlsx' | FileFault | null {
  if (starts(head, 0x50, 0x4b, 0x03, 0x04) || starts(head, 0x50, 0x4b, 0x05, 0x06)) return 'xlsx';
  // The old .xls, and a workbook under a password, which Excel puts into the same kind of container.
  if (starts(head, 0xd0, 0xcf, 0x11, 0xe0)) {
    const encrypted = head.includes(Buffer.from('EncryptedPackage', 'utf16le'));
    return encrypted ? 'import.sheet-encrypted' : 'import.old-spreadsheet';
  }
  if (starts(head, 0x25, 0x50, 0x44, 0x46)) return 'import.not-table';
  // Systems that call a web page .xls so that Excel opens it.
  const text = head
    .subarray(0, 1_024)
    .toString('latin1')
    .replace(/^\u00EF\u00BB\u00BF/, '')
    .trimStart();
  if (/^<(?:!doctype|html|\?xml|table|head|meta)/i.test(text)) return 'import.not-table';
  // Other archives, pictures, and RTF.
  if (starts(head, 0x1f, 0x8b) || starts(head, 0x52, 0x61, 0x72, 0x21) || starts(head, 0x37, 0x7a, 0xbc, 0xaf))
    return 'import.not-table';
  if (starts(head, 0x89, 0x50, 0x4e, 0x47) || starts(head, 0xff, 0xd8, 0xff) || text.startsWith('{\\rtf'))
    return 'import.not-table';
  return null;
}
