import { AppError } from '../kernel/app-error.rule.ts';
import { createAliyunGateway } from './aliyun/aliyun.ts';
import type { AliyunSettings } from './aliyun/client.ts';
import { createAliyunPushParser } from './aliyun/push.ts';
import { explainCode, faultOf, isSplittable, type CodeExplanation } from './aliyun/errors.ts';
import type { RecipientFault } from './submit-outcome.rule.ts';
import type { PushParser, SmsGateway } from './gateway.ts';

/** Settings of one gateway account; `provider` chooses the driver. */
export type SmsAccountSettings = { provider: 'aliyun' } & AliyunSettings;
export type SmsProvider = SmsAccountSettings['provider'];

/** One gateway per account, to be kept and shared: it holds the HTTP client. Throws AppError('invalid', 'sms-account.…'). */
export function createGateway(account: SmsAccountSettings, now?: () => Date): SmsGateway {
  switch (account.provider) {
    case 'aliyun':
      return createAliyunGateway(account, now);
    default:
      throw unknownProvider(account.provider);
  }
}

/** Reads what the provider pushes. `now` dates a reply whose own time cannot be read. */
export function pushParser(provider: SmsProvider, now?: () => Date): PushParser {
  switch (provider) {
    case 'aliyun':
      return createAliyunPushParser(now);
    default:
      throw unknownProvider(provider);
  }
}

const unknownProvider = (provider: never) =>
  new AppError('invalid', 'sms-account.provider', 'This SMS provider is not supported; use aliyun.', { provider });

/** What a provider's codes mean; for drivers' callers that must react or explain. */
export function gatewayCodes(provider: SmsProvider): {
  explain: (code: string) => CodeExplanation;
  isSplittable: (code: string, sameText: boolean) => boolean;
  faultOf: (code: string, sameText: boolean) => RecipientFault | null;
} {
  switch (provider) {
    case 'aliyun':
      return { explain: explainCode, isSplittable, faultOf };
    default:
      throw unknownProvider(provider);
  }
}
