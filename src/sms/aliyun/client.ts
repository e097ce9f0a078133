import { randomUUID } from 'node:crypto';
import type { CredentialModel } from '@alicloud/credentials';
import { AppError } from '../../kernel/app-error.rule.ts';
import { $OpenApiUtil, credentialsSdk, RuntimeOptions } from './sdk.ts';
import type { dysms } from './sdk.ts';
import { LeanClient } from './call.ts';

export type AliyunSettings = {
  /** Host, with a port if it is not the protocol's own: `dysmsapi.aliyuncs.com`, `127.0.0.1:8081`. */
  endpoint: string;
  /** `http` is for the sandbox: numbers and variables travel in the URL. */
  protocol: 'http' | 'https';
  regionId?: string;
  /** Default: the chain of @alicloud/credentials (environment, role, profile files, instance metadata). */
  credentials?: { accessKeyId: string; accessKeySecret: string } | 'default-chain';
  /** At least 1,000, as Alibaba advises. Default 5,000. */
  timeoutMs?: number;
};

export type AliyunClient = InstanceType<typeof dysms.default>;

/** What the modules of this provider share: one client and the options of a call (a new nonce each). */
export type AliyunCaller = {
  client: AliyunClient;
  options: () => InstanceType<typeof RuntimeOptions>;
  now: () => Date;
};

/** No credentials could be had, so no request was made. Carries nothing of what the chain tried. */
export class NoCredentials extends Error {
  override readonly name = 'NoCredentials';
}

/** One client per account, shared by all calls. Throws AppError('invalid', 'sms-account.…') on settings that cannot work. */
export function createAliyunClient(settings: AliyunSettings): AliyunClient {
  return new LeanClient(clientConfig(settings));
}

/** The SDK's own configuration for `settings`. */
export function clientConfig(settings: AliyunSettings): InstanceType<typeof $OpenApiUtil.Config> {
  const { endpoint, protocol, regionId, credentials = 'default-chain' } = settings;
  if (!/^[a-z0-9.-]+(:\d{1,5})?$/i.test(endpoint)) {
    throw new AppError('invalid', 'sms-account.endpoint', 'Give the endpoint as host or host:port, without a scheme.');
  }
  if (protocol !== 'http' && protocol !== 'https') {
    throw new AppError('invalid', 'sms-account.protocol', 'The protocol is http or https.');
  }
  if (credentials !== 'default-chain' && !(credentials.accessKeyId && credentials.accessKeySecret)) {
    throw new AppError('invalid', 'sms-account.credentials', 'Give both access key id and secret, or neither.');
  }
  const source = credentials === 'default-chain' ? chainCredential() : fixedCredential(credentials);
  return new $OpenApiUtil.Config({
    endpoint,
    protocol,
    credential: source,
    ...(regionId === undefined ? {} : { regionId }),
  });
}

/**
 * Options of one call. Both time-outs are equal: the SDK's "connect" time-out is the idle time-out of the socket and
 * would cut a slow answer. The nonce replaces the SDK's, which has 40 random bits: among a million calls two
 * collide with a chance of 40 %, and the gateway would refuse the second.
 */
export function callOptions(timeoutMs: number): InstanceType<typeof RuntimeOptions> {
  return new RuntimeOptions({
    connectTimeout: timeoutMs,
    readTimeout: timeoutMs,
    extendsParameters: { headers: { 'x-acs-signature-nonce': randomUUID() } },
  });
}

export function readTimeoutMs({ timeoutMs = 5_000 }: AliyunSettings): number {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1_000 && timeoutMs <= 60_000) return timeoutMs;
  throw new AppError('invalid', 'sms-account.timeout', 'Give a time-out from 1,000 to 60,000 ms.', { timeoutMs });
}

type CredentialSource = { getCredential(): Promise<CredentialModel> };

function fixedCredential(keys: { accessKeyId: string; accessKeySecret: string }): CredentialSource {
  return new credentialsSdk.default(new credentialsSdk.Config({ type: 'access_key', ...keys }));
}

/**
 * The default chain, made safe for concurrent calls. The chain notes the provider it is trying as the one that works: a
 * second caller during the first look-up, and everyone after a failed one, would be stuck with a provider that has no
 * keys. So one look-up at a time, and a new chain after a failure.
 */
function chainCredential(): CredentialSource {
  let chain = new credentialsSdk.default();
  let lookup: Promise<CredentialModel> | null = null;
  const ask = async () => {
    try {
      const found = await chain.getCredential();
      if (!found.accessKeyId && !found.bearerToken) throw new NoCredentials('The chain gave no key.');
      return found;
    } catch {
      chain = new credentialsSdk.default();
      // No cause: the chain's error can quote file contents and answers of metadata services.
      throw new NoCredentials('No credentials found in the default chain.');
    } finally {
      lookup = null;
    }
  };
  return { getCredential: () => (lookup ??= ask()) };
}
