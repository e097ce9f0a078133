import { z } from 'zod';
import { execute, many, maybe, sql, type Db } from '../kernel/sql.db.ts';
import { AsteriskSettings } from './asterisk/settings.rule.ts';

/** The password is sealed under the installation's key and bound to the account; whoever reads the database cannot call. */
export const VoiceSettings = AsteriskSettings.extend({ sealedPassword: z.string() });
export type VoiceSettings = z.infer<typeof VoiceSettings>;

/** Why an account makes no calls: somebody stopped it, or the carrier let it in no more. */
export const voiceStopCodes = ['by-hand', 'trunk-auth'] as const;
export type VoiceStopCode = (typeof voiceStopCodes)[number];

const Row = z.object({
  id: z.uuid(),
  name: z.string(),
  provider: z.enum(['asterisk']),
  settings: VoiceSettings,
  callerNumbers: z.array(z.string()),
  lines: z.number(),
  callsPerSecond: z.number(),
  webhookToken: z.string(),
  state: z.enum(['active', 'stopped']),
  stopCode: z.enum(voiceStopCodes).nullable(),
  stoppedUntil: z.date().nullable(),
});
export type VoiceAccount = z.infer<typeof Row>;
const columns = sql`id, name, provider, settings, caller_numbers as "callerNumbers", lines,
  calls_per_second as "callsPerSecond", webhook_token as "webhookToken", state, stop_code as "stopCode",
  stopped_until as "stoppedUntil"`;

export const findVoiceAccount = (db: Db, id: string): Promise<VoiceAccount | null> =>
  maybe(db, Row, sql`select ${columns} from voice_account where id = ${id}`);
export const findVoiceAccountByName = (db: Db, name: string): Promise<VoiceAccount | null> =>
  maybe(db, Row, sql`select ${columns} from voice_account where name = ${name}`);
export const listVoiceAccounts = (db: Db): Promise<VoiceAccount[]> =>
  many(db, Row, sql`select ${columns} from voice_account order by name`);

export const insertVoiceAccount = (
  tx: Db,
  account: Omit<VoiceAccount, 'state' | 'stopCode' | 'stoppedUntil'>,
): Promise<unknown> =>
  execute(
    tx,
    sql`insert into voice_account
        (id, name, provider, settings, caller_numbers, lines, calls_per_second, webhook_token)
      values (${account.id}, ${account.name}, ${account.provider}, ${JSON.stringify(account.settings)},
        ${account.callerNumbers}, ${account.lines}, ${account.callsPerSecond}, ${account.webhookToken})`,
  );

/** Who holds the line is told, in the same transaction: it takes the account up as it is now. */
const notify = (tx: Db, id: string): Promise<unknown> => execute(tx, sql`select pg_notify('waihu_calls', ${id})`);

export async function updateVoiceAccount(
  tx: Db,
  account: Pick<VoiceAccount, 'id' | 'settings' | 'callerNumbers' | 'lines' | 'callsPerSecond'>,
): Promise<void> {
  await execute(
    tx,
    sql`update voice_account set settings = ${JSON.stringify(account.settings)},
        caller_numbers = ${account.callerNumbers}, lines = ${account.lines},
        calls_per_second = ${account.callsPerSecond}
      where id = ${account.id}`,
  );
  await notify(tx, account.id);
}

/** Says whether it was this call that stopped it. Calls that are on go on. */
export async function stopVoiceAccount(tx: Db, id: string, code: VoiceStopCode): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update voice_account set state = 'stopped', stop_code = ${code} where id = ${id} and state = 'active'`,
  );
  await notify(tx, id);
  return rowCount === 1;
}

export async function resumeVoiceAccount(tx: Db, id: string): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update voice_account set state = 'active', stop_code = null, stopped_until = null
      where id = ${id} and state = 'stopped'`,
  );
  await notify(tx, id);
  return rowCount === 1;
}
