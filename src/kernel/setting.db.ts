import { z } from 'zod';
import { execute, maybe, sql, type Db, type Tx } from './sql.db.ts';

export type SettingKey =
  | 'calendar-notice'
  | 'contact-policy'
  | 'desk-breaks'
  | 'left-out-percent'
  | 'notice-quiet'
  | 'opt-out-effect'
  | 'opt-out-words'
  | 'retention'
  | 'sign-reminder';

/** A setting of the house as it was last stored; `unset` where it never was. */
export async function loadSetting<Value>(
  db: Db,
  key: SettingKey,
  value: z.ZodType<Value>,
  unset: Value,
): Promise<Value> {
  const row = await maybe(db, z.object({ value }), sql`select value from setting where key = ${key}`);
  return row === null ? unset : row.value;
}

/** `at`: when it was changed; the database's time where none is given. */
export const storeSetting = (tx: Tx, key: SettingKey, value: unknown, at: Date | null = null) =>
  execute(
    tx,
    sql`insert into setting (key, value, changed_at) values (${key}, ${JSON.stringify(value)}, coalesce(${at}::timestamptz, now()))
      on conflict (key) do update set value = excluded.value, changed_at = excluded.changed_at`,
  );
