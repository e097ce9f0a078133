import { z } from 'zod';
import { noticeKinds, type NoticeKind } from './notice.rule.ts';
import { channelKinds } from './channel.rule.ts';
import { defaultQuiet, type Quiet } from './delivery.rule.ts';
import { loadSetting, storeSetting } from '../../kernel/setting.db.ts';
import { execute, many, maybe, sql, type Db, type Tx } from '../../kernel/sql.db.ts';

const Row = z.object({
  id: z.uuid(),
  kind: z.enum(channelKinds),
  name: z.string(),
  settings: z.record(z.string(), z.unknown()),
  secret: z.instanceof(Uint8Array),
  kinds: z.array(z.enum(noticeKinds)),
  enabled: z.boolean(),
  failures: z.number(),
  lastState: z.string().nullable(),
  lastCode: z.string().nullable(),
  lastAt: z.date().nullable(),
  nextAt: z.date().nullable(),
  createdAt: z.date(),
});
export type NoticeChannel = z.infer<typeof Row>;
const columns = sql`id, kind, name, settings, secret, kinds, enabled, failures, last_state as "lastState", last_code as "lastCode",
  last_at as "lastAt", next_at as "nextAt", created_at as "createdAt"`;

export const listChannels = (db: Db): Promise<NoticeChannel[]> =>
  many(db, Row, sql`select ${columns} from notice_channel order by created_at, id`);
export const findChannel = (db: Db, id: string): Promise<NoticeChannel | null> =>
  maybe(db, Row, sql`select ${columns} from notice_channel where id = ${id}`);

type Written = Pick<NoticeChannel, 'id' | 'kind' | 'name' | 'settings' | 'secret' | 'kinds' | 'enabled' | 'createdAt'>;
/** False when the name is taken. */
export async function insertChannel(tx: Tx, channel: Written): Promise<boolean> {
  const { id, kind, name, settings, secret, kinds, enabled, createdAt } = channel;
  const { rowCount } = await execute(
    tx,
    sql`insert into notice_channel (id, kind, name, settings, secret, kinds, enabled, created_at)
      values (${id}, ${kind}, ${name}, ${JSON.stringify(settings)}, ${Buffer.from(secret)}, ${kinds}, ${enabled}, ${createdAt})
      on conflict (name) do nothing`,
  );
  return rowCount === 1;
}
/** What was wrong before is not held against what it is now. */
export const updateChannel = (tx: Tx, channel: Omit<Written, 'kind' | 'createdAt' | 'name'>) =>
  execute(
    tx,
    sql`update notice_channel set settings = ${JSON.stringify(channel.settings)}, secret = ${Buffer.from(channel.secret)},
        kinds = ${channel.kinds}, enabled = ${channel.enabled}, failures = 0, next_at = null
      where id = ${channel.id}`,
  );
export const deleteChannel = (tx: Tx, id: string) => execute(tx, sql`delete from notice_channel where id = ${id}`);

/** What a call came to; gives the failures in a row that there are now. */
export async function noteCall(
  tx: Db,
  id: string,
  call: { failed: boolean; state: string; code: string | null; nextAt: Date | null; disable: boolean },
  now: Date,
): Promise<number> {
  const row = await maybe(
    tx,
    z.object({ failures: z.number() }),
    sql`update notice_channel set failures = case when ${call.failed} then failures + 1 when ${call.state} = 'accepted' then 0 else failures end,
        last_state = ${call.state}, last_code = ${call.code}, last_at = ${now}, enabled = enabled and not ${call.disable},
        next_at = greatest(next_at, ${call.nextAt}::timestamptz)
      where id = ${id} returning failures`,
  );
  return row?.failures ?? 0;
}

const QuietRow = z.object({ from: z.string(), to: z.string(), restDays: z.boolean() });
export const loadHouseQuiet = (db: Db): Promise<Quiet> => loadSetting(db, 'notice-quiet', QuietRow, defaultQuiet);
export const storeHouseQuiet = (tx: Tx, quiet: Quiet, now: Date) => storeSetting(tx, 'notice-quiet', quiet, now);

