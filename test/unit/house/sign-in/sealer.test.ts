import { expect, test } from 'vitest';
import { newKey } from '../../../kit/installation-key.ts';
import { createSealer } from '../../../../src/house/sign-in/sealer.ts';

const sealer = createSealer(newKey());
const sealText = (text: string): string => sealer.sealText(text);
const openText = (sealed: string): string | null => sealer.openText(sealed);

test('what was sealed is opened again, and each seal is another', () => {
  const token = '一次性链接 abc_-';
  expect(openText(sealText(token))).toBe(token);
  expect(sealText(token)).not.toBe(sealText(token));
  expect(sealText(token)).not.toContain('abc');
});

test.each([
  ['changed', (sealed: string) => `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`],
  ['cut', (sealed: string) => sealed.slice(0, 30)],
  ['emptied', () => ''],
  ['sealed with another key', () => createSealer(newKey()).sealText('x')],
])('what was %s opens nothing', (_, change) => {
  expect(openText(change(sealText('some token of a link')))).toBeNull();
});
