import { z } from 'zod';
import {
  defaultOptOutSetting,
  mostSecondNoDays,
  repliesMaySilence,
  type OptOutSetting,
} from './opt-out-effect.rule.ts';
import { defaultLeftOutPercent } from './left-out.rule.ts';
import { defaultContactPolicy, type ContactPolicy } from './policy.rule.ts';
import { contactChannels, contactPurposes } from '../kernel/reach.rule.ts';
import type { HouseWord } from './opt-out.rule.ts';
import { houseWordHows, houseWordMeans } from './opt-out-words.rule.ts';
import { loadSetting, type SettingKey } from '../kernel/setting.db.ts';
import { maybe, sql, type Db } from '../kernel/sql.db.ts';

const most = z.int().min(0).max(1_000).nullable();
const Caps = z.strictObject({ day: most, week: most, month: most, callsADay: most });
const time = z.string().regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/);
const Daily = z.tuple([time, time]).nullable();
const Hours = z.strictObject({ working: Daily, rest: Daily });
export const ContactPolicySetting = z.strictObject({
  caps: z.record(z.enum(contactPurposes), Caps),
  total: Caps,
  hours: z.record(z.enum(contactPurposes), z.record(z.enum(contactChannels), Hours.nullable())),
  deadNumberDays: z.int().min(1).max(3_650).default(defaultContactPolicy.deadNumberDays),
  blacklistDays: z.int().min(1).max(3_650).default(defaultContactPolicy.blacklistDays),
}) satisfies z.ZodType<ContactPolicy>;

export const loadContactPolicy = (db: Db): Promise<ContactPolicy> =>
  loadSetting(db, 'contact-policy', ContactPolicySetting, defaultContactPolicy);

export const OptOutSettingFields = z.strictObject({
  channels: z.array(z.enum(contactChannels)),
  purposes: z.array(z.enum(repliesMaySilence)),
  secondNoDays: z.int().min(1).max(mostSecondNoDays),
}) satisfies z.ZodType<OptOutSetting>;

/** What an opt-out by reply silences in this house. */
export const loadOptOutSetting = (db: Db): Promise<OptOutSetting> =>
  loadSetting(db, 'opt-out-effect', OptOutSettingFields, defaultOptOutSetting);

/** Above which share of people left out the applicant is asked, in whole per cent. */
export const loadLeftOutPercent = (db: Db): Promise<number> =>
  loadSetting(db, 'left-out-percent', z.int().min(0).max(100), defaultLeftOutPercent);

/** Null when the setting was never stored. */
export async function settingChangedAt(db: Db, key: SettingKey): Promise<Date | null> {
  const row = await maybe(db, z.object({ at: z.date() }), sql`select changed_at as at from setting where key = ${key}`);
  return row?.at ?? null;
}

const OptOutWords = z.array(
  z.object({ word: z.string(), how: z.enum(houseWordHows), means: z.enum(houseWordMeans) }),
) satisfies z.ZodType<HouseWord[]>;

/** The house's own words of opt-outs; none when it never named any. */
export const loadOptOutWords = (db: Db): Promise<HouseWord[]> => loadSetting(db, 'opt-out-words', OptOutWords, []);
