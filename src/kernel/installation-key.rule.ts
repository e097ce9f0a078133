import { hkdfSync } from 'node:crypto';

const keyBytes = 32;

/**
 * What the installation's key is used for. Each use has a subkey of its own (HKDF-SHA-256 with this text as info), of which none
 * tells anything about another or about the key. A text never changes: what was sealed under it would not open any more.
 */
const infos = {
  /** Seed of the Ed25519 key that seals archives and the record. */
  seal: 'waihu/1 seal',
  /** Cookies, tokens of sessions, second factors. */
  'sign-in': 'waihu/1 sign-in',
  /** Short texts that are kept enciphered, such as a fresh one-time link. */
  'sealed-text': 'waihu/1 sealed-text',
  /** Hashes of what a record counts and must not name. */
  'record-hash': 'waihu/1 record-hash',
  /** Addresses and secrets of notice channels. */
  'notice-channel': 'waihu/1 notice-channel',
  /** Passwords of PBX accounts. */
  'voice-account': 'waihu/1 voice-account',
  /** Hashes of what a customer proves who they are by. */
  identity: 'waihu/1 identity',
} as const;
export type KeyUse = keyof typeof infos;

/** One per installation, wherever its parts run; nobody is handed the key itself. */
export type InstallationKey = { subkey(use: KeyUse): Buffer };

export const installationKey = (bytes: Uint8Array): InstallationKey => ({
  subkey: (use) => Buffer.from(hkdfSync('sha256', bytes, '', infos[use], keyBytes)),
});

/** The 32 bytes that a person or a file gives in hex or base64 (either alphabet); null for anything else. */
export function readKeyText(text: string): Buffer | null {
  const given = text.trim();
  if (/^[0-9a-f]{64}$/i.test(given)) return Buffer.from(given, 'hex');
  const bytes = /^[\w+/-]{43}=?$/.test(given) ? Buffer.from(given, 'base64') : null;
  return bytes?.length === keyBytes ? bytes : null;
}
