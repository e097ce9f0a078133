import { z } from 'zod';
import { defaultSendingHours } from '../contact/sending-window.rule.ts';
import { announce } from '../house/notice/announce.db.ts';
import { execute, many, maybe, sql, type Db } from '../kernel/sql.db.ts';

const Hours = z.tuple([z.string(), z.string()]);
export const GatewaySettings = z.object({
  /** Host, with a port if it is not the protocol's own. Default: Alibaba's for the mainland regions. */
  endpoint: z.string().default('dysmsapi.aliyuncs.com'),
  protocol: z.enum(['https', 'http']).default('https'),
  /** JSON file with accessKeyId and accessKeySecret; absent: the SDK's default chain. */
  credentialsFile: z.string().optional(),
  timeoutMs: z.int().min(1_000).max(60_000).default(5_000),
  /** Seconds between two questions about the gateway's copy of the text while a campaign is being sent. */
  askTemplateEvery: z.int().min(5).max(3_600).default(120),
  /** When kinds may be sent: the provider closes promotion in the evening and at night. */
  hours: z
    .object({ marketing: Hours, notice: Hours })
    .default({ marketing: [...defaultSendingHours.marketing], notice: [...defaultSendingHours.notice] }),
  settle: z
    .object({
      /** Seconds after the submit before the gateway is asked about an unknown outcome or a missing receipt. */
      askUnknownAfter: z.int().min(1).default(120),
      askAcceptedAfter: z.int().min(1).default(1_800),
      /** Seconds between two questions about one message; doubled each time, at most an hour. */
      askEvery: z.int().min(1).default(300),
      /** So many answers "not known", the first after askUnknownAfter, prove that a message was not sent … */
      proofs: z.int().min(2).default(3),
      /**
       * … when the last of them was given so many seconds after the call: as long as the gateway's list may lag behind what it
       * sent. Alibaba states no bound for its own (docs/gateway-aliyun.md §2), so a whole day passes.
       */
      listLag: z.int().min(0).max(604_800).default(86_400),
      /** … and not on the China day of the call: the list is one of days, and a day's is whole only when the day is over. */
      afterDay: z.boolean().default(true),
      /** Receipts are taken as lost after this many hours. */
      receiptHours: z.number().positive().default(72),
    })
    .prefault({}),
});
export type GatewaySettings = z.infer<typeof GatewaySettings>;

const Row = z.object({
  id: z.uuid(),
  name: z.string(),
  provider: z.enum(['aliyun']),
  settings: GatewaySettings,
  ratePerSecond: z.number(),
  priceMilliYuan: z.number(),
  webhookToken: z.string(),
  state: z.enum(['active', 'stopped']),
  stopCode: z.string().nullable(),
  stoppedUntil: z.date().nullable(),
});
export type GatewayAccount = z.infer<typeof Row>;
const columns = sql`id, name, provider, settings, rate_per_second as "ratePerSecond", price_milli_yuan as "priceMilliYuan",
  webhook_token as "webhookToken", state, stop_code as "stopCode", stopped_until as "stoppedUntil"`;

export const findGatewayAccount = (db: Db, id: string): Promise<GatewayAccount | null> =>
  maybe(db, Row, sql`select ${columns} from gateway_account where id = ${id}`);
export const findGatewayAccountByName = (db: Db, name: string): Promise<GatewayAccount | null> =>
  maybe(db, Row, sql`select ${columns} from gateway_account where name = ${name}`);
export const findGatewayAccountByToken = (db: Db, token: string): Promise<GatewayAccount | null> =>
  maybe(db, Row, sql`select ${columns} from gateway_account where webhook_token = ${token}`);
export const listGatewayAccounts = (db: Db): Promise<GatewayAccount[]> =>
  many(db, Row, sql`select ${columns} from gateway_account order by name`);

export type NewGatewayAccount = Pick<
  GatewayAccount,
  'id' | 'name' | 'provider' | 'settings' | 'ratePerSecond' | 'priceMilliYuan' | 'webhookToken'
>;
export const insertGatewayAccount = (tx: Db, account: NewGatewayAccount) =>
  execute(
    tx,
    sql`insert into gateway_account (id, name, provider, settings, rate_per_second, price_milli_yuan, webhook_token)
      values (${account.id}, ${account.name}, ${account.provider}, ${JSON.stringify(account.settings)}, ${account.ratePerSecond}, ${account.priceMilliYuan}, ${account.webhookToken})`,
  );
export const updateGatewayAccount = (
  tx: Db,
  account: Pick<GatewayAccount, 'id' | 'settings' | 'ratePerSecond' | 'priceMilliYuan'>,
) =>
  execute(
    tx,
    sql`update gateway_account set settings = ${JSON.stringify(account.settings)}, rate_per_second = ${account.ratePerSecond}, price_milli_yuan = ${account.priceMilliYuan}
      where id = ${account.id}`,
  );

/** Stops the account, tells whoever is to hear of it, and says whether it was this call that did. */
export async function stopGatewayAccount(tx: Db, id: string, code: string, until: Date | null): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update gateway_account set state = 'stopped', stop_code = ${code}, stopped_until = ${until} where id = ${id} and state = 'active'`,
  );
  if (rowCount !== 1) return false;
  const now = new Date();
  await announce(
    tx,
    { kind: 'account-stopped', item: { kind: 'gateway', id }, step: now.toISOString(), details: { code } },
    now,
  );
  return true;
}
/** `due`: only when its time has come. Says whether it was this call that opened it. */
export async function reopenGatewayAccount(tx: Db, id: string, { due = false } = {}): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update gateway_account set state = 'active', stop_code = null, stopped_until = null where id = ${id} and state = 'stopped' and (not ${due} or stopped_until <= clock_timestamp())`,
  );
  return rowCount === 1;
}
