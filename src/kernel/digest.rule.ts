import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

export const sha256 = (...parts: (Uint8Array | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
export const sha256Hex = (...parts: (Uint8Array | string)[]): string => sha256(...parts).toString('hex');

/** RFC 8785 canonical JSON: the one text of a value, so that a digest of it can be computed again anywhere. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('This value has no JSON form.');
  return text;
}

export const digestOf = (value: unknown): string => sha256Hex(canonicalJson(value));
