import type { ChannelOutcome } from '../channel.rule.ts';
import type { Answer } from '../post.ts';

/** What no robot's answer is: the connection, the gate before it, or a body that cannot be read. Null: read the body. */
export function outcomeOfAnswer(answer: Answer): ChannelOutcome | null {
  if (answer.kind === 'lost') return { kind: 'unknown', code: answer.code };
  if (answer.kind === 'no-connection')
    return answer.code === 'address-not-public'
      ? { kind: 'refused', code: answer.code, whose: 'channel' }
      : { kind: 'retry', code: answer.code };
  const { status, retryAfterMs } = answer;
  const afterMs = retryAfterMs === null ? {} : { afterMs: retryAfterMs, wholeChannel: true };
  if (status === 429 || status === 503) return { kind: 'retry', code: String(status), ...afterMs };
  // A gate that gave up on its server: what that server did is not known.
  if (status >= 500) return { kind: 'unknown', code: String(status) };
  if (status < 200 || status >= 300) return { kind: 'refused', code: String(status), whose: 'channel' };
  return null;
}

/** The code in a robot's body; null when it has none, and then nobody knows. */
export function codeIn(body: string, field: 'errcode' | 'code'): number | null {
  try {
    const read = JSON.parse(body) as unknown;
    const value = typeof read === 'object' && read !== null ? (read as Record<string, unknown>)[field] : null;
    return typeof value === 'number' ? value : null;
  } catch {
    return null;
  }
}
export const unreadable: ChannelOutcome = { kind: 'unknown', code: 'unreadable' };
