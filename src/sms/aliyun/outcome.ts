import type { SubmitOutcome } from '../gateway.ts';
import { classOfCode, explainCode } from './errors.ts';
import { NoCredentials } from './client.ts';
import { secondsToNextChina } from '../../kernel/china-clock.rule.ts';
import { scrub } from '../scrub.rule.ts';

/** What an outcome needs besides the answer. `secrets` (phones, variable values) is asked for only when text is scrubbed. */
export type OutcomeContext = { now: () => Date; secrets: () => string[] };

/** Reads the JSON body of an answer with a status below 400. */
export function readAnswer(body: { code?: unknown; message?: unknown; bizId?: unknown }, context: OutcomeContext) {
  if (body.code !== 'OK') return verdict(body.code, body.message, {}, context);
  const { bizId } = body;
  // Without the id receipts cannot be matched, but the out id still can: settle it as an unknown.
  if (typeof bizId !== 'string' || !BIZ_ID.test(bizId)) return unclear('client.no-biz-id');
  return { kind: 'accepted', bizId } satisfies SubmitOutcome;
}

/** Reads whatever the SDK threw. The error itself must go no further: its message holds the URL with numbers in it. */
export function readFault(error: unknown, context: OutcomeContext): SubmitOutcome {
  if (error instanceof NoCredentials) return refusedByUs('account', 'client.no-credentials');
  const fault = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  if (typeof fault['statusCode'] === 'number') {
    const data = fault['data'] as { Message?: unknown; message?: unknown } | null | undefined;
    const { statusCode: status, retryAfter } = fault;
    return verdict(fault['code'], data?.Message ?? data?.message, { status, retryAfter }, context);
  }
  // Only these two prove that no byte left: nobody listens, or the name has no address.
  if (NOT_CONNECTED.has(String(fault['code']))) return refusedByUs('retry', 'client.not-connected');
  return unclear(ownCode(error, fault));
}

export function refusedByUs(cls: 'account' | 'retry' | 'recipient', code: string): SubmitOutcome {
  return { kind: 'refused', class: cls, code, message: explainCode(code).meaning.en };
}

const BIZ_ID = /^[\w^.-]{1,64}$/;
const CODE = /^[A-Za-z][\w.-]{0,79}$/;
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
const RESET = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'HPE_INVALID_CONSTANT', 'HPE_INVALID_EOF_STATE']);

function ownCode(error: unknown, fault: Record<string, unknown>): string {
  if (error instanceof SyntaxError) return 'client.unreadable-answer';
  if (String(fault['name']).includes('Timeout') || fault['code'] === 'ETIMEDOUT') return 'client.timeout';
  return RESET.has(String(fault['code'])) ? 'client.reset' : 'client.unexpected';
}

function unclear(code: string): SubmitOutcome {
  return { kind: 'unknown', code, message: explainCode(code).meaning.en };
}

function verdict(
  rawCode: unknown,
  rawMessage: unknown,
  wire: { status?: unknown; retryAfter?: unknown },
  context: OutcomeContext,
): SubmitOutcome {
  const code = readableCode(rawCode, context);
  if (code === null) return unclear('client.unreadable-answer');
  const text = typeof rawMessage === 'string' ? rawMessage : '';
  const message = (text && scrub(text, context.secrets())) || explainCode(code).meaning.en;
  const cls = classOfCode(code);
  const failedInside = Number(wire.status) >= 500 && !code.includes('Throttling');
  if (cls === 'unknown' || failedInside) return { kind: 'unknown', code, message };
  const wait = secondsToWait(cls, code, text, wire.retryAfter, context.now);
  return { kind: 'refused', class: cls, code, message, ...(wait === undefined ? {} : { retryAfterSeconds: wait }) };
}

/** The code is the gateway's own word, but the set is open: one that could carry data is not passed on. */
function readableCode(raw: unknown, { secrets }: OutcomeContext): string | null {
  if (typeof raw !== 'string' || raw === 'OK' || raw === 'undefined' || !CODE.test(raw)) return null;
  if (explainCode(raw).listed) return raw;
  const lower = raw.toLowerCase();
  const carriesData = /\d{5}/.test(raw) || secrets().some((s) => s.length >= 4 && lower.includes(s.toLowerCase()));
  return carriesData ? null : raw;
}

function secondsToWait(cls: string, code: string, text: string, retryAfter: unknown, now: () => Date) {
  if (code === 'isv.DAY_LIMIT_CONTROL') return secondsToNextChina('day', now());
  if (code === 'isv.MONTH_LIMIT_CONTROL') return secondsToNextChina('month', now());
  if (cls === 'defer') return secondsToWindow(text, now());
  if (cls === 'retry' && typeof retryAfter === 'number') return readRetryAfter(retryAfter);
  return undefined;
}

/** 触发分钟级流控Permits:1. Minute and hour are windows of the clock, a day is 24 hours from the send. */
function secondsToWindow(text: string, now: Date): number {
  if (/天|日级|\bday/i.test(text)) return 86_400;
  if (/分钟|\bminute/i.test(text)) return secondsToNextChina('minute', now);
  // Unreadable counts as the hour: a refused try costs no permit, a lost day costs the campaign.
  return secondsToNextChina('hour', now);
}

/** The unit of `x-acs-retry-after` is documented nowhere. The SDK sleeps it as milliseconds, capped at two minutes; a
 *  value up to 120 makes sense only as seconds. */
function readRetryAfter(value: number): number {
  const seconds = value <= 120 ? value : Math.ceil(value / 1000);
  return Math.min(120, Math.max(1, seconds));
}
