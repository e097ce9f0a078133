import type { AuditEntry } from './audit.rule.ts';
import { digestOf, sha256Hex } from '../../kernel/digest.rule.ts';

export type AuditRow = AuditEntry & {
  seq: number;
  previousHash: string;
  /** Of the row before about the same object; null of rows from before it was kept. */
  objectPreviousHash: string | null;
  hash: string;
};

/** Before the first row there is nothing: 64 zeros. */
export const genesisHash = '0'.repeat(64);

/** SHA-256 of the canonical JSON of the entry with its seq and the hash of the row before about the same object. */
export const auditRowDigest = (
  {
    at,
    actor,
    action,
    objectKind,
    objectId,
    details,
    objectPreviousHash = null,
  }: AuditEntry & { objectPreviousHash?: string | null },
  seq: number,
): string =>
  digestOf({
    action,
    actor,
    at,
    details,
    objectId,
    objectKind,
    ...(objectPreviousHash !== null && { objectPreviousHash }),
    seq,
  });

/** The chain: SHA-256 of `waihu:audit:v1:<seq>:<previous hash>:<row digest>`. Hex. */
export const auditHash = (seq: number, previousHash: string, rowDigest: string): string =>
  sha256Hex(`waihu:audit:v1:${seq}:${previousHash}:${rowDigest}`);
