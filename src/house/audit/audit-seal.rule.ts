import { verifyEd25519 } from '../evidence.rule.ts';
import { readBase64url } from '../../kernel/canonical-file.rule.ts';
import type { SealKey } from './seal-key.rule.ts';

/**
 * A signature of the installation's key over one row of the record. `head`: this was the last row at that moment. `act`: this
 * row was written by a process of the installation, not by somebody with a way into the database.
 */
export type AuditSeal = {
  kind: 'head' | 'act';
  seq: number;
  hash: string;
  /** ISO, UTC. */
  at: string;
  /** Base64url. */
  publicKey: string;
  signature: string;
};

const messageOf = ({ kind, seq, hash, at }: Pick<AuditSeal, 'kind' | 'seq' | 'hash' | 'at'>): Buffer =>
  Buffer.from(`waihu:audit-seal:v1:${kind}:${seq}:${hash}:${at}`);

export function makeAuditSeal(
  key: Pick<SealKey, 'publicKey' | 'sign'>,
  kind: AuditSeal['kind'],
  row: { seq: number; hash: string },
  now: Date,
): AuditSeal {
  const said = { kind, seq: row.seq, hash: row.hash, at: now.toISOString() };
  return { ...said, publicKey: key.publicKey, signature: key.sign(messageOf(said)) };
}

/** Whether the seal's own key made it; whose key that is, the caller compares. */
export function auditSealHolds(seal: AuditSeal): boolean {
  const key = readBase64url(seal.publicKey);
  const signature = readBase64url(seal.signature);
  return key !== null && signature !== null && verifyEd25519(key, messageOf(seal), signature);
}
