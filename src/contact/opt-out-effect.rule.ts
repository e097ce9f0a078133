import {
  contactChannels,
  covers,
  reachWith,
  type ContactChannel,
  type ContactPurpose,
  type Reach,
} from '../kernel/reach.rule.ts';

/**
 * What a house may let a reply silence by itself. Duty notices rest on the contract with the customer (PIPL Art. 13(2)): who is
 * not told what is due may come to harm, so no reply silences them without a person's decision.
 */
export const repliesMaySilence = [
  'marketing',
  'survey',
  'callback',
  'care',
] as const satisfies readonly ContactPurpose[];
const isDuty = (purpose: ContactPurpose): boolean => !(repliesMaySilence as readonly string[]).includes(purpose);
const isNotice = (purpose: ContactPurpose): boolean => purpose !== 'marketing' && purpose !== 'survey';

export type OptOutSetting = {
  /** At once, whatever was answered: marketing and texts are always among them. */
  channels: readonly ContactChannel[];
  purposes: readonly (typeof repliesMaySilence)[number][];
  /** A no to a notice is the second one when the first is no older. */
  secondNoDays: number;
};
/** Replies are kept for at least 184 days (src/app/retention.rule.ts): an older no may be known no more. */
export const mostSecondNoDays = 180;
/**
 * Marketing ends with the first no on every channel (Order 31; 消费者权益保护法 Art. 29(3); the plan against nuisance calls), and
 * a survey is no better to who wants to be left alone. Ninety days hold three monthly notices, and no number that a carrier has
 * given to somebody else meanwhile: it rests that long.
 */
export const defaultOptOutSetting: OptOutSetting = {
  channels: contactChannels,
  purposes: ['marketing', 'survey'],
  secondNoDays: 90,
};

/** A no to a notice: when it came, and when the notice that it answers was sent. */
export type NoticeNo = { at: Date; sentAt: Date };

/** A text that was on its way when the no came was not sent in spite of it. */
const onItsWayMs = 10 * 60_000;
const dayMs = 86_400_000;

/** How often somebody said no to notices: one no, however often it is written, until another notice is sent in spite of it. */
export function timesRefused(nos: readonly NoticeNo[], days: number): number {
  const inOrder = nos.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const from = (inOrder.at(-1)?.at.getTime() ?? 0) - days * dayMs;
  let times = 0;
  let heardUntil = -Infinity;
  for (const { at, sentAt } of inOrder) {
    if (at.getTime() < from || sentAt.getTime() <= heardUntil) continue;
    times += 1;
    heardUntil = at.getTime() + onItsWayMs;
  }
  return times;
}

export type OptOutEffect = {
  /** Silenced now, as the house has set. */
  atOnce: Reach;
  /** Silenced now beside it: the kind of notice that was refused again. */
  further: Reach | null;
  /** `look`: a person sees it, notices go on. `decide`: a person decides whether a duty notice is silenced. */
  asks: 'look' | 'decide' | null;
};

/** What a reply that says no does. `answers`: what the message was for that it answers; `nos`: all to such notices, this one too. */
export function effectOfOptOut(
  answers: ContactPurpose | null,
  nos: readonly NoticeNo[],
  setting: OptOutSetting,
): OptOutEffect {
  const atOnce = reachWith(setting);
  if (answers === null || !isNotice(answers) || covers(atOnce, { channel: 'sms', purpose: answers }))
    return { atOnce, further: null, asks: null };
  if (timesRefused(nos, setting.secondNoDays) < 2) return { atOnce, further: null, asks: 'look' };
  return isDuty(answers)
    ? { atOnce, further: null, asks: 'decide' }
    : { atOnce, further: { channels: ['sms'], purposes: [answers] }, asks: null };
}
