/** The installation's sealing key: it says which installation made an archive. */
export type SealKey = {
  /** 64 hex digits: SHA-256 of the 32 raw public bytes. Publish it where auditors find it. */
  fingerprint: string;
  /** The 32 raw bytes, base64url. */
  publicKey: string;
  seal(digest: string): ArchiveSeal;
  /** Base64url. */
  sign(message: Uint8Array): string;
};

export type ArchiveSeal = { algorithm: 'ed25519'; publicKey: string; signature: string };

/** What the sealing key signs. */
export const sealMessage = (digest: string): Buffer => Buffer.from(`waihu:archive:v1:${digest}`);
