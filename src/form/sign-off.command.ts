import { AppError } from '../kernel/app-error.rule.ts';
import { awaitedRole } from './form-state.rule.ts';
import type { SigningRole } from '../house/signing-role.rule.ts';
import { standingOf, type FormSoFar, type Standing } from '../house/delegation.rule.ts';
import { changedFields, type Form } from './form.rule.ts';
import { rightsOf } from '../kernel/permission.rule.ts';
import { windowStateAt } from '../contact/sending-window.rule.ts';
import { eligibleSigners, remindersDue } from './sign-reminder.rule.ts';
import { findCalendar } from '../kernel/calendar.db.ts';
import { listCredentials, type CredentialRow } from '../house/credential.db.ts';
import { findLiveCampaign, formOf, signaturesOf, type StoredSignature } from './form.db.ts';
import {
  awaitingForms,
  findFormStand,
  findSamples,
  membersAt,
  recentDecisions,
  revisionsBefore,
  type AwaitingForm,
  type FormMember,
  type FormSamples,
  type FormStand,
} from './sign-off.db.ts';
import { lastNudge, loadReminderPolicy, possibleSigners } from './sign-reminder.db.ts';
import { digestOf, sha256Hex } from '../kernel/digest.rule.ts';
import { loadCampaign } from '../campaign/view.command.ts';
import { mutate, unitsFor, type Context } from '../house/context.ts';

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
    recent: await recentDecisions(ctx.pool, ctx.staff.id, since),
  };
}

/** What the caller can do on the form now, and if nothing, which rule or fact stands against it. */
export type SignOffAct =
  | { kind: 'sign'; role: SigningRole; onBehalfOf: string | null; passkeys: CredentialRow[] }
  | { kind: 'no-passkey'; role: SigningRole; onBehalfOf: string | null; requested: boolean; keyFile: boolean }
  | { kind: 'refused'; role: SigningRole; code: Extract<Standing, { kind: 'refused' }>['code'] }
  | { kind: 'changed'; changed: string[] }
  | { kind: 'expired' }
  | { kind: 'over'; state: FormStand['state'] };

export type Revision = {
  /** Which version this is, from 1. */
  version: number;
  previous: { number: string; form: Form; state: FormStand['state']; reason: string | null; by: string | null } | null;
};

export type SignOffView = {
  stand: FormStand;
  /** Parsed from the canonical text that the digest is of, and from nothing else. */
  form: Form;
  /** SHA-256 of the stored text as computed now equals the digest on record. */
  digestHolds: boolean;
  signatures: (StoredSignature & { onBehalfOf: string | null })[];
  samples: FormSamples | null;
  act: SignOffAct;
  since: Date;
  /** Reminders so far and the next one, while a signature is awaited and the calendar says. */
  reminders: { round: number; nextAt: Date | null; lastNudgeAt: Date | null } | null;
  /** The names of those who could give the signature that is awaited; null while none is. */
  signers: string[] | null;
  /** Signed by both, and its window is open: it is about to begin. */
  opening: boolean;
  revision: Revision;
};

/** Whether the campaign's form is there, and if not, the state that says whether it will be. */
export async function findFormMade(
  ctx: Context,
  idOrNumber: string,
): Promise<{ number: string; state: FormStand['state']; made: boolean }> {
  const { id, number, state } = await loadCampaign(ctx, idOrNumber);
  return { number, state, made: (await findFormStand(ctx.pool, id)) !== null };
}

