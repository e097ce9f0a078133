import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { hash53 } from './draw.ts';

const ALGORITHM = 'ACS3-HMAC-SHA256';
const MAX_SKEW_MS = 15 * 60_000;
const EMPTY_BODY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** What is signed: `query` holds decoded names and values. */
export interface SignedRequest {
  method: string;
  path: string;
  query: ReadonlyMap<string, string>;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A refusal by the API gateway: an HTTP status with a code and a message. */
export interface GatewayError {
  status: number;
  code: string;
  message: string;
}

/** Checks signatures as the real gateway does; null means the request is genuine, fresh and new. */
export type SignatureCheck = (request: SignedRequest, now: number) => GatewayError | null;

/** Decodes a query string. A `+` stays a plus: the SDK writes spaces as %20. Null when an escape is broken. */
export function decodeQuery(search: string): Map<string, string> | null {
  const query = new Map<string, string>();
  if (search === '') return query;
  try {
    for (const pair of search.split('&')) {
      const at = pair.indexOf('=');
      if (at < 0) query.set(decodeURIComponent(pair), '');
      else query.set(decodeURIComponent(pair.slice(0, at)), decodeURIComponent(pair.slice(at + 1)));
    }
  } catch {
    return null;
  }
  return query;
}

// The wire leaves these five bare while the canonical form escapes them, so what was received is decoded and encoded again.
function encode(text: string): string {
  const escaped = encodeURIComponent(text);
  if (!/[!'()*]/.test(escaped)) return escaped;
  return escaped.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

const sha256 = (data: string | Buffer) => hash('sha256', data, 'hex');

function canonicalRequest(request: SignedRequest, signedHeaders: string, bodyHash: string): string {
  const query = [...request.query.keys()]
    .sort()
    .map((name) => `${encode(name)}=${encode(request.query.get(name) ?? '')}`)
    .join('&');
  let headers = '';
  for (const name of signedHeaders.split(';')) headers += `${name}:${String(request.headers[name] ?? '').trim()}\n`;
  return `${request.method}\n${request.path}\n${query}\n${headers}\n${signedHeaders}\n${bodyHash}`;
}

/** The hex signature of a request under `secret`. */
export function signatureOf(request: SignedRequest, signedHeaders: string, bodyHash: string, secret: string): string {
  const stringToSign = `${ALGORITHM}\n${sha256(canonicalRequest(request, signedHeaders, bodyHash))}`;
  return createHmac('sha256', secret).update(stringToSign).digest('hex');
}

/**
 * Remembers nonces in a fixed 8 MB table. A newer nonce may push an older one out, so memory stays bounded at any rate:
 * a replay is caught with certainty at once and with falling likelihood after about a million later calls.
 */
function createNonceMemory(slots = 2 ** 20): (nonce: string) => boolean {
  const table = new Float64Array(slots);
  return (nonce) => {
    const print = hash53(nonce) + 1;
    const slot = print % slots;
    if (table[slot] === print) return true;
    table[slot] = print;
    return false;
  };
}

const refuse = (status: number, code: string, message: string): GatewayError => ({ status, code, message });

const MUST_BE_SIGNED = [
  'host',
  'x-acs-action',
  'x-acs-version',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-content-sha256',
];

/** A signature check over `keys` (access key id → secret) with its own nonce memory. */
export function createSignatureCheck(keys: ReadonlyMap<string, string>): SignatureCheck {
  const seenBefore = createNonceMemory();
  return (request, now) => {
    const { headers } = request;
    const match = /^ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    );
    const date = String(headers['x-acs-date'] ?? '');
    const nonce = String(headers['x-acs-signature-nonce'] ?? '');
    if (!match || !nonce) {
      return refuse(400, 'IncompleteSignature', 'The request signature does not conform to Aliyun standards.');
    }
    const [, keyId = '', signedHeaders = '', signature = ''] = match;
    const secret = keys.get(keyId);
    if (secret === undefined) {
      return refuse(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.');
    }
    const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date) ? Date.parse(date) : Number.NaN;
    if (Number.isNaN(at)) {
      return refuse(400, 'InvalidTimeStamp.Format', 'Specified time stamp or date value is not well formatted.');
    }
    if (Math.abs(now - at) > MAX_SKEW_MS) {
      return refuse(400, 'InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.');
    }
    const bodyHash = request.body.length === 0 ? EMPTY_BODY_HASH : sha256(request.body);
    const names = signedHeaders.split(';');
    const allSigned = MUST_BE_SIGNED.every((name) => names.includes(name));
    const expected = signatureOf(request, signedHeaders, bodyHash, secret);
    if (
      !allSigned ||
      headers['x-acs-content-sha256'] !== bodyHash ||
      !timingSafeEqual(Buffer.from(expected), Buffer.from(signature))
    ) {
      return refuse(400, 'SignatureDoesNotMatch', 'Specified signature is not matched with our calculation.');
    }
    // Only a genuine request may use up a nonce, else a stranger could burn them for others.
    if (seenBefore(`${keyId}:${nonce}`)) {
      return refuse(400, 'SignatureNonceUsed', 'Specified signature nonce was used already.');
    }
    return null;
  };
}
