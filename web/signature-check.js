// Judges one signature over a form with what every browser has (WebCrypto), without asking the server.

/**
 * `given`: role, digest (hex), publicKey, fingerprint (hex), webauthn {rpId, origin} or null, evidence; bytes are base64url.
 * Gives what was checked, each with whether it holds; null means that this browser cannot tell.
 */
export async function checkSignature(given, canonical, digest) {
  const key = bytesOf(given.publicKey);
  const own = hexOf(await sha256(utf8(canonical)));
  const checks = [
    { what: 'digest', holds: own === digest && given.digest === digest },
    { what: 'fingerprint', holds: hexOf(await sha256(key)) === given.fingerprint },
  ];
  const { evidence } = given;
  if (evidence.kind === 'ed25519') {
    const message = utf8(`waihu:sign:v1:${given.role}:${own}`);
    return [...checks, { what: 'signature', holds: await ed25519Holds(key, bytesOf(evidence.signature), message) }];
  }
  const clientData = bytesOf(evidence.clientDataJSON);
  const authenticatorData = bytesOf(evidence.authenticatorData);
  const said = jsonOf(clientData);
  const flags = authenticatorData[32] ?? 0;
  const rpHash = hexOf(authenticatorData.slice(0, 32));
  const message = joined(authenticatorData, await sha256(clientData));
  return [
    ...checks,
    { what: 'challenge', holds: said.type === 'webauthn.get' && said.challenge === textOf(bytesOfHex(own)) },
    { what: 'origin', holds: said.origin === given.webauthn?.origin },
    { what: 'rp', holds: rpHash === hexOf(await sha256(utf8(given.webauthn?.rpId ?? ''))) },
    // Present (bit 0) and verified (bit 2).
    { what: 'user', holds: (flags & 5) === 5 },
    { what: 'signature', holds: await coseHolds(key, bytesOf(evidence.signature), message) },
  ];
}

async function ed25519Holds(raw, signature, message) {
  try {
    const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, signature, message);
  } catch (error) {
    return unable(error);
  }
}

async function coseHolds(cose, signature, message) {
  try {
    const map = readMap(cose);
    if (map.get(3) === -7) {
      const point = joined(Uint8Array.of(4), map.get(-2), map.get(-3));
      const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
      const key = await crypto.subtle.importKey('raw', point, algorithm, false, ['verify']);
      return await crypto.subtle.verify(algorithm, key, rawOfDer(signature), message);
    }
    if (map.get(3) === -257) {
      const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
      const jwk = { kty: 'RSA', n: textOf(map.get(-1)), e: textOf(map.get(-2)) };
      const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify']);
      return await crypto.subtle.verify(algorithm, key, signature, message);
    }
    return null;
  } catch (error) {
    return unable(error);
  }
}

/** A browser without the algorithm cannot tell; whatever else is wrong with the bytes, the signature does not hold. */
const unable = (error) => (error.name === 'NotSupportedError' ? null : false);

/** The flat map of a COSE key: whole numbers to whole numbers or bytes (RFC 8949 §3). */
export function readMap(bytes) {
  let at = 0;
  const length = (low) => {
    if (low < 24) return low;
    const size = 1 << (low - 24);
    if (low > 26) throw new RangeError('A length of this kind is in no key.');
    let value = 0;
    for (let i = 0; i < size; i += 1) value = value * 256 + next();
    return value;
  };
  const next = () => {
    if (at >= bytes.length) throw new RangeError('The key ends too early.');
    return bytes[at++];
  };
  const item = () => {
    const head = next();
    const value = length(head & 31);
    const major = head >> 5;
    if (major === 0) return value;
    if (major === 1) return -1 - value;
    if (major !== 2 || at + value > bytes.length) throw new RangeError('This is no flat key.');
    at += value;
    return bytes.slice(at - value, at);
  };
  const head = next();
  if (head >> 5 !== 5) throw new RangeError('A key is a map.');
  const map = new Map();
  for (let left = length(head & 31); left > 0; left -= 1) map.set(item(), item());
  return map;
}

/** ECDSA's DER sequence of two integers as the 64 bytes that WebCrypto takes. */
export function rawOfDer(der) {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) throw new RangeError('This is no DER signature.');
  const raw = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    if (der[at] !== 0x02) throw new RangeError('This is no DER integer.');
    const size = der[at + 1];
    const number = der.slice(at + 2, at + 2 + size);
    const significant = number[0] === 0 ? number.slice(1) : number;
    if (significant.length > 32 || number.length !== size) throw new RangeError('This number is too long.');
    raw.set(significant, end - significant.length);
    at += 2 + size;
  }
  if (at !== der.length) throw new RangeError('There is more than a signature.');
  return raw;
}

function jsonOf(bytes) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return {};
  }
}

const utf8 = (text) => new TextEncoder().encode(text);
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const bytesOfHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
const textOf = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
