import { createRequire } from 'node:module';

// The SDK is CommonJS with a `default` of its own. Node and the test runner unwrap that differently under `import`;
// `require` means the same everywhere.
const require = createRequire(import.meta.url);

export const dysms = require('@alicloud/dysmsapi20170525') as typeof import('@alicloud/dysmsapi20170525');
export const credentialsSdk = require('@alicloud/credentials') as typeof import('@alicloud/credentials');
const core = require('@alicloud/openapi-core') as typeof import('@alicloud/openapi-core');
export const { $OpenApiUtil, OpenApiUtil } = core;
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
export const readJson = (text: string): unknown => JSON.parse(text, exact);
stream.readAsJSON = async (body) => readJson(await stream.readAsString(body));

/** The fault inside an answer that is XML, as the SDK reads it. */
export const readXmlError = (text: string): unknown =>
  (darabonba.XML as unknown as { parseXml(text: string, shape: null): Record<string, unknown> }).parseXml(text, null)[
    'Error'
  ];

type Told = Readonly<Record<string, unknown>>;

/** What the SDK throws for an answer of 400 and above: its own classes and fields, as in its `doRequest`. */
export function faultOfAnswer(status: number, retryAfter: string | undefined, data: Told): Error {
  const text = (name: string): string => String(told(data, name));
  const requestId = text('RequestId');
  const code = text('Code');
  const fields = {
    statusCode: status,
    code,
    message: `code: ${status}, ${text('Message')} request id: ${requestId}`,
    detail: text('Detail'),
    description: text('Description'),
    data,
    requestId,
  };
  if (code.includes('Throttling')) {
    const wait = Number.parseInt(retryAfter ?? '', 10);
    return new core.ThrottlingError({ ...fields, retryAfter: Number.isNaN(wait) ? undefined : wait });
  }
  if (status >= 500) return new core.ServerError(fields);
  return new core.ClientError({ ...fields, accessDeniedDetail: told(data, 'AccessDeniedDetail') ?? null });
}

/** The gateway writes names with a capital, some of its front doors without. */
const told = (data: Told, name: string): unknown =>
  data[name] || data[`${name.charAt(0).toLowerCase()}${name.slice(1)}`];
