import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { rightsOf } from '../kernel/permission.rule.ts';
import { aliyunEndpoints, demandEndpoint } from './gateway-endpoint.rule.ts';
import * as accounts from './gateway-account.db.ts';
import type { SmsGateway } from './gateway.ts';
import { changeOf, withChange } from '../kernel/change.ts';
import { demand, mutate, type Context } from '../house/context.ts';
import { oneLine, paragraph } from '../kernel/field.rule.ts';

const host = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?$/i;
const Time = z
  .string()
  .max(5)
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'Give HH:mm on China time.');
const Hours = z
  .tuple([Time, Time])
  .refine(([from, to]) => from < to, 'Let the beginning come before the end; 00:00 to 24:00 is the whole day.');
const { endpoint, hours } = accounts.GatewaySettings.shape;
const settle = accounts.GatewaySettings.shape.settle.unwrap().shape;
const seconds = (field: z.ZodDefault<z.ZodInt>, most: number) =>
  z.int().min(1).max(most).default(field.parse(undefined));

/** Settings as they may be given: what is stored is read as it is. */
const Settings = accounts.GatewaySettings.extend({
  endpoint: z.string().max(260).regex(host, 'Give a host, with a port if need be.').default(endpoint.parse(undefined)),
  credentialsFile: oneLine(500).optional(),
  hours: z.object({ marketing: Hours, notice: Hours }).default(hours.parse(undefined)),
  settle: z
    .object({
      askUnknownAfter: seconds(settle.askUnknownAfter, 86_400),
      askAcceptedAfter: seconds(settle.askAcceptedAfter, 604_800),
      askEvery: seconds(settle.askEvery, 86_400),
      proofs: z.int().min(2).max(100).default(settle.proofs.parse(undefined)),
      listLag: z.int().min(0).max(604_800).default(settle.listLag.parse(undefined)),
      afterDay: z.boolean().default(settle.afterDay.parse(undefined)),
      receiptHours: z.number().positive().max(720).default(settle.receiptHours.parse(undefined)),
    })
    .prefault({}),
});

export const NewGatewayInput = z.strictObject({
  name: z
    .string()
    .trim()
    .max(40)
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'Use lower-case letters, digits and dashes.'),
  provider: z.enum(['aliyun']),
  settings: Settings.prefault({}),
  ratePerSecond: z.int().min(1).max(100_000),
  /** Thousandths of a yuan a segment: 45 is ¥0.045. */
  priceMilliYuan: z.int().min(0).max(100_000),
});

export type GatewayView = Omit<accounts.GatewayAccount, 'webhookToken'>;

export async function listGateways(ctx: Context): Promise<GatewayView[]> {
  demand(ctx, 'gateway:read');
  return (await accounts.listGatewayAccounts(ctx.pool)).map((account) => viewOf(ctx, account));
}

/** Who may not change an account is not told where its key lies on the server. */
function viewOf(ctx: Context, { webhookToken: _webhookToken, ...view }: accounts.GatewayAccount): GatewayView {
  if (rightsOf(ctx.staff.grants).has('gateway:write')) return view;
  const { credentialsFile: _credentialsFile, ...settings } = view.settings;
  return { ...view, settings };
}

/** Adds an account and gives the paths, below the public address, that the provider pushes receipts and replies to. */
export async function addGateway(
  ctx: Context,
  input: z.input<typeof NewGatewayInput>,
): Promise<{ id: string; reportsPath: string; repliesPath: string }> {
  const wanted = NewGatewayInput.parse(input);
  demandEndpoint(wanted.settings, ctx.gatewayEndpoints ?? aliyunEndpoints);
  return mutate(ctx, 'gateway:write', async (tx) => {
    if (await accounts.findGatewayAccountByName(tx, wanted.name))
      throw new AppError('conflict', 'gateway.name-taken', 'There is a gateway account of this name already.');
    const id = randomUUIDv7();
    const webhookToken = randomBytes(24).toString('base64url');
    await accounts.insertGatewayAccount(tx, { ...wanted, id, webhookToken });
    return {
      result: { id, ...pathsOf(wanted.provider, webhookToken) },
      audit: {
        action: 'gateway.create',
        objectKind: 'gateway',
        objectId: id,
        details: { name: wanted.name, provider: wanted.provider },
      },
    };
  });
}

const pathsOf = (provider: string, token: string) => ({
  reportsPath: `/webhooks/${provider}/${token}/reports`,
  repliesPath: `/webhooks/${provider}/${token}/replies`,
});