export const findOwnQuiet = (db: Db, staffId: string): Promise<Quiet | null> =>
  maybe(
    db,
    QuietRow,
    sql`select quiet_from as "from", quiet_to as "to", rest_days as "restDays" from notice_quiet where staff_id = ${staffId}`,
  );
export const storeOwnQuiet = (tx: Tx, staffId: string, quiet: Quiet | null) =>
  quiet === null
    ? execute(tx, sql`delete from notice_quiet where staff_id = ${staffId}`)
    : execute(
        tx,
        sql`insert into notice_quiet (staff_id, quiet_from, quiet_to, rest_days)
          values (${staffId}, ${quiet.from}, ${quiet.to}, ${quiet.restDays})
          on conflict (staff_id) do update set quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, rest_days = excluded.rest_days`,
      );

const ChoiceRow = z.object({
  staffId: z.string(),
  kind: z.enum(noticeKinds),
  channel: z.enum(['email', 'sms']),
  wanted: z.boolean(),
});
export type NoticeChoice = z.infer<typeof ChoiceRow>;
export const choicesOf = (db: Db, staffIds: readonly string[]): Promise<NoticeChoice[]> =>
  many(
    db,
    ChoiceRow,
    sql`select staff_id as "staffId", kind, channel, wanted from notice_choice
      where staff_id = any(${[...staffIds]}::uuid[]) and kind = any(${[...noticeKinds]}::text[])`,
  );
export async function storeChoices(
  tx: Tx,
  staffId: string,
  choices: readonly { kind: NoticeKind; channel: 'email' | 'sms'; wanted: boolean }[],
): Promise<void> {
  await execute(tx, sql`delete from notice_choice where staff_id = ${staffId}`);
  await execute(
    tx,
    sql`insert into notice_choice (staff_id, kind, channel, wanted)
      select ${staffId}, * from unnest(${choices.map(({ kind }) => kind)}::text[], ${choices.map(({ channel }) => channel)}::text[],
        ${choices.map(({ wanted }) => wanted)}::boolean[])`,
  );
}

const AddressRow = z.object({
  channel: z.enum(['email', 'sms']),
  address: z.string(),
  codeHash: z.string().nullable(),
  codeExpiresAt: z.date().nullable(),
  tries: z.number(),
  verifiedAt: z.date().nullable(),
});
export type NoticeAddress = z.infer<typeof AddressRow>;
export const addressesOf = (db: Db, staffId: string): Promise<NoticeAddress[]> =>
  many(
    db,
    AddressRow,
    sql`select channel, address, code_hash as "codeHash", code_expires_at as "codeExpiresAt", tries, verified_at as "verifiedAt"
      from notice_address where staff_id = ${staffId} order by channel for update`,
  );
export const storeAddress = (
  tx: Tx,
  staffId: string,
  given: { channel: 'email' | 'sms'; address: string; codeHash: string; codeExpiresAt: Date },
) =>
  execute(
    tx,
    sql`insert into notice_address (staff_id, channel, address, code_hash, code_expires_at)
      values (${staffId}, ${given.channel}, ${given.address}, ${given.codeHash}, ${given.codeExpiresAt})
      on conflict (staff_id, channel) do update set address = excluded.address, code_hash = excluded.code_hash,
        code_expires_at = excluded.code_expires_at, tries = 0, verified_at = null`,
  );
export const noteTry = (tx: Tx, staffId: string, channel: 'email' | 'sms', verifiedAt: Date | null) =>
  execute(
    tx,
    sql`update notice_address set tries = tries + 1, verified_at = ${verifiedAt},
        code_hash = case when ${verifiedAt}::timestamptz is null then code_hash end
      where staff_id = ${staffId} and channel = ${channel}`,
  );
export const deleteAddress = (tx: Tx, staffId: string, channel: 'email' | 'sms') =>
  execute(tx, sql`delete from notice_address where staff_id = ${staffId} and channel = ${channel}`);
