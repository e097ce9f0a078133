import { awaitedRole } from './form-state.rule.ts';
import { eligibleSigners } from './sign-reminder.rule.ts';
import { insertNotices } from '../house/notice/notice.db.ts';
import { awaitingForms } from './sign-off.db.ts';
import { possibleSigners } from './sign-reminder.db.ts';
import { subjectOf, type SubjectRef } from './subject.ts';
import type { Tx } from '../kernel/sql.db.ts';

/**
 * Tells whoever can sign the form now that it awaits them, in the transaction that made it await them. Called after the audit
 * row of the signature before it: in whose place somebody signed stands there, and that person is not asked for the second.
 */
export async function askSigners(tx: Tx, subject: SubjectRef, now: Date): Promise<void> {
  const [form] = await awaitingForms(tx, { subject });
  const role = form && awaitedRole(form.state);
  if (!form || !role) return;
  const signers = eligibleSigners(await possibleSigners(tx, role, form.unit, now), role, form, now);
  const item = subjectOf(subject.kind).noticeItem({ id: form.formId, subjectId: subject.id });
  await insertNotices(
    tx,
    [null, ...signers].map((staffId) => ({ staffId, kind: 'sign-awaited' as const, item, role })),
    now,
  );
}
