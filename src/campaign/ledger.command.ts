import type { Campaign } from './campaign.db.ts';
import type { FigureGlance } from './figures.db.ts';
import {
  consentOf,
  contactsBetween,
  exclusionPage,
  findLedgerPerson,
  ledgerPeople,
  ledgerPeopleByCustomer,
  ledgerPeopleByTail,
  ledgerPeopleIn,
  subscriptionOf,
  suppressionsAt,
  type LedgerPerson,
} from './ledger-rows.db.ts';
import { exclusionsOf } from './live.db.ts';
import { loadTextAsk } from '../contact/ask.db.ts';
import { fullUntil, longestCapDays, refusalFor, type ContactAsk } from '../contact/contact.rule.ts';
import { capToShow, checksOf, countedBy } from '../contact/explanation.rule.ts';
import { loadFacts } from '../contact/facts.db.ts';
import { capsFor } from '../contact/policy.rule.ts';
import { covers } from '../kernel/reach.rule.ts';
import { findLiveCampaign, type LiveCampaign } from './live-campaign.db.ts';
import { findExclusion, findMemberByPhone, receiptsOf, repliesOf } from './ledger.db.ts';
import { countsOf, findMessage } from './message.db.ts';
import { filesOfSources } from '../customer/import/import.db.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { partsOf, statesOfPart, type LedgerPart } from './figure.rule.ts';
import { formatOutId } from '../sms/out-id.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { mayInUnit } from '../kernel/permission.rule.ts';
import { normalizeMobile } from '../kernel/phone.rule.ts';
import type { Figures } from './figures.command.ts';
import { loadCampaign } from './view.command.ts';
import { demandIn, type Context } from '../house/context.ts';

export type LedgerQuery = {
  part: LedgerPart | 'excluded' | null;
  reason: string | null;
  /** Four last digits of a number, or a customer's number in the house. */
  text: string | null;
  after: number;
  limit: number;
};

// A million rows are counted in three seconds, and left in peace for four times as long.
const freshMs = 20_000;
const patienceMs = 40;

const masked = ({ phone, externalId, ...person }: LedgerPerson) => ({
  ...person,
  phone: maskPhone(phone),
  customerNumber: externalId === null ? null : maskCustomerNumber(externalId),
});
export type LedgerPersonShown = ReturnType<typeof masked>;

/** A customer's number in the house shows its end only, as a phone does. */
export const maskCustomerNumber = (id: string): string => (id.length > 4 ? `****${id.slice(-4)}` : id);

/** One page of a campaign's ledger, numbers masked, in order of the list. */
export async function browseLedger(ctx: Context, figures: Figures, number: string, query: LedgerQuery) {
  const campaign = await loadCampaign(ctx, number);
  const { frozenAudienceId: audienceId, key } = campaign;
  if (!audienceId) return { campaign, rows: [], excluded: [], next: null, parts: null, reasons: [], exclusions: [] };
  const { part, reason, text, after, limit } = query;
  const opened = campaign.startedAt !== null || campaign.finishedAt !== null || campaign.state === 'cancelled';
  const counted = opened ? (await figures.glance([key], patienceMs)).get(key) : undefined;
  const exclusions = Object.entries((await exclusionsOf(ctx.pool, audienceId))?.excluded ?? {});
  const lines = counted?.lines ?? [];
  const parts = counted && lines.length > 0 ? partsOf(countsOf(lines)) : null;
  const reasons = reasonsIn(part, lines, exclusions);
  const head = { campaign, parts, reasons, exclusions: exclusions.map(([of, count]) => ({ reason: of, count })) };
  if (part === 'excluded') {
    const found = await exclusionPage(ctx.pool, audienceId, reason, after, limit + 1);
    const shown = found.slice(0, limit).map(({ phone, reason: why }) => ({ phone: maskPhone(phone), reason: why }));
    return { ...head, rows: [], excluded: shown, next: found.length > limit ? after + limit : null };
  }
  const states = part === null ? null : statesOfPart(part);
  const from = states === null || text !== null || parts === null ? 1 : firstOf(counted, states, reason, ctx.now());
  if (from === null) return { ...head, rows: [], excluded: [], next: null };
  const place = { campaignKey: key, audienceId, afterSeq: Math.max(after, from - 1), limit: limit + 1 };
  const find = async (): Promise<LedgerPerson[]> => {
    if (text !== null)
      return /^\d{4}$/.test(text)
        ? ledgerPeopleByTail(ctx.pool, place, text, states)
        : ledgerPeopleByCustomer(ctx.pool, place, text);
    if (states === null) return ledgerPeople(ctx.pool, place);
    return ledgerPeopleIn(ctx.pool, place, states, reason);
  };
  const found = await find();
  const rows = found.slice(0, limit).map(masked);
  return { ...head, rows, excluded: [], next: found.length > limit ? (rows.at(-1)?.seq ?? null) : null };
}

