import type { PersonExplained } from './ledger.command.ts';
import type { ExplainedCheck } from '../contact/explanation.rule.ts';
import { neverSent, pendingBecause } from './pending.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import { codeOf, failureCodeOf, receiptCodeOf } from './words.page.ts';
import { personReasonOf } from '../contact/reason.page.ts';
import { reasonOf } from '../kit/page/reason.ts';
import { sourceWord } from '../customer/timeline.page.ts';
import { formatDate, formatDateTime, formatTime } from '../kit/page/format.ts';

/** One person's explanation as the drawer shows it. */
export function explanationOf(t: Translate, explained: PersonExplained) {
  const { campaign, person, decidedAt, record, checks, now, receipts, replies } = explained;
  const contacted = person.claimedAt !== null;
  return {
    title: t(contacted ? 'campaign.explain.title-contacted' : 'campaign.explain.title'),
    code: campaign.number,
    name: campaign.name,
    state: person.state,
    phone: person.phone,
    tier: person.tier,
    customerNumber: person.customerNumber,
    customerHref: person.customerId === null ? null : `/customers/${person.customerId}`,
    seq: person.seq,
    decidedAt,
    refused: person.state === 'suppressed' || person.state === 'failed',
    verdict: verdictOf(t, explained),
    consequence: consequenceOf(t, explained),
    frozenAt: explained.frozenAt,
    checks: checks.map((check) => checkLine(t, check, explained)),
    contacts: record.contacts.map(({ at, channel, name, number, leavesAt }) => ({
      at,
      channel: t(`campaign.channel.${channel}`),
      label: name ?? t('campaign.explain.other-unit'),
      href: number === null ? null : `/campaigns/${number}`,
      leavesAt,
    })),
    capDays: record.cap?.days ?? 0,
    capMax: record.cap?.max ?? 0,
    days: decidedAt === null ? [] : daysOf(record.contacts, decidedAt, record.cap?.days ?? 0),
    recompute: now && {
      at: now.at,
      reason: now.reason === null ? null : personReasonOf(t, now.reason),
      same: (now.reason ?? null) === (person.state === 'suppressed' ? person.reason : null),
      checks: now.checks.map(({ check, outcome }) => ({
        label: t(`campaign.check.${check}`),
        outcome,
        word: t(`campaign.outcome.${outcome}`),
      })),
    },
    history: historyOf(t, explained),
    hasHistory: contacted || receipts.length > 0 || replies.length > 0,
    href: `/campaigns/${campaign.number}/people/${person.seq}`,
    ledgerHref: `/campaigns/${campaign.number}/ledger`,
    previous: explained.previous === null ? null : `/campaigns/${campaign.number}/people/${explained.previous}`,
    next: explained.next === null ? null : `/campaigns/${campaign.number}/people/${explained.next}`,
  };
}

function verdictOf(t: Translate, { person, campaign }: PersonExplained): string {
  const { state, reason } = person;
  const because = pendingBecause(campaign.state);
  if (state === 'pending' && because !== 'turn') {
    const why = neverSent(because) ? reasonOf(t, campaign.stateReason) : null;
    const said = t(`campaign.pending.${because}`);
    return why === null ? t('campaign.explain.sentence', { said }) : t('campaign.explain.because', { said, why });
  }
  if (state === 'pending' && person.dueAt !== null && person.code !== null)
    return t('campaign.verdict-of.pending-deferred');
  return t(`campaign.verdict-of.${state}`, { reason: reason === null ? '' : personReasonOf(t, reason) });
}

/** When it may be different, and what follows for this campaign. */
function consequenceOf(
  t: Translate,
  { person, campaign, freeAgainAt, provider, kind }: PersonExplained,
): string | null {
  if (person.state === 'suppressed')
    return freeAgainAt === null
      ? t('campaign.consequence.suppressed')
      : t(freeAgainAt < campaign.endsAt ? 'campaign.consequence.capped-within' : 'campaign.consequence.capped', {
          time: formatTime(freeAgainAt),
          kind: t(`campaign.kind.${kind}`),
        });
  if (person.state === 'failed') return t(`campaign.reaction.${person.reason ?? 'undelivered'}`);
  if (person.state === 'unknown' && person.code !== null) return codeOf(t, provider, person.code);
  if (person.state === 'pending' && person.dueAt !== null)
    return t('campaign.consequence.due', { time: formatTime(person.dueAt) });
  return null;
}

/** A check with the evidence that is on record for that moment; what was not run has none. */
function checkLine(t: Translate, { check, outcome }: ExplainedCheck, explained: PersonExplained) {
  const evidence = evidenceOf(t, { check, outcome }, explained);
  return {
    check,
    label: t(`campaign.check.${check}`),
    outcome,
    word: t(`campaign.outcome.${outcome}`),
    evidence,
    isCap: check === 'capped' && (outcome === 'failed' || outcome === 'passed'),
  };
}

