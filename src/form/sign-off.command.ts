import { AppError } from '../kernel/app-error.rule.ts';
import { awaitedRole } from './form-state.rule.ts';
import type { SigningRole } from '../house/signing-role.rule.ts';
import { standingOf, type FormSoFar, type Standing } from '../house/delegation.rule.ts';
import { changedFields, type SignedText } from './form.rule.ts';
import { mayInUnit, rightsOf } from '../kernel/permission.rule.ts';
import { eligibleSigners, remindersDue } from './sign-reminder.rule.ts';
import { findCalendar } from '../kernel/calendar.db.ts';
import { listCredentials, type CredentialRow } from '../house/credential.db.ts';
import { signaturesOf, type StoredSignature } from './form.db.ts';
import { awaitingForms, findFormRecord, recentDecisions, type AwaitingForm, type FormRecord } from './sign-off.db.ts';
import { lastNudge, loadReminderPolicy, possibleSigners } from './sign-reminder.db.ts';
import { digestOf, sha256Hex } from '../kernel/digest.rule.ts';
import { findSubject, subjectOf, type Subject, type SubjectStand } from './subject.ts';
import { demand, mutate, unitsFor, type Context } from '../house/context.ts';

/** In whose name the caller could decide on a form in `role`: their context holds the stand-ins of this moment. */
function standing(ctx: Context, role: SigningRole, unit: string, form: FormSoFar): Standing {
  const own = ctx.staff.grants.filter(({ onBehalfOf }) => onBehalfOf === undefined);
  const standIns = ctx.staff.grants.flatMap(({ role: held, unit: where, onBehalfOf }) =>
    onBehalfOf !== undefined && held === role
      ? [
          {
            delegationId: '',
            staffId: onBehalfOf,
            role,
            unit: where,
            fromAt: new Date(0),
            untilAt: new Date(8.64e15),
            revokedAt: null,
          },
        ]
      : [],
  );
  return standingOf({ id: ctx.staff.id, own, standIns }, { role, unit }, form, ctx.now());
}

type Awaited = AwaitingForm & { role: SigningRole; mine: boolean };
const mineOrNot = (ctx: Context, form: AwaitingForm): Awaited => {
  const role = form.state === 'awaiting-liaison' ? 'liaison' : 'leader';
  const mine = form.expiresAt > ctx.now() && standing(ctx, role, form.unit, form).kind !== 'refused';
  return { ...form, role, mine };
};

/** How many forms the caller can sign now: the count beside the menu entry. No query for those who sign nothing. */
export async function awaitingCount(ctx: Context): Promise<number> {
  if (!rightsOf(ctx.staff.grants).has('campaign:sign')) return 0;
  const forms = await awaitingForms(ctx.pool, { units: unitsFor(ctx, 'campaign:sign') });
  return forms.filter((form) => mineOrNot(ctx, form).mine).length;
}

const recentDays = 14;

/** What awaits the caller, what awaits others (of units they may read), and what they decided in the last two weeks. */
export async function signOffCentre(ctx: Context) {
  const forms = await awaitingForms(ctx.pool, { units: unitsFor(ctx, 'campaign:read') });
  const judged = forms.map((form) => mineOrNot(ctx, form));
  const since = new Date(ctx.now().getTime() - recentDays * 86_400_000);
  return {
    mine: judged.filter(({ mine }) => mine),
    others: judged.filter(({ mine }) => !mine),
    recent: await withStates(ctx, await recentDecisions(ctx.pool, ctx.staff.id, since)),
  };
}

/** Each with the state that its subject is in now, asked once a kind. */
export async function withStates<Row extends { subjectKind: string; subjectId: string }>(
  ctx: Pick<Context, 'pool'>,
  rows: readonly Row[],
): Promise<(Row & { state: string })[]> {
  const states = new Map<string, string>();
  for (const kind of new Set(rows.map(({ subjectKind }) => subjectKind))) {
    const ids = rows.filter(({ subjectKind }) => subjectKind === kind).map(({ subjectId }) => subjectId);
    for (const [id, { state }] of await subjectOf(kind).statesOf(ctx.pool, ids)) states.set(id, state);
  }
  return rows.flatMap((row) => {
    const state = states.get(row.subjectId);
    return state === undefined ? [] : [{ ...row, state }];
  });
}

