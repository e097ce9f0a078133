import { covers, type Grant } from '../../kernel/permission.rule.ts';
import type { MessageKind } from '../../sms/sms-text.rule.ts';
import type { SendingHours } from '../../contact/sending-window.rule.ts';

/** Why a test message is not sent. */
export type TestRefusal =
  | 'test-send.not-entitled'
  | 'test-send.no-phone'
  | 'test-send.suppressed'
  | 'test-send.outside-hours'
  | 'test-send.account-stopped'
  | 'test-send.draft-limit'
  | 'test-send.phone-limit';

/** A test message leaves without two signatures: so few that nobody can make a campaign of them. */
export const testLimits = { perDraft: 5, draftHours: 1, perPhone: 3, phoneDays: 1 } as const;

/** A row that nobody has called for within this time is not called any more: hours and people may have changed. */
export const testOpenMinutes = 10;

/** Signers of the unit, and whoever sends it to themself. */
export const mayReceiveTest = (
  person: { id: string; grants: readonly Grant[] },
  draft: { unit: string; sentBy: string },
): boolean =>
  person.id === draft.sentBy ||
  person.grants.some(({ role, unit }) => (role === 'liaison' || role === 'leader') && covers(unit, draft.unit));

/** `ofDraft` and `ofPhone` count what was sent before, within the limits' time, this one not among them. */
export function testRefusalFor(test: {
  entitled: boolean;
  phone: string | null;
  suppressed: boolean;
  accountStopped: boolean;
  kind: MessageKind;
  hours: SendingHours;
  ofDraft: number;
  ofPhone: number;
  now: Date;
}): TestRefusal | null {
  if (!test.entitled) return 'test-send.not-entitled';
  if (test.phone === null) return 'test-send.no-phone';
  if (test.suppressed) return 'test-send.suppressed';
  if (test.accountStopped) return 'test-send.account-stopped';
  if (!withinHours(test.hours[test.kind], test.now)) return 'test-send.outside-hours';
  if (test.ofDraft >= testLimits.perDraft) return 'test-send.draft-limit';
  if (test.ofPhone >= testLimits.perPhone) return 'test-send.phone-limit';
  return null;
}

/** Whether China's clocks stand between `from` (included) and `to` (not included). */
export function withinHours([from, to]: readonly [from: string, to: string], now: Date): boolean {
  const time = new Date(now.getTime() + 8 * 3_600_000).toISOString().slice(11, 16);
  return time >= from && time < to;
}