const kindOf: Record<string, string> = { 'opted-out': 'opt-out' };

function evidenceOf(t: Translate, { check, outcome }: ExplainedCheck, { record }: PersonExplained): string {
  if (outcome === 'not-run') return t('campaign.evidence.not-run');
  if (outcome === 'not-needed')
    return t(check === 'no-consent' ? 'campaign.evidence.notice-needs-none' : 'campaign.evidence.no-topic');
  switch (check) {
    case 'no-consent':
      if (record.consent === null)
        return t(outcome === 'passed' ? 'campaign.evidence.gone' : 'campaign.evidence.consent-none');
      if (record.consent.changedSince)
        return t('campaign.evidence.changed-since', { time: formatTime(record.consent.changedAt) });
      return t(record.consent.granted ? 'campaign.evidence.consent' : 'campaign.evidence.consent-refused', {
        date: formatDate(record.consent.changedAt),
        source: sourceWord(t, record.consent.source, record.files),
      });
    case 'not-subscribed':
      if (record.subscription === null)
        return outcome === 'passed'
          ? t('campaign.evidence.gone')
          : t('campaign.evidence.subscription-none', { topic: record.topic ?? '' });
      if (record.subscription.changedSince)
        return t('campaign.evidence.changed-since', { time: formatTime(record.subscription.changedAt) });
      return t(record.subscription.subscribed ? 'campaign.evidence.subscribed' : 'campaign.evidence.unsubscribed', {
        topic: record.topic ?? '',
        date: formatDate(record.subscription.changedAt),
      });
    case 'capped':
      return t('campaign.evidence.capped', {
        of: t(`contact.purpose-${record.cap?.of ?? 'total'}`),
        days: record.cap?.days ?? 0,
        count: record.contacts.length,
        max: record.cap?.max ?? 0,
      });
    case 'number-moved':
      return t(outcome === 'failed' ? 'campaign.evidence.number-moved' : 'campaign.evidence.number-theirs');
    case 'listed-twice':
      return t(outcome === 'failed' ? 'campaign.evidence.listed-twice' : 'campaign.evidence.listed-once');
    default: {
      const found = record.standing.find((each) => each.kind === (kindOf[check] ?? check));
      return found
        ? t('campaign.evidence.suppression', {
            time: formatDateTime(found.createdAt),
            source: sourceWord(t, found.source, record.files),
          })
        : t(outcome === 'failed' ? 'campaign.evidence.suppression-gone' : 'campaign.evidence.suppression-none');
    }
  }
}

/** The cap's days as a strip, each with its touches. */
function daysOf(contacts: readonly { at: Date }[], until: Date, days: number) {
  const shown = Math.min(days, 14);
  const names = contacts.map(({ at }) => formatDate(at));
  return Array.from({ length: shown + 1 }, (_, index) => {
    const at = new Date(until.getTime() - (shown - index) * 86_400_000);
    const day = formatDate(at);
    return { day: day.slice(5), count: names.filter((each) => each === day).length, decided: index === shown };
  });
}

/** What happened to the message, in order of time. */
function historyOf(t: Translate, { person, outId, receipts, replies, provider }: PersonExplained) {
  const lines: { at: Date; label: string; note: string | null }[] = [];
  if (person.claimedAt !== null)
    lines.push({
      at: person.claimedAt,
      label: t('campaign.history.claimed', { attempt: person.attempt }),
      note: outId,
    });
  for (const { receivedAt, delivered, errorCode, segments, repeats } of receipts)
    lines.push({
      at: receivedAt,
      label: t(delivered ? 'campaign.history.delivered' : 'campaign.history.undelivered', { segments, repeats }),
      note: delivered ? null : `${errorCode} · ${receiptCodeOf(t, errorCode)}`,
    });
  const byReceipt = receipts.length > 0;
  if (person.changedAt !== null && !byReceipt && person.state !== 'claimed')
    lines.push({
      at: person.changedAt,
      label: t('campaign.history.now', { state: t(`message-state.${person.state}`) }),
      note:
        person.code === null || person.code === 'OK' || person.code === 'DELIVERED'
          ? null
          : `${person.code} · ${person.state === 'failed' ? failureCodeOf(t, provider, person.reason, person.code) : codeOf(t, provider, person.code)}`,
    });
  for (const { receivedAt, meaning } of replies)
    lines.push({ at: receivedAt, label: t(`campaign.history.reply-${meaning}`), note: null });
  return lines.toSorted((a, b) => a.at.getTime() - b.at.getTime());
}
