import type { SignRequest } from '../src/house/evidence.rule.ts';
import type { AuditSeals } from '../src/house/audit/seals.ts';
import type { Pool } from '../src/kernel/sql.db.ts';
import { archiveForm } from '../src/form/archive/form-archive.command.ts';
import { expireForm, nextFormStep } from '../src/form/sign-off-step.command.ts';
import { recordSignature } from '../src/form/record-signature.command.ts';
import type { SubjectRef } from '../src/form/subject.ts';

export type SignOffActivities = ReturnType<typeof createSignOffActivities>;

/** Of the sign-off of forms whose subject has no process of its own. */
export const createSignOffActivities = (deps: { pool: Pool; seals: AuditSeals; now?: () => Date }) => {
  const now = deps.now ?? (() => new Date());
  return {
    signForm: (subject: SubjectRef, request: SignRequest) => recordSignature(deps, subject, request),
    nextFormStep: (subject: SubjectRef) => nextFormStep(deps.pool, subject, now()),
    expireSubjectForm: (subject: SubjectRef) => expireForm(deps.pool, subject, now()),
    archiveForm: (subject: SubjectRef) => archiveForm(deps, subject),
  };
};
