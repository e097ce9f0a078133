import { createRequire } from 'node:module';

// The SDK is CommonJS with a `default` of its own. Node and the test runner unwrap that differently under `import`;
// `require` means the same everywhere.
const require = createRequire(import.meta.url);

export const dysms = require('@alicloud/dysmsapi20170525') as typeof import('@alicloud/dysmsapi20170525');
export const credentialsSdk = require('@alicloud/credentials') as typeof import('@alicloud/credentials');
export const { $OpenApiUtil } = require('@alicloud/openapi-core') as typeof import('@alicloud/openapi-core');
export const { RuntimeOptions } = require('@darabonba/typescript') as typeof import('@darabonba/typescript');
