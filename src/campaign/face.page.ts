import type { LiveView } from './live.command.ts';
import { delayBounds, waitingOf } from './figure.rule.ts';
import { formatShare } from '../kernel/share.rule.ts';
import { textPatienceSeconds } from '../sms/text-watch.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import { receiptCodeOf, secondsOf, windowOf, wordingOf } from './words.page.ts';
import { actionOf } from '../house/audit/words.page.ts';
import { personReasonOf } from '../contact/reason.page.ts';
import { reasonOf } from '../kit/page/reason.ts';
import { formatClock, formatTime } from '../kit/page/format.ts';

/** What a campaign's page shows of the parts that move, in one language. */
export function faceOf(t: Translate, view: LiveView) {
  return {
    state: view.campaign.state,
    why: whyOf(t, view),
    ledger: ledgerOf(t, view),
    codes: codesOf(t, view),
    gateway: gatewayOf(t, view),
    events: eventsOf(t, view),
    open: view.open,
    speed: speedOf(t, view),
    countedAt: view.countedAt,
  };
}

/** The sentence below the title: what state this is, why, and what comes next. */
function whyOf(
  t: Translate,
  { campaign, signatures, form, opening }: LiveView,
): { text: string; reason: string | null } {
  const { state } = campaign;
  const signed = signatures.find(({ role }) => role === 'liaison');
  const params = {
    starts: formatTime(campaign.startsAt),
    ends: formatTime(campaign.endsAt),
    liaison: signed?.staffName ?? '',
    expires: form ? formatTime(form.expiresAt) : '',
  };
  return {
    text: t(`campaign.state-note.${opening ? 'opening' : state}`, params),
    reason: reasonOf(t, campaign.stateReason),
  };
}

function ledgerOf(t: Translate, { ledger, campaign, excluded }: LiveView) {
  if (!ledger) return null;
  const { counts } = ledger;
  const base = `/campaigns/${campaign.number}/ledger`;
  const judged = counts.delivered + counts.failed;
  let left = 0;
  return {
    size: ledger.size,
    total: ledger.total,
    balanced: ledger.balanced,
    difference: Math.abs(ledger.difference),
    over: ledger.difference > 0,
    // Widths of a bar of 10,000 units: they add up to all of it because the shares do.
    parts: ledger.parts.map(({ name, count, share }) => {
      const x = left;
      left += share;
      return {
        name,
        label: t(`campaign.part.${name}`),
        count,
        percent: `${formatShare(share)}%`,
        x,
        width: share,
        href: `${base}?part=${name}`,
      };
    }),
    delivered: judged === 0 ? null : `${((counts.delivered / judged) * 100).toFixed(2)}%`,
    submitted: ledger.submitted,
    refused: ledger.refused,
    failed: ledger.failed.map((each) => reasonLine(t, each, `${base}?part=failed`)),
    suppressed: ledger.suppressed.map((each) => reasonLine(t, each, `${base}?part=suppressed`)),
    waiting: waitingOf(counts),
    doubtful: counts.unknown,
    deferred: ledger.deferred,
    excluded: excluded.map((each) => reasonLine(t, each, `${base}?part=excluded`)),
    excludedTotal: excluded.reduce((sum, { count }) => sum + count, 0),
    // What was billed is known from receipts only, one by one; until then the estimate in proportion.
    costFen:
      campaign.estimateFen === null || ledger.size === 0
        ? null
        : (campaign.estimateFen * (ledger.submitted - ledger.refused)) / ledger.size,
  };
}

const reasonLine = (t: Translate, { reason, count }: { reason: string; count: number }, base: string) => ({
  label: personReasonOf(t, reason),
  count,
  href: `${base}&reason=${encodeURIComponent(reason)}`,
});

function codesOf(t: Translate, { ledger }: LiveView) {
  return (ledger?.codes ?? []).map(({ code, state, reason, count, explained }) => ({
    code,
    count,
    meaning:
      explained === null || t.has(`receipt-code.${code}`) ? receiptCodeOf(t, code) : wordingOf(t, explained.meaning),
    kind: state === 'failed' ? 'failed' : state === 'pending' ? 'deferred' : 'unknown',
    label: t(`campaign.code.${state === 'failed' ? 'failed' : state === 'pending' ? 'deferred' : 'unknown'}`),
    reaction: explained === null ? t(`campaign.reaction.${reason ?? 'undelivered'}`) : wordingOf(t, explained.reaction),
  }));
}

/** How the gateway's own copy of the text is watched: how often, when it was last the signed one, and what silence leads to. */
function textOf({ askedAt, answeredAt, everySeconds }: LiveView['gateway']['text'], ago: (at: Date) => number) {
  if (askedAt === null || answeredAt === null) return null;
  const silentFor = askedAt > answeredAt ? ago(answeredAt) : null;
  return { every: everySeconds, answeredFor: ago(answeredAt), silentFor, patience: textPatienceSeconds(everySeconds) };
}

