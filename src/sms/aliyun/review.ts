import { dysms } from './sdk.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { AliyunCaller } from './client.ts';
import { readAnswer, readFault } from './outcome.ts';
import type { GatewaySignature, GatewayTemplate, ReviewState, SubmitOutcome } from '../gateway.ts';

/** The template under this code, or null when the account has none. */
export async function findTemplate(caller: AliyunCaller, code: string): Promise<GatewayTemplate | null> {
  const request = new dysms.GetSmsTemplateRequest({ templateCode: code });
  const body = await ask(caller, 'isv.SMS_TEMPLATE_ILLEGAL', () =>
    caller.client.getSmsTemplateWithOptions(request, caller.options()),
  );
  if (!body) return null;
  const content = body.templateContent;
  if (typeof content !== 'string') throw unavailable('client.unreadable-answer');
  return { code, content, state: reviewState(body.templateStatus), rejectInfo: body.auditInfo?.rejectInfo || null };
}

/** The signature of this name, or null when the account has none. */
export async function findSignature(caller: AliyunCaller, name: string): Promise<GatewaySignature | null> {
  const request = new dysms.GetSmsSignRequest({ signName: name });
  const body = await ask(caller, 'isv.SMS_SIGN', () => caller.client.getSmsSignWithOptions(request, caller.options()));
  if (!body) return null;
  return { name, state: reviewState(body.signStatus), rejectInfo: body.auditInfo?.rejectInfo || null };
}

/** `absent` begins the codes that say "no such thing". */
export async function ask<Body extends { code?: string }>(
  { now }: AliyunCaller,
  absent: string,
  call: () => Promise<{ body?: Body }>,
): Promise<Body | null> {
  const context = { now, secrets: () => [] };
  let verdict: SubmitOutcome;
  try {
    const { body } = await call();
    if (body?.code === 'OK') return body;
    verdict = readAnswer(body ?? {}, context);
  } catch (error) {
    verdict = readFault(error, context);
  }
  const code = 'code' in verdict ? verdict.code : 'client.unexpected';
  if (verdict.kind === 'refused' && code.startsWith(absent)) return null;
  throw unavailable(code);
}

// No cause: an error of the SDK carries the URL.
export const unavailable = (code: string) =>
  new AppError('unavailable', 'sms-gateway.no-answer', `The SMS gateway gave no answer to use (${code}); try again.`, {
    code,
  });

/** A template's state is a string, a signature's a number. A state we do not know is not "passed". */
function reviewState(status: unknown): ReviewState {
  return states[String(status)] ?? 'reviewing';
}

const states: Record<string, ReviewState> = { 0: 'reviewing', 1: 'passed', 2: 'failed', 10: 'cancelled' };
