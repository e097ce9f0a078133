import { AppError } from '../kernel/app-error.rule.ts';
import { isLoopback } from '../kernel/loopback.rule.ts';
import { isAmong } from '../sms/gateway-endpoint.rule.ts';

/**
 * Throws AppError('invalid', 'voice.host-…') unless a PBX may be reached there. `allowed` comes from the environment: neither an
 * administrator nor somebody who writes into the database sends people's numbers, and what is said to them, to a host of their own.
 */
export function demandVoiceHost(url: string, allowed: readonly string[]): void {
  const { protocol, host } = new URL(url);
  const secure = protocol === 'https:';
  if (!secure && !isLoopback(host))
    throw refusal(
      'voice.host-plain',
      'http is for a PBX on this machine only: password and numbers would go in clear.',
    );
  if (!isAmong({ endpoint: host, protocol: secure ? 'https' : 'http' }, allowed))
    throw refusal('voice.host-not-allowed', 'This host may not be called: allow it with WAIHU_VOICE_HOSTS.');
}

const refusal = (code: 'voice.host-plain' | 'voice.host-not-allowed', message: string): AppError =>
  new AppError('invalid', code, message, { faults: [{ field: 'url', code, message }] });
