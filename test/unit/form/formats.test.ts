import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildForm, formFormats, newFormFormat } from '../../../src/form/formats/formats.rule.ts';
import { canonicalJson, sha256Hex } from '../../../src/kernel/digest.rule.ts';
import { facts } from './facts.ts';

/** What a format made of these facts when it was released. Whoever changes a line here voids every live campaign of the format. */
const golden = (format: string): { digest: string; canonical: string } => {
  const canonical = readFileSync(
    new URL(`../../../docs/vectors/form-${format.replace('/', '-')}.json`, import.meta.url),
    'utf8',
  ).trimEnd();
  return { canonical, digest: goldenDigests[format] ?? 'none' };
};
const goldenDigests: Readonly<Record<string, string>> = {
  'sms-campaign/2': '3f1d5fd4e676c718d3c20bbdba50206c4dd191ebdef97b7806042180e991b435',
  'waihu.form/2': 'f19cc5ba4b038738c1d1740333ec9c3ebf3465dc52eb1e53f910b3cea34c9307',
};

test.each(formFormats)('a form of the format %s is made to the byte as it was when the format was new', (format) => {
  const canonical = canonicalJson(buildForm(format, facts));
  expect(canonical).toBe(golden(format).canonical);
  expect(sha256Hex(canonical)).toBe(golden(format).digest);
});

const statedFor = (contactPurpose: 'service' | 'care' | null) =>
  buildForm('sms-campaign/2', { ...facts, campaign: { ...facts.campaign, contactPurpose } });

test('what a campaign contacts people for is stated where it is not what its kind of text is for', () => {
  expect(canonicalJson(statedFor('service'))).toBe(golden('sms-campaign/2').canonical);
  expect(canonicalJson(statedFor(null))).toBe(golden('sms-campaign/2').canonical);
  expect(statedFor('care')).toEqual({ ...buildForm('sms-campaign/2', facts), contactPurpose: 'care' });
});

test('every format that ever was has its builder still', () => {
  expect(formFormats.toSorted()).toEqual(Object.keys(goldenDigests).toSorted());
  expect(formFormats).toContain(newFormFormat);
});

test('a form of a newer release is neither made nor taken for changed', () => {
  expect(() => buildForm('sms-campaign/99', facts)).toThrow(
    expect.objectContaining({ kind: 'unavailable', code: 'form.unknown-format' }),
  );
});
