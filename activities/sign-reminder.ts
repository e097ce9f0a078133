import { awaitedRole } from '../src/form/form-state.rule.ts';
import { eligibleSigners, remindersDue } from '../src/form/sign-reminder.rule.ts';
import { tellOfCalendarEnd } from '../src/house/calendar-ending.command.ts';
import { findCalendar } from '../src/kernel/calendar.db.ts';
import { insertNotices, type NewNotice } from '../src/house/notice/notice.db.ts';
import { awaitingForms } from '../src/form/sign-off.db.ts';
import { subjectOf } from '../src/form/subject.ts';
import { loadReminderPolicy, possibleSigners } from '../src/form/sign-reminder.db.ts';
import type { Pool } from '../src/kernel/sql.db.ts';

export type SignReminderDeps = {
  pool: Pool;
  now: () => Date;
  onTrouble: (sentence: string, fields: Record<string, unknown>) => void;
};
export type SignReminderActivities = ReturnType<typeof createSignReminderActivities>;

export const createSignReminderActivities = (deps: SignReminderDeps) => ({
  /**
   * Reminds late signers, and tells those who can sign only since then: new in the role, or standing in. Who could sign at once
   * was told with the form or the signature before. Repeatable: a notice is written once. Where the calendar ends nobody is
   * reminded; administrators were told weeks before, and it is an error once, not of each form.
   */
  async remindSigners(): Promise<{ written: number }> {
    const { pool } = deps;
    const now = deps.now();
    const policy = await loadReminderPolicy(pool);
    const { over } = await tellOfCalendarEnd(pool, now);
    if (over !== null)
      deps.onTrouble('The working-day calendar has ended: late signers are not reminded. Import the next calendar.', {
        coveredUntil: over,
      });
    const calendar = await findCalendar(pool);
    let written = 0;
    for (const form of await awaitingForms(pool)) {
      const role = awaitedRole(form.state);
      if (role === null || form.expiresAt <= now) continue;
      const signers = eligibleSigners(await possibleSigners(pool, role, form.unit, now), role, form, now);
      const notice = (staffId: string | null, kind: NewNotice['kind'], round: number): NewNotice => ({
        staffId,
        kind,
        item: subjectOf(form.subjectKind).noticeItem({ id: form.formId, subjectId: form.subjectId }),
        role,
        round,
      });
      const due = calendar && remindersDue(calendar, policy, { since: form.since, signBy: form.expiresAt }, now);
      const round = due?.kind === 'due' ? due.round : 0;
      written += await insertNotices(
        pool,
        [
          ...[null, ...signers].map((staffId) => notice(staffId, 'sign-awaited', 0)),
          ...(round > 0 ? [null, ...signers].map((staffId) => notice(staffId, 'sign-reminder', round)) : []),
        ],
        now,
      );
    }
    return { written };
  },
});