/** What the caller can do on the form now, and if nothing, which rule or fact stands against it. */
export type SignOffAct =
  | { kind: 'sign'; role: SigningRole; onBehalfOf: string | null; passkeys: CredentialRow[] }
  | { kind: 'no-passkey'; role: SigningRole; onBehalfOf: string | null; requested: boolean; keyFile: boolean }
  | { kind: 'refused'; role: SigningRole; code: Extract<Standing, { kind: 'refused' }>['code'] }
  | { kind: 'changed'; changed: string[] }
  | { kind: 'expired' }
  | { kind: 'over'; state: string };

export type Revision = {
  /** Which version this is, from 1. */
  version: number;
  previous: { number: string; form: SignedText; state: string; reason: string | null; by: string | null } | null;
};

/** The form on record, and how its subject stands. */
export type FormStand = FormRecord &
  Pick<SubjectStand, 'state' | 'submittedAt' | 'revises'> & {
    stateReason: SubjectStand['reason'];
  };

export type SignOffView = {
  subject: Subject;
  stand: FormStand;
  /** Parsed from the canonical text that the digest is of, and from nothing else. */
  form: SignedText;
  /** SHA-256 of the stored text as computed now equals the digest on record. */
  digestHolds: boolean;
  signatures: (StoredSignature & { onBehalfOf: string | null })[];
  act: SignOffAct;
  since: Date;
  /** Reminders so far and the next one, while a signature is awaited and the calendar says. */
  reminders: { round: number; nextAt: Date | null; lastNudgeAt: Date | null } | null;
  /** The names of those who could give the signature that is awaited; null while none is. */
  signers: string[] | null;
  revision: Revision;
};

/** By the subject's id or number. One of a unit that the caller may not read is missing to them. */
export async function loadSubject(
  ctx: Context,
  idOrNumber: string,
): Promise<{ subject: Subject; stand: SubjectStand }> {
  demand(ctx, 'campaign:read');
  const found = await findSubject(ctx.pool, idOrNumber);
  if (!found) throw new AppError('missing', 'form.missing', 'There is no form of this number.');
  if (!mayInUnit(ctx.staff.grants, 'campaign:read', found.stand.unit)) throw found.subject.refusals.missing();
  return found;
}

/** Whether the form is there, and if not, whether it is being made and which page of its subject says why not. */
export async function findFormMade(
  ctx: Context,
  idOrNumber: string,
): Promise<{ number: string; made: boolean; making: boolean; href: string }> {
  const { subject, stand } = await loadSubject(ctx, idOrNumber);
  const { id, number, state } = stand;
  const made = (await findFormRecord(ctx.pool, { kind: subject.kind, id })) !== null;
  return { number, made, making: subject.isMaking(state), href: subject.hrefOf(number) };
}

export async function showSignOff(ctx: Context, idOrNumber: string): Promise<SignOffView> {
  const { subject, stand: at } = await loadSubject(ctx, idOrNumber);
  const stand = await standOfForm(ctx, subject, at);
  if (!stand) throw new AppError('missing', 'form.not-made', 'There is no form yet.');
  const form = JSON.parse(stand.canonical) as SignedText;
  const given = await signaturesOf(ctx.pool, stand.formId);
  const signatures = given.map((signature) => withPlace(signature, stand));
  const since = signatures.reduce((last, { signedAt }) => (signedAt > last ? signedAt : last), stand.createdAt);
  const [act, reminders, revision, signers] = await Promise.all([
    actOn(ctx, subject, stand, form),
    remindersOf(ctx, subject, stand, since),
    revisionOf(ctx, subject, stand),
    signersOf(ctx, stand),
  ]);
  const digestHolds = sha256Hex(stand.canonical) === stand.digest;
  return { subject, stand, form, digestHolds, signatures, act, since, reminders, revision, signers };
}

async function standOfForm(ctx: Context, { kind }: Subject, at: SubjectStand): Promise<FormStand | null> {
  const record = await findFormRecord(ctx.pool, { kind, id: at.id });
  const { number, unit, state, reason, submittedAt, revises } = at;
  return record && { ...record, number, unit, state, stateReason: reason, submittedAt, revises };
}

const withPlace = (signature: StoredSignature, { signed }: FormStand) => ({
  ...signature,
  onBehalfOf: signed.find(({ staffId }) => staffId === signature.staffId)?.onBehalfOf ?? null,
});