/**
 * Where on the list the first of them stands, null when there are none: the ledger up to them need not be read (140 ms of a
 * million). Whoever has come to stand before that since the count is found after the next one.
 */
function firstOf(
  counted: FigureGlance | undefined,
  states: readonly string[],
  reason: string | null,
  now: Date,
): number | null {
  const fresh = counted && (counted.ended || now.getTime() - counted.at.getTime() < freshMs);
  if (!fresh) return 1;
  const lines = counted.lines.filter(
    (line) => states.includes(line.state) && (reason === null || line.reason === null || line.reason === reason),
  );
  return lines.length === 0 ? null : Math.min(...lines.map(({ first = 1 }) => first));
}

function reasonsIn(
  part: LedgerQuery['part'],
  lines: readonly { state: string; reason: string | null; count: number }[],
  exclusions: readonly [string, number][],
): { reason: string; count: number }[] {
  const sums = new Map<string, number>(part === 'excluded' ? exclusions : []);
  for (const { state, reason, count } of lines)
    if (state === part && reason !== null) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return [...sums].map(([reason, count]) => ({ reason, count })).toSorted((a, b) => b.count - a.count);
}

const dayMs = 86_400_000;

/** Why one person on the list was contacted, or was not: the stored decision with what is on record about that moment. */
export async function explainPerson(ctx: Context, input: { number: string; seq: number; recompute: boolean }) {
  const { campaign, live } = await explained(ctx, input.number);
  if (!live) throw new AppError('conflict', 'ledger.not-frozen', 'This campaign has no frozen list yet.');
  const { audience, template } = live;
  const place = { campaignKey: campaign.key, audienceId: audience.id, afterSeq: 0, limit: 1 };
  const person = await findLedgerPerson(ctx.pool, place, input.seq);
  if (!person || input.seq > audience.size)
    throw new AppError('missing', 'ledger.person-missing', 'Nobody on this list has this place.');
  const rules = await loadTextAsk(ctx.pool, { ...campaign, kind: template.kind, account: live.account });
  const { claimedAt } = person;
  const decidedAt = person.state === 'suppressed' ? person.changedAt : claimedAt;
  const record = await recordAt(ctx, person, campaign, rules, decidedAt ?? ctx.now());
  const checks = checksOf({
    state: person.state,
    reason: person.reason,
    handedOver: claimedAt !== null,
    purpose: rules.purpose,
    topic: rules.topic,
    standing: record.standing.map(({ kind }) => kind),
  });
  const capped = person.state === 'suppressed' && person.reason === 'capped';
  const message = await findMessage(ctx.pool, campaign.key, person.seq);
  const requestSeq = message?.requestSeq ?? null;
  const outId =
    requestSeq === null ? null : formatOutId({ campaignKey: campaign.key, requestSeq, attempt: person.attempt });
  return {
    campaign,
    kind: template.kind,
    provider: live.account.provider,
    frozenAt: (await exclusionsOf(ctx.pool, audience.id))?.frozenAt ?? null,
    size: audience.size,
    person: masked(person),
    decidedAt,
    outId,
    checks,
    record,
    freeAgainAt:
      capped && record.cap && decidedAt
        ? fullUntil(
            record.contacts.map(({ at }) => at),
            record.cap,
            decidedAt,
          )
        : null,
    receipts: outId === null ? [] : await receiptsOf(ctx.pool, person.phone, `wh-${campaign.key}-`),
    replies: claimedAt === null ? [] : await repliesOf(ctx.pool, person, claimedAt),
    /** What the same checks would say now; null unless it was asked for. */
    now: input.recompute ? await judgeNow(ctx, person, rules) : null,
    previous: input.seq > 1 ? input.seq - 1 : null,
    next: input.seq < audience.size ? input.seq + 1 : null,
  };
}
export type PersonExplained = Awaited<ReturnType<typeof explainPerson>>;

