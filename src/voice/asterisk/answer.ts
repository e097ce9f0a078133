import type { Asked, Found, LegState } from '../dialer.ts';

/** An answer of ARI over HTTP, or the fault that came instead of one. */
export type Answer = { status: number; body: unknown } | { fault: string; wasSent: boolean };

/** Faults before a connection stood: the request cannot have reached anybody. */
const unsent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'EPROTO',
]);
export const wasSent = (code: string): boolean => !unsent.has(code);

export function messageOf(body: unknown): string {
  const message = (body as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : '';
}

/**
 * What a request came to. A 5xx does not prove that nothing happened ("Allocation failed" can come after the INVITE has left), and a
 * time-out proves nothing at all: both are `unknown`.
 */
export function askedOf(answer: Answer): Asked {
  if ('fault' in answer) {
    if (answer.wasSent) return { kind: 'unknown', code: answer.fault };
    return { kind: 'refused', disposition: 'network', code: answer.fault };
  }
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { kind: 'done' };
  if (status === 404 || /channel not found/i.test(messageOf(body))) return { kind: 'gone' };
  if (status >= 500 || status === 408 || status < 200) return { kind: 'unknown', code: `http-${status}` };
  return { kind: 'refused', disposition: 'config', code: `http-${status}` };
}

/** The answer to a request that brings its own id: a channel, a recording. 409 is what the first of two was answered by 200. */
export const askedWithId = (answer: Answer): Asked =>
  'status' in answer && answer.status === 409 ? { kind: 'exists' } : askedOf(answer);

/** What is to be ended and is not there any more has ended. */
export function endedOf(answer: Answer): Asked {
  const asked = askedOf(answer);
  return asked.kind === 'gone' ? { kind: 'done' } : asked;
}

/** Asterisk's channel states; those of old signalling (OffHook, Dialing …) are before any ringing. */
export function legState(state: string): LegState {
  if (state === 'Up') return 'up';
  return state === 'Ring' || state === 'Ringing' ? 'ringing' : 'down';
}

export function foundOf(answer: Answer): Found {
  if ('fault' in answer) return { kind: 'cannot-tell' };
  if (answer.status === 404) return { kind: 'gone' };
  const state = (answer.body as { state?: unknown } | null)?.state;
  if (answer.status !== 200 || typeof state !== 'string') return { kind: 'cannot-tell' };
  return { kind: 'lives', state: legState(state) };
}
