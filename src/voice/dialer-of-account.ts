import type { Seal } from '../house/notice/sealed.ts';
import { aliyunEndpoints } from '../sms/gateway-endpoint.rule.ts';
import { checkAsterisk, type AsteriskCheck } from './asterisk/check.ts';
import { createAsteriskDialer } from './asterisk/asterisk.ts';
import type { Dialer } from './dialer.ts';
import type { VoiceAccount } from './voice-account.db.ts';
import { demandVoiceHost } from './voice-host.rule.ts';

/** Whom an account is and how it is spoken to. The only door to an engine: a host that is not among `hosts` gets no driver. */
export type VoiceDoor = { seal: Seal; hosts?: readonly string[] | undefined };
type Known = Pick<VoiceAccount, 'id' | 'provider' | 'settings'>;

export const passwordOf = ({ id, settings }: Pick<Known, 'id' | 'settings'>, seal: Seal): string =>
  seal.open(Buffer.from(settings.sealedPassword, 'base64'), id) as string;

/**
 * A new driver for the account, which its caller closes: one process an installation may listen by it. Throws `voice.host-…`,
 * `channel.sealed-elsewhere`.
 */
export function dialerOfAccount(account: Known, { seal, hosts = aliyunEndpoints }: VoiceDoor): Dialer {
  demandVoiceHost(account.settings.url, hosts);
  switch (account.provider) {
    case 'asterisk':
      return createAsteriskDialer(account.settings, passwordOf(account, seal));
  }
}

/** Whether the engine can be worked with, and what is to be mended where it cannot. */
export async function checkAccount(
  account: Known,
  { seal, hosts = aliyunEndpoints }: VoiceDoor,
): Promise<AsteriskCheck> {
  demandVoiceHost(account.settings.url, hosts);
  switch (account.provider) {
    case 'asterisk':
      return checkAsterisk(account.settings, passwordOf(account, seal));
  }
}
