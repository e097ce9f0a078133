import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { isLoopback } from '../../kernel/loopback.rule.ts';
import { listCampaignsOnTemplate, type CampaignUse } from '../../audience/list.db.ts';
import { findGatewayAccount, type GatewayAccount } from '../gateway-account.db.ts';
import { findTemplate } from './template.db.ts';
import { listLatestTemplates, listVersions, type TemplateLine } from './list.db.ts';
import type { GatewaySignature, GatewayTemplate, SmsGateway } from '../gateway.ts';
import { parseTemplate } from './template.rule.ts';
import { demand, unitsFor, type Context } from '../../house/context.ts';

const Listing = z.object({
  kind: z.enum(['marketing', 'notice']).nullish(),
  text: z.string().max(100).nullish(),
  after: z.string().max(60).nullish(),
  limit: z.int().min(1).max(200).default(50),
});

/** The newest version of each template, by name; `next` is the `after` of the page that follows. */
export async function listTemplateLines(
  ctx: Context,
  input: z.input<typeof Listing> = {},
): Promise<{ rows: TemplateLine[]; next: string | null }> {
  demand(ctx, 'template:read');
  const { kind, text, after, limit } = Listing.parse(input);
  const found = await listLatestTemplates(
    ctx.pool,
    { kind: kind ?? null, text: text?.trim() || null, units: unitsFor(ctx, 'campaign:read') },
    after ?? null,
    limit + 1,
  );
  const rows = found.slice(0, limit);
  return { rows, next: found.length > limit ? (rows.at(-1)?.name ?? null) : null };
}

/** One version, its sisters (the newest first, this one included) and the campaigns that use it. Throws `template.unknown`. */
export async function showTemplate(
  ctx: Context,
  id: string,
): Promise<{ template: TemplateLine; versions: TemplateLine[]; campaigns: CampaignUse[] }> {
  demand(ctx, 'template:read');
  const found = await findTemplate(ctx.pool, id);
  if (!found) throw new AppError('missing', 'template.unknown', 'There is no such template.', { id });
  const units = unitsFor(ctx, 'campaign:read');
  const [versions, campaigns] = await Promise.all([
    listVersions(ctx.pool, found.name, units),
    listCampaignsOnTemplate(ctx.pool, id, units, 50),
  ]);
  const template = versions.find((version) => version.id === id);
  if (!template) throw new AppError('missing', 'template.unknown', 'There is no such template.', { id });
  return { template, versions, campaigns };
}

/** The driver of an account; made by whoever composes the process. */
export type GatewayOf = (account: GatewayAccount) => SmsGateway;

export type TemplateReview = {
  template: GatewayTemplate | null;
  signature: GatewaySignature | null;
  /** Whether the gateway holds this very text: it renders from its own copy. Null when it has none. */
  sameText: boolean | null;
  /** On this machine: nothing is applied for in earnest. */
  sandbox: boolean;
  askedAt: Date;
};

/** What the gateway's reviewers say of this version, asked now. Throws `template.unknown`, `sms-gateway.no-answer`. */
export async function askReview(ctx: Context, gatewayOf: GatewayOf, id: string): Promise<TemplateReview> {
  demand(ctx, 'template:read');
  const template = await findTemplate(ctx.pool, id);
  const account = template && (await findGatewayAccount(ctx.pool, template.gatewayAccountId));
  if (!template || !account) throw new AppError('missing', 'template.unknown', 'There is no such template.', { id });
  const gateway = gatewayOf(account);
  const [held, signature] = await Promise.all([
    gateway.findTemplate(template.gatewayCode),
    gateway.findSignature(template.signName),
  ]);
  const parsed = parseTemplate(template.source);
  const sameText = held === null ? null : parsed.ok && held.content === parsed.gatewayContent;
  return { template: held, signature, sameText, sandbox: isLoopback(account.settings.endpoint), askedAt: ctx.now() };
}
