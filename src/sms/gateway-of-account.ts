import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { aliyunEndpoints, demandEndpoint } from './gateway-endpoint.rule.ts';
import type { GatewayAccount } from './gateway-account.db.ts';
import type { SmsGateway } from './gateway.ts';
import { createGateway } from './index.ts';

const Credentials = z.object({ accessKeyId: z.string().min(1), accessKeySecret: z.string().min(1) });

/**
 * One driver an account, shared by all its campaigns and made again when its settings change. The only door to a provider:
 * an account whose endpoint is not among `endpoints` gets no driver, whoever wrote it into the database. Throws
 * AppError('invalid', 'gateway.endpoint-…').
 */
export function gatewayOfAccount(
  endpoints: readonly string[] = aliyunEndpoints,
): (account: GatewayAccount) => SmsGateway {
  const made = new Map<string, { settings: string; gateway: SmsGateway }>();
  return (account) => {
    const settings = JSON.stringify(account.settings);
    const known = made.get(account.id);
    if (known?.settings === settings) return known.gateway;
    const { endpoint, protocol, credentialsFile, timeoutMs } = account.settings;
    demandEndpoint(account.settings, endpoints);
    const gateway = createGateway({
      provider: account.provider,
      endpoint,
      protocol,
      timeoutMs,
      credentials: credentialsFile === undefined ? 'default-chain' : readCredentials(credentialsFile),
    });
    made.set(account.id, { settings, gateway });
    return gateway;
  };
}

function readCredentials(file: string): z.infer<typeof Credentials> {
  try {
    return Credentials.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new AppError(
      'unavailable',
      'gateway.credentials-file',
      'The gateway account’s credentials file cannot be read; it holds {"accessKeyId": …, "accessKeySecret": …}.',
      undefined,
      { cause: error },
    );
  }
}
