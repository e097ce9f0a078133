import type { AppError } from '../kernel/app-error.rule.ts';
import type { Db, Tx } from '../kernel/sql.db.ts';
import type { NoticeItem } from '../house/notice/notice.rule.ts';
import type { FormState } from './form-state.rule.ts';
import type { SignedText } from './form.rule.ts';

/** What a form is about: its kind, as the record and the database call it, and its id. */
export type SubjectRef = { kind: string; id: string };

export type SubjectStand = {
  id: string;
  number: string;
  /** As it is called now: whose forms a person may read and sign goes by it. */
  unit: string;
  applicantId: string;
  /** In the subject's own words: a campaign that was signed is `sending`, a form that was signed is `signed`. */
  state: string;
  reason: Readonly<Record<string, unknown>> | null;
  submittedAt: Date | null;
  /** The returned one that this one corrects. */
  revises: string | null;
};

/** Acts on a form as the record names them, each with its words in audit-action.words.json. */
export type FormActs = Readonly<
  Record<'sign' | 'refused' | 'reject' | 'withdraw' | 'nudge' | 'expire' | 'void' | 'pause' | 'cancel' | 'lost', string>
>;
/** Why a form is where it is, as codes with words. */
export type FormReasons = Readonly<Record<'rejected' | 'withdrawn', string>>;
/** The refusals that speak of the subject; `state` is its own. */
export type FormRefusals = {
  missing(): AppError;
  notAwaiting(state: string): AppError;
  notYours(): AppError;
  notYoursToReject(state: string): AppError;
  wrongState(state: string, to: FormState): AppError;
};

/**
 * All that the sign-off asks of what is signed. The room that owns the content gives it, and offers it where the house is put together
 * (src/app/subjects.ts): so the sign-off knows of no content, and a new one changes nothing in src/form.
 */
export type Subject = {
  kind: string;
  /** Its sign-off is a part of a process of its own room, which watches over that; else it has one for the sign-off alone. */
  ownProcess: boolean;
  acts: FormActs;
  reasons: FormReasons;
  refusals: FormRefusals;
  find(db: Db, idOrNumber: string): Promise<SubjectStand | null>;
  /** What is decided on its state holds until the transaction ends. */
  lock(tx: Tx, id: string): Promise<SubjectStand | null>;
  /** Its form as the database would make it now, in the format that was signed; null where what it states is gone. */
  formNow(db: Db, id: string, format: string): Promise<SignedText | null>;
  /** Signed, returned, withdrawn, expired, void: moves the subject and its form, tells whoever is to hear of it; false where that is no legal move. */
  move(tx: Tx, id: string, to: FormState, reason: Record<string, unknown> | null, now: Date): Promise<boolean>;
  /** How many returned versions stand before this one. */
  revisionsBefore(db: Db, id: string): Promise<number>;
  /** States of several at once, for lists; `runs`: something can still go out on the signatures. */
  statesOf(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, { state: string; runs: boolean }>>;
  /** Stops what still runs on a signed form; false where nothing does any more. */
  stop(tx: Tx, id: string, how: 'pause' | 'cancel', reason: { code: string; by: string }, now: Date): Promise<boolean>;
  /** What a notice about its form is about, and where its own page is. */
  noticeItem(form: { id: string; subjectId: string }): { kind: NoticeItem; id: string };
  hrefOf(number: string): string;
  /** Whether a form of it is being made, though there is none yet. */
  isMaking(state: string): boolean;
};

const offered = new Map<string, Subject>();

export const offerSubject = (subject: Subject): void => void offered.set(subject.kind, subject);

export function subjectOf(kind: string): Subject {
  const subject = offered.get(kind);
  if (!subject) throw new Error(`No room has offered subjects of the kind ${kind} (src/app/subjects.ts).`);
  return subject;
}

/** Kinds whose sign-off is a process for itself. */
export const kindsWithoutProcess = (): string[] =>
  [...offered.values()].filter(({ ownProcess }) => !ownProcess).map(({ kind }) => kind);

/** By the subject's id or number, of whatever kind. */
export async function findSubject(
  db: Db,
  idOrNumber: string,
): Promise<{ subject: Subject; stand: SubjectStand } | null> {
  for (const subject of offered.values()) {
    const stand = await subject.find(db, idOrNumber);
    if (stand) return { subject, stand };
  }
  return null;
}
