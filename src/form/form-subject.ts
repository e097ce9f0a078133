import { announce } from '../house/notice/announce.db.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { Db, Tx } from '../kernel/sql.db.ts';
import type { SignedText } from './form.rule.ts';
import { moveForm } from './form-state.db.ts';
import type { FormState } from './form-state.rule.ts';
import { findSubjectForm, lockSubjectForm, subjectFormStates } from './form-subject.db.ts';
import { findForm } from './form.db.ts';
import type { Subject } from './subject.ts';

/** What the room of a content has to say of it; the rest follows from the form alone. */
export type Content = {
  kind: string;
  formNow: (db: Db, id: string, format: string) => Promise<SignedText | null>;
  hrefOf: (number: string) => string;
  /** In the transaction of the move, after the form has moved: signed, returned, withdrawn, expired or void. */
  told: (tx: Tx, id: string, to: FormState, now: Date) => Promise<void>;
};

const tells = { rejected: 'form-rejected', expired: 'form-expired' } as const;

/** A subject that has no states of its own: it stands as its form stands, and is stopped by making its form void. */
export function formSubject({ kind, formNow, hrefOf, told }: Content): Subject {
  const move: Subject['move'] = async (tx, id, to, reason, now) => {
    if (!(await moveForm(tx, { kind, id }, to, reason, now))) return false;
    await told(tx, id, to, now);
    const form = await findForm(tx, { kind, id });
    if (form && (to === 'rejected' || to === 'expired')) {
      const by = typeof reason?.['by'] === 'string' ? reason['by'] : null;
      await announce(tx, { kind: tells[to], item: { kind: 'form', id: form.id }, actorId: by }, now);
    }
    return true;
  };
  return {
    kind,
    ownProcess: false,
    acts: {
      sign: `${kind}.sign`,
      refused: `${kind}.sign-refused`,
      reject: `${kind}.reject`,
      withdraw: `${kind}.withdraw`,
      nudge: `${kind}.nudge`,
      expire: `${kind}.expire`,
      void: `${kind}.void`,
      pause: `${kind}.void`,
      cancel: `${kind}.void`,
      lost: `${kind}.process-restart`,
    },
    reasons: { rejected: 'form.rejected', withdrawn: 'form.withdrawn' },
    refusals: {
      missing: () => new AppError('missing', 'form.missing', 'There is no form of this number.'),
      notAwaiting: (state) =>
        new AppError('conflict', 'form.not-awaiting-signature', `This form is ${state}; it takes no signature now.`),
      notYours: () => new AppError('denied', 'form.not-yours', 'Only the applicant of a form can do this.'),
      notYoursToReject: (state) =>
        new AppError(
          'conflict',
          'form.not-yours-to-reject',
          `This form is ${state}; only the person whose signature it awaits can send it back.`,
        ),
      wrongState: (state, to) =>
        new AppError('conflict', 'form.wrong-state', `This form is ${state}; it cannot become ${to}.`, { state, to }),
    },
    find: (db, idOrNumber) => findSubjectForm(db, kind, idOrNumber),
    lock: (tx, id) => lockSubjectForm(tx, kind, id),
    formNow,
    move,
    revisionsBefore: () => Promise.resolve(0),
    statesOf: async (db, ids) =>
      new Map(
        (await subjectFormStates(db, kind, ids)).map(({ id, state }) => [id, { state, runs: state === 'signed' }]),
      ),
    stop: (tx, id, _, reason, now) => move(tx, id, 'voided', reason, now),
    noticeItem: ({ id }) => ({ kind: 'form', id }),
    hrefOf,
    isMaking: () => false,
  };
}