async function actOn(ctx: Context, subject: Subject, stand: FormStand, form: SignedText): Promise<SignOffAct> {
  const role = awaitedRole(stand.formState);
  if (role === null) return { kind: 'over', state: stand.state };
  const now = await subject.formNow(ctx.pool, stand.subjectId, form.format);
  if (sha256Hex(stand.canonical) !== stand.digest) return { kind: 'changed', changed: ['form'] };
  if (!now || digestOf(now) !== stand.digest)
    return { kind: 'changed', changed: now ? changedFields(form, now) : [subject.kind] };
  if (stand.expiresAt <= ctx.now()) return { kind: 'expired' };
  const how = standing(ctx, role, stand.unit, { applicantId: stand.applicantId, signed: stand.signed });
  if (how.kind === 'refused') return { kind: 'refused', role, code: how.code };
  const onBehalfOf = how.kind === 'stand-in' ? how.onBehalfOf : null;
  const keys = await listCredentials(ctx.pool, ctx.staff.id);
  const passkeys = keys.filter(({ kind, state }) => kind === 'passkey' && state === 'active');
  if (passkeys.length > 0) return { kind: 'sign', role, onBehalfOf, passkeys };
  return {
    kind: 'no-passkey',
    role,
    onBehalfOf,
    requested: keys.some(({ kind, state }) => kind === 'passkey' && state === 'requested'),
    keyFile: keys.some(({ kind, state }) => kind === 'ed25519' && state === 'active'),
  };
}

async function remindersOf(
  ctx: Context,
  subject: Subject,
  stand: FormStand,
  since: Date,
): Promise<SignOffView['reminders']> {
  const role = awaitedRole(stand.formState);
  if (role === null) return null;
  const calendar = await findCalendar(ctx.pool);
  const policy = await loadReminderPolicy(ctx.pool);
  const due = calendar && remindersDue(calendar, policy, { since, signBy: stand.expiresAt }, ctx.now());
  const nudge = await lastNudge(ctx.pool, itemOf(subject, stand).id, role);
  const { round, nextAt } = due?.kind === 'due' ? due : { round: 0, nextAt: null };
  return { round, nextAt, lastNudgeAt: nudge.at };
}

const itemOf = (subject: Subject, { formId, subjectId }: FormStand) => subject.noticeItem({ id: formId, subjectId });

/** By own right or as a stand-in, each once. */
async function signersOf(ctx: Context, { formState, unit, applicantId, signed }: FormStand): Promise<string[] | null> {
  const role = awaitedRole(formState);
  if (role === null) return null;
  const people = await possibleSigners(ctx.pool, role, unit, ctx.now());
  const able = eligibleSigners(people, role, { applicantId, signed }, ctx.now());
  return able.map((id) => people.find(({ staffId }) => staffId === id)?.name ?? '');
}

async function revisionOf(ctx: Context, subject: Subject, stand: FormStand): Promise<Revision> {
  if (stand.revises === null) return { version: 1, previous: null };
  const version = 1 + (await subject.revisionsBefore(ctx.pool, stand.subjectId));
  const before = await subject.find(ctx.pool, stand.revises);
  const earlier = before && (await standOfForm(ctx, subject, before));
  // What was corrected may have been moved to another unit: what the caller may not read there stays unread.
  const units = unitsFor(ctx, 'campaign:read');
  if (!earlier || (units !== '*' && !units.includes(earlier.unit))) return { version, previous: null };
  const said = (key: string): string | null => {
    const value = earlier.stateReason?.[key];
    return typeof value === 'string' ? value : null;
  };
  return {
    version,
    previous: {
      number: earlier.number,
      form: JSON.parse(earlier.canonical) as SignedText,
      state: earlier.state,
      reason: said('reason'),
      by: said('by'),
    },
  };
}

/** Put on record before the paper leaves: under an object of its own kind, since printing is no act on what is signed. */
export async function takeFormPrint(ctx: Context, idOrNumber: string): Promise<SignOffView> {
  const view = await showSignOff(ctx, idOrNumber);
  return mutate(ctx, 'campaign:read', () =>
    Promise.resolve({
      result: view,
      audit: {
        action: 'form.export',
        objectKind: 'export',
        objectId: view.stand.subjectId,
        details: { number: view.stand.number, digest: view.stand.digest },
      },
    }),
  );
}
