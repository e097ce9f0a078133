import { findGatewayAccount, type GatewayAccount } from '../../sms/gateway-account.db.ts';
import type { NoticeChannel } from './channel.db.ts';
import type { InstallationKey } from '../../kernel/installation-key.rule.ts';
import type { Pool } from '../../kernel/sql.db.ts';
import { createTranslators, readCatalogue, type Language, type Translate } from '../../kernel/translate.ts';
import type { SmsGateway } from '../../sms/gateway.ts';
import type { ChannelDriver } from './channel/channel.ts';
import { createDriver } from './channel/index.ts';
import type { AllowedHosts } from './host.ts';
import { createPost, type Post } from './post.ts';
import { createSeal, type Seal } from './sealed.ts';

/** What turns a stored channel into one that sends. */
export type ChannelKit = {
  seal: Seal;
  allowed: AllowedHosts;
  /** What is said outside, in each language. */
  translators: Record<Language, Translate>;
  publicUrl: string;
  driverOf(channel: Pick<NoticeChannel, 'id' | 'kind' | 'settings' | 'secret'>): Promise<ChannelDriver>;
};

export function createChannelKit(options: {
  pool: Pool;
  key: InstallationKey;
  publicUrl: string;
  allowed: readonly string[];
  gatewayOf: (account: GatewayAccount) => SmsGateway;
  post?: Post;
}): ChannelKit {
  const seal = createSeal(options.key);
  const allowed = new Set(options.allowed);
  const post = options.post ?? createPost({ allowed });
  const gatewayOf = async (accountId: string): Promise<SmsGateway | null> => {
    const account = await findGatewayAccount(options.pool, accountId);
    return account && options.gatewayOf(account);
  };
  return {
    seal,
    allowed,
    translators: createTranslators(readCatalogue()),
    publicUrl: options.publicUrl,
    driverOf: ({ id, kind, settings, secret }) =>
      createDriver({ kind, settings, secret: seal.open(secret, id) }, { post, allowed, gatewayOf }),
  };
}
