import type { NoticeKind } from './notice.rule.ts';

export const channelKinds = ['email', 'wecom', 'dingtalk', 'feishu', 'sms', 'webhook'] as const;
export type ChannelKind = (typeof channelKinds)[number];

/** E-mail and SMS reach one person, robots a group in which all read it, webhooks a system of the house. */
export const isPersonal = (kind: ChannelKind): kind is 'email' | 'sms' => kind === 'email' || kind === 'sms';
export const isRobot = (kind: ChannelKind): boolean => kind === 'wecom' || kind === 'dingtalk' || kind === 'feishu';

/** What one call to a channel came to. `unknown`: it may have arrived. No field carries an address, a text or a secret. */
export type ChannelOutcome =
  | { kind: 'accepted' }
  /** `wholeChannel`: the provider shut the whole channel for that long, not only this message. */
  | { kind: 'retry'; code: string; afterMs?: number; wholeChannel?: boolean }
  | { kind: 'unknown'; code: string }
  /** `address`: this person's; `message`: this text; `channel`: nothing will go by it before somebody mends it. */
  | { kind: 'refused'; code: string; whose: 'address' | 'message' | 'channel' };

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Two calls to one robot are this far apart: all three shut a robot that is faster than 20 a minute. */
const gaps: Record<ChannelKind, number> = {
  email: 200,
  wecom: 3 * second,
  dingtalk: 3 * second,
  feishu: 3 * second,
  sms: second,
  webhook: 0,
};
export const gapMs = (kind: ChannelKind): number => gaps[kind];

const backOff: readonly number[] = [10 * second, minute, 5 * minute, 15 * minute, hour, 4 * hour];
/** Of Standard Webhooks: two days and a half in all. */
const webhookBackOff: readonly number[] = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

export type AfterCall = {
  state: 'queued' | 'accepted' | 'failed' | 'unknown';
  code: string | null;
  /** When it is tried again. */
  dueAt: Date | null;
  /** Before then nothing goes by this channel. */
  channelNextAt: Date | null;
  /** The second call after an unknown first one: the same number stands in the text, so that people see it is one notice. */
  repeated: boolean;
  /** Whether this counts against the channel's health: a person's wrong address does not. */
  channelFailed: boolean;
  disableChannel: boolean;
};

/** `jitter` from 0 to 1 spreads what failed together. */
export function afterCall(
  call: { channel: ChannelKind; attempts: number; repeated: boolean },
  outcome: ChannelOutcome,
  now: Date,
  jitter: number,
): AfterCall {
  const plain = { dueAt: null, channelNextAt: null, repeated: call.repeated, disableChannel: false };
  const at = (ms: number) => new Date(now.getTime() + Math.round(ms));
  if (outcome.kind === 'accepted') return { ...plain, state: 'accepted', code: null, channelFailed: false };
  const { code } = outcome;
  if (outcome.kind === 'refused') {
    const disableChannel = call.channel === 'webhook' && code === '410';
    return { ...plain, state: 'failed', code, channelFailed: outcome.whose === 'channel', disableChannel };
  }
  const steps = call.channel === 'webhook' ? webhookBackOff : backOff;
  const pause = steps[call.attempts - 1];
  if (outcome.kind === 'unknown' && call.channel !== 'webhook') {
    // Only webhooks have a key that makes a repeat harmless; the others are repeated once.
    if (call.repeated) return { ...plain, state: 'unknown', code, channelFailed: true };
    return { ...plain, state: 'queued', code, dueAt: at(backOff[0] ?? 0), repeated: true, channelFailed: true };
  }
  if (pause === undefined) return { ...plain, state: 'failed', code, channelFailed: true };
  const asked = outcome.kind === 'retry' ? (outcome.afterMs ?? 0) : 0;
  const dueAt = at(Math.max(pause * (1 + jitter / 5), asked));
  const whole = outcome.kind === 'retry' && outcome.wholeChannel === true;
  return { ...plain, state: 'queued', code, dueAt, channelNextAt: whole ? at(asked) : null, channelFailed: true };
}

/** Failures in a row after which the other channels say so. */
export const failuresToAlarm = 3;

export const alikeWithinMs = 10 * minute;
export const alikeToMerge = 5;

/** Urgent ones are told at once, and climb when nobody looks. */
export const escalation = { groupMs: 10 * minute, smsMs: 20 * minute, deputyMs: 30 * minute } as const;

const byDefault: Record<'email' | 'sms', (kind: NoticeKind, urgent: boolean) => boolean> = {
  email: () => true,
  // An SMS costs money and wakes people: by default only as a step of the escalation.
  sms: () => false,
};
export const wantedByDefault = (channel: 'email' | 'sms', kind: NoticeKind, urgent: boolean): boolean =>
  byDefault[channel](kind, urgent);
