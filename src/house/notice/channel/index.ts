import { z } from 'zod';
import { AppError } from '../../../kernel/app-error.rule.ts';
import type { ChannelKind } from '../channel.rule.ts';
import type { SmsGateway } from '../../../sms/gateway.ts';
import { addressFault, type AllowedHosts } from '../host.ts';
import type { Post } from '../post.ts';
import type { ChannelDriver } from './channel.ts';
import { createDingtalk } from './dingtalk.ts';
import { createEmail } from './email.ts';
import { createFeishu } from './feishu.ts';
import { createSmsNotice } from './sms.ts';
import { createWebhook } from './webhook.ts';
import { createWecom } from './wecom.ts';

const address = z.string().trim().max(500);
const robotSecret = z.string().trim().min(4).max(200);
const mailbox = z.email().max(200);

/** What is shown of a channel, and what never is. */
export const settingsOf = {
  email: z.object({
    host: z
      .string()
      .trim()
      .toLowerCase()
      .regex(/^[a-z0-9.-]{1,200}$/),
    port: z.coerce.number().int().min(1).max(65_535),
    security: z.enum(['tls', 'starttls']),
    user: z.string().trim().min(1).max(200),
    from: mailbox,
    ca: z.string().max(20_000).optional(),
  }),
  sms: z.object({
    gatewayAccountId: z.uuid(),
    signName: z.string().trim().min(2).max(30),
    templateCode: z.string().trim().min(1).max(40),
    dailyCap: z.coerce.number().int().min(1).max(10_000),
  }),
  wecom: z.object({}),
  dingtalk: z.object({}),
  feishu: z.object({}),
  webhook: z.object({}),
} as const satisfies Record<ChannelKind, z.ZodType>;

export const secretOf = {
  email: z.object({ password: z.string().min(1).max(500) }),
  sms: z.object({}),
  wecom: z.object({ url: address }),
  dingtalk: z.object({ url: address, secret: robotSecret }),
  feishu: z.object({ url: address, secret: robotSecret }),
  // 24 to 64 bytes, as the standard asks.
  webhook: z.object({
    url: address,
    secret: z
      .string()
      .trim()
      .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/),
  }),
} as const satisfies Record<ChannelKind, z.ZodType>;

export type ChannelParts = { kind: ChannelKind; settings: unknown; secret: unknown };
export type DriverDeps = {
  post: Post;
  allowed: AllowedHosts;
  /** Null when there is no such account. */
  gatewayOf: (accountId: string) => Promise<SmsGateway | null>;
};

/** Throws `invalid` where an address leads somewhere that is not allowed: also of what was stored under another allow-list. */
export function demandAddress(parts: ChannelParts, allowed: AllowedHosts): void {
  if (parts.kind === 'email' || parts.kind === 'sms') return;
  const { url } = secretOf[parts.kind].parse(parts.secret);
  const fault = addressFault(parts.kind, url, allowed);
  if (fault === 'channel.url')
    throw new AppError('invalid', 'channel.url', 'This is not the address that the provider gave for the robot.', {
      field: 'url',
    });
  if (fault === 'channel.url-host')
    throw new AppError(
      'invalid',
      'channel.url-host',
      'This address leads to a host that is not allowed here; whoever runs the installation allows hosts of the house in WAIHU_NOTICE_HOSTS.',
      { field: 'url' },
    );
  if (fault === 'channel.url-https')
    throw new AppError('invalid', 'channel.url-https', 'Give an address that begins with https://.', { field: 'url' });
}

/** Throws what makes the channel unusable. */
export async function createDriver(parts: ChannelParts, deps: DriverDeps): Promise<ChannelDriver> {
  demandAddress(parts, deps.allowed);
  const { kind, settings, secret } = parts;
  switch (kind) {
    case 'email': {
      const mail = settingsOf.email.parse(settings);
      return createEmail(mail, secretOf.email.parse(secret), deps.allowed.has(`${mail.host}:${mail.port}`));
    }
    case 'sms': {
      const sms = settingsOf.sms.parse(settings);
      const gateway = await deps.gatewayOf(sms.gatewayAccountId);
      if (!gateway)
        throw new AppError('conflict', 'channel.no-account', 'The gateway account of this channel is gone.');
      return createSmsNotice(gateway, sms);
    }
    case 'wecom':
      return createWecom(deps.post, secretOf.wecom.parse(secret));
    case 'dingtalk':
      return createDingtalk(deps.post, secretOf.dingtalk.parse(secret));
    case 'feishu':
      return createFeishu(deps.post, secretOf.feishu.parse(secret));
    case 'webhook':
      return createWebhook(deps.post, secretOf.webhook.parse(secret));
  }
}
