import { findCustomer } from '../customer/customer.db.ts';
import { numbersOf } from '../customer/number.db.ts';
import { numberToMeet } from '../customer/number.rule.ts';
import { houseZone } from '../customer/time-zone.rule.ts';
import { demand, type Context } from '../house/context.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { findCalendar } from '../kernel/calendar.db.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { showSendingRules } from './contact-policy.command.ts';
import { explainContact, type ContactAnswer } from './explain.rule.ts';
import { loadFacts } from './facts.db.ts';
import { everyDay, hoursFor, type ContactHours } from './policy.rule.ts';
import type { ContactPurpose } from '../kernel/reach.rule.ts';
import { chinaDateAt } from '../kernel/working-day.rule.ts';
import type { SendingHours } from './sending-window.rule.ts';
import { loadContactPolicy } from './setting.db.ts';

export type PersonContact = {
  customerId: string;
  name: string | null;
  phone: string;
  /** By whose clock the hours were judged. */
  zone: string;
  at: Date;
  answers: ContactAnswer[];
};

/**
 * For every purpose and channel: may this customer be contacted now, why not, and when at the earliest. By the facts and the
 * rule of the claim. Of texts the hours of the gateway account that opens first and closes last count. Throws `customer.unknown`.
 */
export async function explainCustomer(ctx: Context, { customerId }: { customerId: string }): Promise<PersonContact> {
  demand(ctx, 'customer:read');
  const customer = await findCustomer(ctx.pool, customerId);
  if (!customer) throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { customerId });
  const now = ctx.now();
  const [policy, calendar] = [await loadContactPolicy(ctx.pool), await findCalendar(ctx.pool)];
  const { accounts } = await showSendingRules(ctx);
  // Of several numbers the one by which a list would meet the person.
  const phone = numberToMeet(await numbersOf(ctx.pool, customerId, now), null, chinaDateAt(now)) ?? customer.phone;
  const person = { phone, customerId };
  // Consent is looked up for marketing alone, and then stands for every question.
  const facts = (await loadFacts(ctx.pool, [person], { purpose: 'marketing', topic: null }, now))(person);
  const answers = explainContact(
    facts,
    (purpose, channel) => ({
      purpose,
      channel,
      topic: null,
      policy,
      calendar,
      hours: hoursFor(policy, purpose, channel, senderHours(accounts, purpose)),
    }),
    now,
  );
  return { customerId, name: customer.name, phone: maskPhone(phone), zone: facts.zone ?? houseZone, at: now, answers };
}

function senderHours(accounts: readonly { hours: SendingHours }[], purpose: ContactPurpose): ContactHours | null {
  const daily = accounts.map(({ hours }) => hours[purpose === 'marketing' ? 'marketing' : 'notice']);
  const [from] = daily.map(([each]) => each).toSorted();
  const to = daily
    .map(([, each]) => each)
    .toSorted()
    .at(-1);
  return from === undefined || to === undefined ? null : everyDay(from, to);
}
