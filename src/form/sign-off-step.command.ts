import { record } from '../house/audit/audit.db.ts';
import { transaction, type Pool } from '../kernel/sql.db.ts';
import { findFormArchive } from './archive/form-archive.db.ts';
import { awaitedRole } from './form-state.rule.ts';
import { findForm } from './form.db.ts';
import { subjectOf, type SubjectRef } from './subject.ts';

export type FormStep = { kind: 'wait'; untilMs: number } | { kind: 'expire' } | { kind: 'archive' } | { kind: 'end' };

// A wait is looked at again: clocks differ, and a person may have been told of an end that the process has not.
const longestWaitMs = 3_600_000;

/** What the process of a sign-off does next, by what the database says now. */
export async function nextFormStep(pool: Pool, about: SubjectRef, now: Date): Promise<FormStep> {
  const form = await findForm(pool, about);
  if (!form) return { kind: 'end' };
  if (awaitedRole(form.state) !== null) {
    const leftMs = form.expiresAt.getTime() - now.getTime();
    return leftMs < 0 ? { kind: 'expire' } : { kind: 'wait', untilMs: Math.min(leftMs + 1, longestWaitMs) };
  }
  return form.state === 'signed' && !(await findFormArchive(pool, form.id)) ? { kind: 'archive' } : { kind: 'end' };
}

/** A form that was not signed in time: nothing is done on it. Repeatable; one that was signed meanwhile stays signed. */
export const expireForm = (pool: Pool, about: SubjectRef, now: Date): Promise<void> =>
  transaction(pool, async (tx) => {
    const subject = subjectOf(about.kind);
    await subject.lock(tx, about.id);
    const form = await findForm(tx, about);
    if (!form || awaitedRole(form.state) === null || form.expiresAt > now) return;
    if (!(await subject.move(tx, about.id, 'expired', { code: 'form.expired' }, now))) return;
    await record(
      tx,
      { actor: 'system', action: subject.acts.expire, objectKind: about.kind, objectId: about.id, details: {} },
      now,
    );
  });
