import { createECDH, createHash, createPrivateKey, randomBytes, sign } from 'node:crypto';

/** Flags of authenticator data (WebAuthn §6.1). */
const flag = { userPresent: 1, userVerified: 4, attested: 64 };

export type AssertionOptions = {
  /** The bytes to be signed for; base64url in `clientDataJSON`. */
  challenge: Uint8Array;
  origin?: string;
  rpId?: string;
  userPresent?: boolean;
  userVerified?: boolean;
  type?: string;
  counter?: number;
  /** What an authenticator may append: flags that say so, and the bytes. */
  more?: { flags: number; bytes: Buffer };
};

/** A passkey in software: an ES256 key with what a browser and an authenticator make of it. All strings are base64url. */
export function createAuthenticator({ origin, rpId, seed }: { origin: string; rpId: string; seed?: string }) {
  const ecdh = createECDH('prime256v1');
  if (seed === undefined) ecdh.generateKeys();
  else ecdh.setPrivateKey(sha256(Buffer.from(seed)));
  const point = ecdh.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)];
  const key = createPrivateKey({
    format: 'jwk',
    key: { kty: 'EC', crv: 'P-256', x: text(x), y: text(y), d: text(pad(ecdh.getPrivateKey())) },
  });
  const id = seed === undefined ? randomBytes(16) : sha256(Buffer.from(`${seed}:id`)).subarray(0, 16);
  // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
  const publicKey = Buffer.concat([Buffer.from('a5010203262001215820', 'hex'), x, Buffer.from('225820', 'hex'), y]);

  const authenticatorData = (options: Omit<AssertionOptions, 'challenge'>, attested?: Buffer): Buffer => {
    const { userPresent = true, userVerified = true, counter = 0, more } = options;
    const flags =
      (userPresent ? flag.userPresent : 0) |
      (userVerified ? flag.userVerified : 0) |
      (attested ? flag.attested : 0) |
      (more?.flags ?? 0);
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(counter, 1);
    return Buffer.concat([
      sha256(Buffer.from(options.rpId ?? rpId)),
      head,
      attested ?? Buffer.alloc(0),
      more?.bytes ?? Buffer.alloc(0),
    ]);
  };
  const clientData = (options: AssertionOptions, type: string): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: options.type ?? type,
        challenge: text(options.challenge),
        origin: options.origin ?? origin,
        crossOrigin: false,
      }),
    );

  return {
    publicKey,
    credentialId: text(id),
    webauthn: { credentialId: text(id), rpId, origin },
    /** Evidence as `evidenceHolds` takes it. */
    assert(options: AssertionOptions) {
      const data = authenticatorData(options);
      const client = clientData(options, 'webauthn.get');
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), key);
      return {
        kind: 'passkey' as const,
        credentialId: text(id),
        authenticatorData: text(data),
        clientDataJSON: text(client),
        signature: text(signature),
      };
    },
    /** What `navigator.credentials.create` answers, attestation "none": a RegistrationResponseJSON. */
    register(options: AssertionOptions) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const data = authenticatorData(options, Buffer.concat([Buffer.alloc(16), length, id, publicKey]));
      const size = Buffer.alloc(2);
      size.writeUInt16BE(data.length);
      // {"fmt": "none", "attStmt": {}, "authData": bytes}
      const head = Buffer.from('\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59', 'latin1');
      return {
        id: text(id),
        rawId: text(id),
        type: 'public-key' as const,
        clientExtensionResults: {},
        response: {
          clientDataJSON: text(clientData(options, 'webauthn.create')),
          attestationObject: text(Buffer.concat([head, size, data])),
          transports: ['internal' as const],
        },
      };
    },
  };
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const pad = (scalar: Buffer): Buffer => Buffer.concat([Buffer.alloc(32 - scalar.length), scalar]);