function gatewayOf(t: Translate, { gateway, speed, ledger, now }: LiveView) {
  const ago = (at: Date): number => Math.max(0, (now.getTime() - at.getTime()) / 1_000);
  const waiting = gateway.backlog.reduce((sum, { count }) => sum + count, 0);
  const oldest = gateway.backlog.map(({ oldest: at }) => at.getTime()).toSorted((a, b) => a - b)[0];
  const behind = oldest === undefined ? 0 : (now.getTime() - oldest) / 1_000;
  const taken = ledger ? ledger.submitted - ledger.refused : 0;
  return {
    id: gateway.id,
    name: gateway.name,
    text: textOf(gateway.text, ago),
    stopped: gateway.state === 'stopped',
    stopMeaning: gateway.stopCode === null ? null : wordingOf(t, gateway.stopCode.meaning),
    stopCode: gateway.stopCode?.code ?? null,
    stoppedUntil: gateway.stoppedUntil,
    rate: speed?.rate ?? null,
    limit: gateway.ratePerSecond,
    beside: gateway.beside.map(({ number, ratePerSecond }) => ({ code: number, ratePerSecond })),
    taken: ledger && ledger.submitted > 0 ? `${((taken / ledger.submitted) * 100).toFixed(2)}%` : '—',
    openFor: gateway.oldestCallAt === null ? null : ago(gateway.oldestCallAt),
    waiting,
    // Ten seconds of backlog are what a burst makes; more and somebody should know.
    behind: behind > 10,
    oldestFor: oldest === undefined ? null : behind,
    lastPushFor: gateway.lastPushAt === null ? null : ago(gateway.lastPushAt),
  };
}

const tones: Record<string, string> = {
  'campaign.pause': 'pause',
  'campaign.resume': 'go',
  'campaign.start': 'go',
  'campaign.sign': 'good',
  'campaign.finish': 'good',
  'campaign.archive': 'good',
  'campaign.reject': 'bad',
  'campaign.cancel': 'bad',
  'campaign.void': 'bad',
  'campaign.refuse': 'bad',
  'campaign.expire': 'bad',
};

const eventsOf = (t: Translate, { events }: LiveView) =>
  events.map(({ at, action, person, details }) => ({
    at,
    label: actionOf(t, action),
    person: person ?? t('campaign.live.system'),
    note:
      action === 'campaign.sign-refused' || !('reason' in details || 'code' in details) ? null : reasonOf(t, details),
    tone: tones[action] ?? 'plain',
  }));

/** Rates a second, with what the charts' tables say. */
function speedOf(t: Translate, { speed, campaign, ledger }: LiveView) {
  if (!speed) return null;
  const { points, step, bars, limit } = speed;
  // An hour of minutes is a table; six hours of them are not.
  const shown = points.slice(-60);
  return {
    rate: speed.rate,
    limit,
    endsAt: speed.endsAt,
    late: speed.endsAt !== null && speed.endsAt > campaign.endsAt,
    step,
    table: shown.map(([at, submitted, delivered, failed]) => ({
      time: formatClock(new Date(at * 1_000)),
      submitted,
      receipts: delivered + failed,
      rate: (submitted / step).toFixed(1),
    })),
    cut: points.length > shown.length,
    bars: delayBounds.map((from, index) => ({
      label: t(`campaign.delay.${from}`),
      count: bars[index] ?? 0,
    })),
    p50: secondsOf(t, speed.p50),
    p95: secondsOf(t, speed.p95),
    judged: speed.judged,
    waiting: ledger ? waitingOf(ledger.counts) : 0,
  };
}

/** The points as the charts want them, with the pauses in which nothing was to leave; only those from `since` on. */
export function chartOf(view: LiveView, since: number) {
  const { speed, pauses, now } = view;
  if (!speed) return null;
  const spans: [from: number, to: number][] = [];
  let from: number | null = null;
  for (const { at, action } of pauses) {
    const second = Math.floor(at.getTime() / 1_000);
    if (action === 'campaign.pause') from ??= second;
    else if (from !== null) {
      spans.push([from, second]);
      from = null;
    }
  }
  if (from !== null) spans.push([from, Math.floor(now.getTime() / 1_000)]);
  return {
    step: speed.step,
    limit: speed.limit,
    since,
    points: speed.points.filter(([at]) => at >= since),
    pauses: spans,
    bars: speed.bars,
  };
}

/** The facts below the title. */
export function factsOf(t: Translate, { campaign, template, form, ledger }: LiveView) {
  const window = windowOf(t, campaign);
  return {
    code: campaign.number,
    kind: template.kind,
    window: `${window.main} · ${window.sub}`,
    rate: campaign.ratePerSecond,
    unit: campaign.unit,
    owner: campaign.applicantName,
    purpose: campaign.purpose,
    template: { name: template.name, version: template.version, href: `/templates/${template.id}` },
    size: ledger?.size ?? null,
    estimateFen: campaign.estimateFen,
    ceilingFen: campaign.costCeilingFen,
    signBy: campaign.signBy,
    digest: form === null ? null : form.digest.slice(0, 12),
  };
}
