import { createRequire } from 'node:module';

// The SDK is CommonJS with a `default` of its own. Node and the test runner unwrap that differently under `import`;
// `require` means the same everywhere.
const require = createRequire(import.meta.url);

export const dysms = require('@alicloud/dysmsapi20170525') as typeof import('@alicloud/dysmsapi20170525');
export const credentialsSdk = require('@alicloud/credentials') as typeof import('@alicloud/credentials');
export const { $OpenApiUtil } = require('@alicloud/openapi-core') as typeof import('@alicloud/openapi-core');
const darabonba = require('@darabonba/typescript') as typeof import('@darabonba/typescript');
export const { RuntimeOptions } = darabonba;

type Read = { readAsString(stream: unknown): Promise<string>; readAsJSON(stream: unknown): Promise<unknown> };
const stream = darabonba.Stream as unknown as Read;
/**
 * The SDK reads an id that is a JSON number as a number, and only then makes it a text: 90071992547409931234 became
 * 90071992547409940000, and no receipt matched it. TypeScript's library does not know the third argument yet.
 */
const exact = (_key: string, value: unknown, context?: { source?: string }) =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
    ? (context?.source ?? value)
    : value;
stream.readAsJSON = async (body) => JSON.parse(await stream.readAsString(body), exact) as unknown;