/** Finds a person by their number: their place on the list, or why they have none. */
export async function findPerson(ctx: Context, input: { number: string; phone: string }) {
  const { campaign, live } = await explained(ctx, input.number);
  const read = normalizeMobile(input.phone);
  if (!read.ok)
    throw new AppError('invalid', `phone.${read.reason}`, 'Give a mainland mobile number.', { field: 'phone' });
  const shown = { campaign, phone: maskPhone(read.phone) };
  if (!live) return { ...shown, kind: 'not-frozen' as const };
  const member = await findMemberByPhone(ctx.pool, live.audience.id, read.phone);
  if (member) return { ...shown, kind: 'member' as const, seq: member.seq };
  const exclusion = await findExclusion(ctx.pool, live.audience.id, read.phone);
  const frozenAt = (await exclusionsOf(ctx.pool, live.audience.id))?.frozenAt ?? null;
  return exclusion
    ? { ...shown, kind: 'excluded' as const, reason: exclusion.reason, frozenAt }
    : { ...shown, kind: 'not-listed' as const, frozenAt };
}

async function explained(ctx: Context, number: string): Promise<{ campaign: Campaign; live: LiveCampaign | null }> {
  const campaign = await loadCampaign(ctx, number);
  demandIn(ctx, 'campaign:explain', campaign.unit);
  return { campaign, live: await findLiveCampaign(ctx.pool, campaign.id) };
}

/** What is on record about a person as of one moment. The names of campaigns of other units stay with those units. */
async function recordAt(ctx: Context, person: LedgerPerson, campaign: Campaign, rules: ContactAsk, at: Date) {
  const { phone, customerId } = person;
  const from = new Date(at.getTime() - longestCapDays * dayMs);
  const [standing, consent, subscription, everyContact] = await Promise.all([
    suppressionsAt(ctx.pool, person, rules, at),
    customerId !== null && rules.purpose === 'marketing' ? consentOf(ctx.pool, customerId) : null,
    customerId !== null && rules.topic !== null ? subscriptionOf(ctx.pool, customerId, rules.topic) : null,
    contactsBetween(ctx.pool, { phone, customerId }, from, at),
  ]);
  // The message itself is the latest contact: its cap was judged before it.
  const others = everyContact.filter(({ campaignKey }) => campaignKey !== campaign.key);
  const cap = capToShow(capsFor(rules.policy, rules.purpose, rules.channel), others, at);
  const sources = [...standing.map(({ source }) => source), ...(consent ? [consent.source] : [])];
  return {
    standing,
    files: await filesOfSources(ctx.pool, sources),
    consent: consent && { ...consent, changedSince: consent.changedAt > at },
    subscription: subscription && { ...subscription, changedSince: subscription.changedAt > at },
    topic: rules.topic,
    cap,
    contacts: (cap === null ? [] : countedBy(cap, others, at)).map(
      ({ unit, campaignName, campaignNumber, at: touchedAt, channel }) => {
        const open = unit !== null && mayInUnit(ctx.staff.grants, 'campaign:read', unit);
        return {
          at: touchedAt,
          channel,
          name: open ? campaignName : null,
          number: open ? campaignNumber : null,
          leavesAt: new Date(touchedAt.getTime() + (cap?.days ?? 0) * dayMs),
        };
      },
    ),
  };
}

async function judgeNow(ctx: Context, person: LedgerPerson, rules: ContactAsk) {
  const now = ctx.now();
  const facts = (await loadFacts(ctx.pool, [person], rules, now))(person);
  const reason = refusalFor(facts, rules, now);
  const standing = facts.suppressions.filter((each) => covers(each, rules)).map(({ kind }) => kind);
  const state = reason === null ? ('accepted' as const) : ('suppressed' as const);
  const checks = checksOf({
    state,
    reason,
    handedOver: reason === null,
    purpose: rules.purpose,
    topic: rules.topic,
    standing,
  });
  return { at: now, reason, checks };
}
