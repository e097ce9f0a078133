import { timelineLine } from '../../customer/timeline.page.ts';
import type { Translate } from '../../kernel/translate.ts';
import { formatClock, formatTime } from '../../kit/page/format.ts';
import type { Why } from '../priority.rule.ts';
import type { ScriptContent } from '../script/content.rule.ts';
import { results } from '../task.rule.ts';
import type { AgentSession } from './agent-session.db.ts';
import { breakReasons, breakSecondsLeft, isInCall, type BreakLimits } from './agent-session.rule.ts';
import { resultKey } from './promise.rule.ts';
import type { Verification } from './verification.command.ts';
import type { DeskQueue, DeskWork } from './view.command.ts';
import { watchOf } from './watch.ts';

const secondsSince = (at: Date, now: Date): number => Math.max(0, (now.getTime() - at.getTime()) / 1_000);

/** The agent's own state, and where they may go. */
export function barOf(t: Translate, session: AgentSession, limits: BreakLimits, now: Date) {
  const { state, reason, since, legState, afterState, afterReason } = session;
  const left = breakSecondsLeft(session, limits, now);
  return {
    state,
    word: reason === null ? t(`agent.state-${state}`) : t(`agent.reason-${reason}`),
    watch: watchOf(secondsSince(since, now)),
    left: left === null ? null : t(left < 0 ? 'desk.break-over' : 'desk.break-left', { time: watchOf(left) }),
    isOver: left !== null && left < 0,
    phone: t(`desk.phone-${legState}`),
    isPhoneUp: legState === 'up',
    extension: session.extension,
    inCall: isInCall(state),
    mayBeReady: state === 'busy' && legState === 'up',
    after: afterState === null ? null : t('desk.after', { what: t(`agent.reason-${afterReason}`) }),
    reasons: breakReasons.map((each) => ({ value: each, label: t(`agent.reason-${each}`) })),
  };
}

/** Why this one now, or why not yet. */
export function whyText(t: Translate, why: Why): string {
  switch (why.code) {
    case 'promised':
      return t('desk.why-promised', {
        at: formatTime(why.promisedAt),
        late: why.lateMinutes,
        own: why.isOwnPromise ? 'yes' : 'no',
      });
    case 'clock-broken':
      return t('desk.why-clock-broken', { late: why.lateMinutes });
    case 'clock-soon':
      return t('desk.why-clock-soon', { left: why.leftMinutes });
    case 'in-turn':
      return t('desk.why-in-turn');
    case 'not-yet':
      return t('desk.why-not-yet', { at: formatTime(why.until) });
    case 'promised-by-another':
      return t('desk.why-another', { at: formatTime(why.until) });
  }
}

const isTalking = (work: { state: string; answeredAt: Date | null }): boolean =>
  work.state === 'calling' && work.answeredAt !== null;

export const queueOf = (t: Translate, { held, waiting }: DeskQueue) => ({
  held: held.map((each) => ({
    name: each.name,
    tier: each.tier,
    phone: each.phone,
    listName: each.listName,
    stateWord: t(isTalking(each) ? 'desk.task-talking' : `desk.task-${each.state}`),
  })),
  waiting: waiting.map((each) => ({
    name: each.name,
    tier: each.tier,
    phone: each.phone,
    listName: each.listName,
    why: whyText(t, each.why),
    urgent: each.why.code === 'promised' || each.why.code === 'clock-broken' || each.why.code === 'clock-soon',
  })),
});

/** The person on the line, and what can be done with the call; refreshed each second. */
export function callOf(t: Translate, { work, why }: DeskWork, now: Date) {
  const from = work.state === 'wrap-up' ? (work.endedAt ?? work.stateAt) : (work.answeredAt ?? work.stateAt);
  const seconds = secondsSince(from, now);
  return {
    taskId: work.taskId,
    state: work.state,
    name: work.name,
    tier: work.tier,
    phone: work.phone,
    reason: work.reason,
    listName: work.listName,
    stateWord: t(isTalking(work) ? 'desk.task-talking' : `desk.task-${work.state}`),
    watch: watchOf(seconds),
    isLate: work.state === 'wrap-up' && seconds > work.wrapUpSeconds,
    why: whyText(t, why),
    attempts: work.attempts,
    hangingUp: work.hangUpWantedAt !== null && work.state === 'calling',
  };
}

export const verificationLines = (t: Translate, { state, items }: Verification) => ({
  state,
  word: t(`desk.identity-${state}`),
  items: items.map((each) => ({
    item: each.item,
    label: t(`desk.item-${each.item}`),
    state: each.state,
    isOpen: each.state !== 'match' && each.triesLeft > 0,
    word: each.state === 'open' ? null : t(`desk.check-${each.state}`, { at: each.at ? formatClock(each.at) : '' }),
    left: t('desk.tries-left', { count: each.triesLeft }),
  })),
});

function scriptOf(t: Translate, { work, script }: DeskWork) {
  if (!script) return null;
  const { opening, reason, branches, closing } = script.content;
  return {
    label: t('desk.script-version', { name: script.name, version: script.version }),
    opening,
    reason,
    closing,
    branches: branches.map(({ key, label, text, result }) => ({
      key,
      label,
      text,
      resultWord: result === null ? null : t(`desk.result-${result}`),
      shortcut: key.toLowerCase(),
      result: result ?? '',
    })),
    taskId: work.taskId,
  };
}

const offered = (content: ScriptContent | undefined) => results.filter((each) => content?.results.includes(each));

/** What changes only with the task: script, verification, form and history. */
export function workOf(t: Translate, desk: DeskWork) {
  const { work, script, draft, days, promises, events, verification } = desk;
  const content = draft?.content;
  return {
    taskId: work.taskId,
    customerId: work.customerId,
    state: work.state,
    isOver: work.state === 'wrap-up',
    maySave: work.state === 'wrap-up' || work.state === 'calling',
    script: scriptOf(t, desk),
    verification: verificationLines(t, verification),
    savedAt: draft?.savedAt ?? null,
    form: { branches: content?.branches ?? '', note: content?.note ?? '' },
    results: offered(script?.content).map((each) => ({
      value: each,
      key: resultKey(results, each),
      label: t(`desk.result-${each}`),
      chosen: content?.result === each,
    })),
    interests: [1, 2, 3, 4, 5].map((value) => ({
      value,
      label: t(`desk.interest-${value}`),
      chosen: content?.interest === value,
    })),
    days: days.map(({ date, times }) => ({
      date: date.slice(5),
      weekday: t(`desk.weekday-${new Date(`${date}T00:00:00Z`).getUTCDay()}`),
      isClosed: times.length === 0,
      times: times.map((at) => ({
        value: at.toISOString(),
        label: formatClock(at).slice(0, 5),
        chosen: content?.promisedAt === at.toISOString(),
      })),
    })),
    isPersonal: content?.promiseIsPersonal ?? true,
    promises,
    events: events.map((each) => timelineLine(t, each, false)),
  };
}