/** What is not named stays as it is, in the settings too. A `credentialsFile` of null goes back to the SDK's default chain. */
export const GatewayChange = changeOf(
  z.object({
    settings: Settings.extend({ credentialsFile: oneLine(500).nullable() }),
    ratePerSecond: NewGatewayInput.shape.ratePerSecond,
    priceMilliYuan: NewGatewayInput.shape.priceMilliYuan,
  }),
);

/** Changes settings, rate or price. A price that changes voids the signatures of every campaign that was signed at the old one. */
export async function changeGateway(
  ctx: Context,
  input: { name: string; change: z.input<typeof GatewayChange> },
): Promise<void> {
  const change = GatewayChange.parse(input.change);
  await mutate(ctx, 'gateway:write', async (tx) => {
    const before = await demandGateway(tx, input.name);
    const settings = settingsAfter(before.settings, change.settings ?? {});
    if (change.settings) demandEndpoint(settings, ctx.gatewayEndpoints ?? aliyunEndpoints);
    await accounts.updateGatewayAccount(tx, {
      id: before.id,
      settings,
      ratePerSecond: change.ratePerSecond ?? before.ratePerSecond,
      priceMilliYuan: change.priceMilliYuan ?? before.priceMilliYuan,
    });
    return {
      result: undefined,
      audit: {
        action: 'gateway.change',
        objectKind: 'gateway',
        objectId: before.id,
        details: { fields: fieldsOf(change) },
      },
    };
  });
}

/** `ratePerSecond`, `settings.endpoint`, …: names alone, since an endpoint or a file is nobody's business but the account's. */
const fieldsOf = ({ settings, ...own }: z.output<typeof GatewayChange>): string[] => [
  ...Object.keys(own),
  ...Object.keys(settings ?? {}).map((name) => `settings.${name}`),
];

function settingsAfter(
  before: accounts.GatewaySettings,
  change: NonNullable<z.output<typeof GatewayChange>['settings']>,
): accounts.GatewaySettings {
  const { credentialsFile = null, ...rest } = before;
  const after = withChange({ ...rest, credentialsFile }, change);
  return accounts.GatewaySettings.parse({ ...after, credentialsFile: after.credentialsFile ?? undefined });
}

/** One account as people see it. Throws `gateway.missing`. */
export async function showGateway(ctx: Context, name: string): Promise<GatewayView> {
  demand(ctx, 'gateway:read');
  return viewOf(ctx, await demandGateway(ctx.pool, name));
}

const Reveal = z.object({ name: z.string(), reason: paragraph(500, 4) });

/** The paths that the provider pushes to: whoever knows them can push, so showing them is on record. Throws `gateway.missing`. */
export async function revealWebhooks(
  ctx: Context,
  input: z.input<typeof Reveal>,
): Promise<{ reportsPath: string; repliesPath: string }> {
  const { name, reason } = Reveal.parse(input);
  return mutate(ctx, 'gateway:write', async (tx) => {
    const account = await demandGateway(tx, name);
    return {
      result: pathsOf(account.provider, account.webhookToken),
      audit: { action: 'gateway.webhook-revealed', objectKind: 'gateway', objectId: account.id, details: { reason } },
    };
  });
}

/** Asks the provider something harmless with the account's credentials. Throws `sms-gateway.no-answer`, `gateway.credentials-file`. */
export async function checkConnection(
  ctx: Context,
  gatewayOf: (account: accounts.GatewayAccount) => SmsGateway,
  name: string,
): Promise<{ milliseconds: number }> {
  demand(ctx, 'gateway:write');
  const account = await demandGateway(ctx.pool, name);
  const began = performance.now();
  // A signature that no account has: "there is none" is an answer that only valid credentials get.
  await gatewayOf(account).findSignature('连接检查');
  return { milliseconds: Math.round(performance.now() - began) };
}

/** After the cause is mended: the account may send again; its campaigns stay paused until somebody resumes them. */
export async function reopenGateway(ctx: Context, input: { name: string }): Promise<void> {
  await mutate(ctx, 'gateway:write', async (tx) => {
    const account = await demandGateway(tx, input.name);
    if (!(await accounts.reopenGatewayAccount(tx, account.id)))
      throw new AppError('conflict', 'gateway.not-stopped', 'This gateway account is not stopped.');
    return {
      result: undefined,
      audit: {
        action: 'gateway.reopen',
        objectKind: 'gateway',
        objectId: account.id,
        details: { stopCode: account.stopCode },
      },
    };
  });
}

async function demandGateway(
  tx: Parameters<typeof accounts.findGatewayAccountByName>[0],
  name: string,
): Promise<accounts.GatewayAccount> {
  const account = await accounts.findGatewayAccountByName(tx, name);
  if (!account)
    throw new AppError(
      'missing',
      'gateway.missing',
      'There is no gateway account of this name; see `waihu gateway list`.',
    );
  return account;
}
