import { z } from 'zod';
import { defaultLeftOutPercent } from './left-out.rule.ts';
import { defaultContactPolicy, type ContactPolicy } from './refusal.rule.ts';
import type { HouseWord } from './opt-out.rule.ts';
import { houseWordHows, houseWordMeans } from './opt-out-words.rule.ts';
import { execute, maybe, sql, type Db } from '../kernel/sql.db.ts';

export type SettingKey = 'contact-policy' | 'left-out-percent' | 'opt-out-words';

const Cap = z.object({ max: z.int().min(0), days: z.int().min(1).max(366) });
export const ContactPolicySetting = z.object({
  marketing: Cap,
  notice: Cap,
  deadNumberDays: z.int().min(1).max(3_650).default(defaultContactPolicy.deadNumberDays),
}) satisfies z.ZodType<ContactPolicy>;

export async function loadContactPolicy(db: Db): Promise<ContactPolicy> {
  const row = await maybe(
    db,
    z.object({ value: ContactPolicySetting }),
    sql`select value from setting where key = 'contact-policy'`,
  );
  return row?.value ?? defaultContactPolicy;
}

/** Above which share of people left out the applicant is asked, in whole per cent. */
export async function loadLeftOutPercent(db: Db): Promise<number> {
  const row = await maybe(
    db,
    z.object({ value: z.int().min(0).max(100) }),
    sql`select value from setting where key = 'left-out-percent'`,
  );
  return row?.value ?? defaultLeftOutPercent;
}

export const storeSetting = (tx: Db, key: SettingKey, value: unknown) =>
  execute(
    tx,
    sql`insert into setting (key, value) values (${key}, ${JSON.stringify(value)})
      on conflict (key) do update set value = excluded.value, changed_at = now()`,
  );

/** Null when the setting was never stored. */
export async function settingChangedAt(db: Db, key: SettingKey): Promise<Date | null> {
  const row = await maybe(db, z.object({ at: z.date() }), sql`select changed_at as at from setting where key = ${key}`);
  return row?.at ?? null;
}

const OptOutWords = z.array(
  z.object({ word: z.string(), how: z.enum(houseWordHows), means: z.enum(houseWordMeans) }),
) satisfies z.ZodType<HouseWord[]>;

/** The house's own words of opt-outs; none when it never named any. */
export async function loadOptOutWords(db: Db): Promise<HouseWord[]> {
  const row = await maybe(
    db,
    z.object({ value: OptOutWords }),
    sql`select value from setting where key = 'opt-out-words'`,
  );
  return row?.value ?? [];
}