export async function showSignOff(ctx: Context, idOrNumber: string): Promise<SignOffView> {
  const { id } = await loadCampaign(ctx, idOrNumber);
  const stand = await findFormStand(ctx.pool, id);
  if (!stand) throw new AppError('missing', 'form.not-made', 'This campaign has no form yet.');
  const form = JSON.parse(stand.canonical) as Form;
  const given = await signaturesOf(ctx.pool, stand.formId);
  const signatures = given.map((signature) => withPlace(signature, stand));
  const since = signatures.reduce((last, { signedAt }) => (signedAt > last ? signedAt : last), stand.createdAt);
  const [samples, act, reminders, revision, signers, calendar] = await Promise.all([
    findSamples(ctx.pool, form.audience.id),
    actOn(ctx, stand, form),
    remindersOf(ctx, stand, since),
    revisionOf(ctx, stand),
    signersOf(ctx, stand),
    stand.state === 'scheduled' ? findCalendar(ctx.pool) : null,
  ]);
  const digestHolds = sha256Hex(stand.canonical) === stand.digest;
  const opening = calendar !== null && windowStateAt(form.window, calendar, ctx.now()).kind === 'open';
  return { stand, form, digestHolds, signatures, samples, act, since, reminders, revision, signers, opening };
}

const withPlace = (signature: StoredSignature, { signed }: FormStand) => ({
  ...signature,
  onBehalfOf: signed.find(({ staffId }) => staffId === signature.staffId)?.onBehalfOf ?? null,
});

async function actOn(ctx: Context, stand: FormStand, form: Form): Promise<SignOffAct> {
  const role = awaitedRole(stand.state);
  if (role === null) return { kind: 'over', state: stand.state };
  const live = await findLiveCampaign(ctx.pool, stand.campaignId);
  const now = live && formOf(live, form.format);
  if (sha256Hex(stand.canonical) !== stand.digest) return { kind: 'changed', changed: ['form'] };
  if (!now || digestOf(now) !== stand.digest)
    return { kind: 'changed', changed: now ? changedFields(form, now) : ['campaign'] };
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

async function remindersOf(ctx: Context, stand: FormStand, since: Date): Promise<SignOffView['reminders']> {
  const role = awaitedRole(stand.state);
  if (role === null) return null;
  const calendar = await findCalendar(ctx.pool);
  const policy = await loadReminderPolicy(ctx.pool);
  const due = calendar && remindersDue(calendar, policy, { since, signBy: stand.expiresAt }, ctx.now());
  const nudge = await lastNudge(ctx.pool, stand.campaignId, role);
  const { round, nextAt } = due?.kind === 'due' ? due : { round: 0, nextAt: null };
  return { round, nextAt, lastNudgeAt: nudge.at };
}

/** By own right or as a stand-in, each once. */
async function signersOf(ctx: Context, { state, unit, applicantId, signed }: FormStand): Promise<string[] | null> {
  const role = awaitedRole(state);
  if (role === null) return null;
  const people = await possibleSigners(ctx.pool, role, unit, ctx.now());
  const able = eligibleSigners(people, role, { applicantId, signed }, ctx.now());
  return able.map((id) => people.find(({ staffId }) => staffId === id)?.name ?? '');
}

async function revisionOf(ctx: Context, stand: FormStand): Promise<Revision> {
  if (stand.revises === null) return { version: 1, previous: null };
  const version = 1 + (await revisionsBefore(ctx.pool, stand.campaignId));
  const earlier = await findFormStand(ctx.pool, stand.revises);
  // A corrected campaign may have been moved to another unit: what the caller may not read there stays unread.
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
      form: JSON.parse(earlier.canonical) as Form,
      state: earlier.state,
      reason: said('reason'),
      by: said('by'),
    },
  };
}

/** Members of the form's frozen list at those places, unmasked: for their renderings. The caller has read the form. */
export const formMembers = (ctx: Context, view: SignOffView, seqs: readonly number[]): Promise<FormMember[]> =>
  membersAt(ctx.pool, view.form.audience.id, seqs);

/** Put on record before the paper leaves: under an object of its own kind, since printing is no act on the campaign. */
export async function takeFormPrint(ctx: Context, idOrNumber: string): Promise<SignOffView> {
  const view = await showSignOff(ctx, idOrNumber);
  return mutate(ctx, 'campaign:read', () =>
    Promise.resolve({
      result: view,
      audit: {
        action: 'form.export',
        objectKind: 'export',
        objectId: view.stand.campaignId,
        details: { number: view.stand.number, digest: view.stand.digest },
      },
    }),
  );
}
