import { findCalendar } from '../kernel/calendar.db.ts';
import { loadContactPolicy } from './setting.db.ts';
import type { Db } from '../kernel/sql.db.ts';
import type { SendingHours } from './sending-window.rule.ts';
import type { ContactAsk } from './contact.rule.ts';
import { everyDay, hoursFor, type ContactHours } from './policy.rule.ts';
import { purposeOfText, type ContactChannel, type ContactPurpose } from '../kernel/reach.rule.ts';

type Wanted = { purpose: ContactPurpose; channel: ContactChannel; topic: string | null; sender: ContactHours | null };

/** What is asked of the rule for any contact, by the policy and the calendar of this moment: both are read once, however many are asked for. */
export async function loadContactAsks(db: Db): Promise<(wanted: Wanted) => ContactAsk> {
  const policy = await loadContactPolicy(db);
  const calendar = await findCalendar(db);
  return ({ purpose, channel, topic, sender }) => {
    const hours = hoursFor(policy, purpose, channel, sender);
    return { purpose, channel, topic, policy, hours, calendar };
  };
}

/** The same for one such contact. */
export const loadContactAsk = async (db: Db, wanted: Wanted): Promise<ContactAsk> =>
  (await loadContactAsks(db))(wanted);

type Account = { settings: { hours: SendingHours } };

/** The same for a text of that kind by that gateway account; before one is chosen its hours do not count. */
export const loadTextAsk = (
  db: Db,
  {
    kind,
    contactPurpose,
    topic,
    account,
  }: {
    kind: 'marketing' | 'notice';
    contactPurpose: ContactPurpose | null;
    topic: string | null;
    account: Account | null;
  },
): Promise<ContactAsk> =>
  loadContactAsk(db, {
    purpose: purposeOfText({ kind, contactPurpose }),
    channel: 'sms',
    topic,
    sender: account === null ? null : everyDay(...account.settings.hours[kind]),
  });
