import type { SigningRole } from './signing-role.rule.ts';
import { covers, type Grant } from '../kernel/permission.rule.ts';

/** A stand-in's right as it is now: `unit` is the narrower of the delegation's and of the absent person's own grant. */
export type StandIn = {
  delegationId: string;
  /** Who is absent. */
  staffId: string;
  role: SigningRole;
  unit: string;
  fromAt: Date;
  untilAt: Date;
  revokedAt: Date | null;
};

export const isActive = (period: Pick<StandIn, 'fromAt' | 'untilAt' | 'revokedAt'>, now: Date): boolean =>
  period.revokedAt === null && period.fromAt <= now && now < period.untilAt;

/** What has happened on a form so far. */
export type FormSoFar = {
  applicantId: string;
  /** Who has signed, and for whom when that was somebody else. */
  signed: readonly { staffId: string; onBehalfOf: string | null }[];
};

export type Standing =
  | { kind: 'own' }
  | { kind: 'stand-in'; onBehalfOf: string; delegationId: string }
  | {
      kind: 'refused';
      code:
        | 'signature.applicant'
        | 'signature.same-person'
        | 'signature.role-not-held'
        | 'signature.stands-for-applicant'
        | 'signature.stands-for-signer';
    };

/**
 * In whose name `signerId` may decide on a form in `role` for `unit` at `now`. The own role comes first. Two signatures
 * are two people's: neither the applicant nor anybody whose name is on the form already decides, by themselves or by a stand-in.
 */
export function standingOf(
  signer: { id: string; own: readonly Grant[]; standIns: readonly StandIn[] },
  asked: { role: SigningRole; unit: string },
  form: FormSoFar,
  now: Date,
): Standing {
  const onForm = new Set(
    form.signed.flatMap(({ staffId, onBehalfOf }) => [staffId, ...(onBehalfOf ? [onBehalfOf] : [])]),
  );
  if (signer.id === form.applicantId) return { kind: 'refused', code: 'signature.applicant' };
  if (onForm.has(signer.id)) return { kind: 'refused', code: 'signature.same-person' };
  if (signer.own.some(({ role, unit }) => role === asked.role && covers(unit, asked.unit))) return { kind: 'own' };
  const given = signer.standIns.filter(
    (each) => each.role === asked.role && covers(each.unit, asked.unit) && isActive(each, now),
  );
  const usable = given.find(({ staffId }) => staffId !== form.applicantId && !onForm.has(staffId));
  if (usable) return { kind: 'stand-in', onBehalfOf: usable.staffId, delegationId: usable.delegationId };
  if (given.some(({ staffId }) => onForm.has(staffId))) return { kind: 'refused', code: 'signature.stands-for-signer' };
  if (given.length > 0) return { kind: 'refused', code: 'signature.stands-for-applicant' };
  return { kind: 'refused', code: 'signature.role-not-held' };
}

export const standingMessages: Record<Extract<Standing, { kind: 'refused' }>['code'], string> = {
  'signature.applicant': 'The applicant cannot sign the own form.',
  'signature.same-person': 'You have signed this form already; the second signature is another person’s.',
  'signature.role-not-held':
    'You do not hold this role for the unit of this campaign, nor stand in for somebody who does.',
  'signature.stands-for-applicant': 'You stand in for the applicant, who cannot sign the own form.',
  'signature.stands-for-signer':
    'You stand in for somebody who is on this form already; the second signature is another person’s.',
};

/** People who sign let themselves be replaced for a holiday, not for good. */
export const longestOwnDays = 60;
/** Periods of one's own with less than this between them are one absence: stacked, they must not outlast the limit. */
const freshAfterDays = 7;
const dayMs = 86_400_000;

export type DelegationFault =
  | 'delegation.same-person'
  | 'delegation.backwards'
  | 'delegation.over'
  | 'delegation.too-long'
  | 'delegation.role-not-held';

type Period = { fromAt: Date; untilAt: Date };

/**
 * Why this delegation must not be made, or null. `holder` is the absent person; `own` says that they make it themselves,
 * and then `before` are the periods of this role that they gave away themselves before, the shortened ones as they ended.
 */
export function delegationFault(
  wanted: { staffId: string; delegateId: string; role: SigningRole; unit: string } & Period,
  holder: { grants: readonly Grant[]; own: boolean; before: readonly Period[] },
  now: Date,
): DelegationFault | null {
  if (wanted.staffId === wanted.delegateId) return 'delegation.same-person';
  if (wanted.untilAt <= wanted.fromAt) return 'delegation.backwards';
  if (wanted.untilAt <= now) return 'delegation.over';
  // Counted from now when it begins in the past, which gives nothing to nobody.
  const begins = Math.max(wanted.fromAt.getTime(), now.getTime());
  const absence = absenceAround({ fromAt: new Date(begins), untilAt: wanted.untilAt }, holder.before);
  if (holder.own && absence > longestOwnDays * dayMs) return 'delegation.too-long';
  const held = holder.grants.some(
    ({ role, unit }) => role === wanted.role && (wanted.unit === '*' || covers(unit, wanted.unit)),
  );
  return held ? null : 'delegation.role-not-held';
}

/** Milliseconds from the first to the last moment of the absence that this period belongs to. */
function absenceAround(period: Period, before: readonly Period[]): number {
  let from = period.fromAt.getTime();
  let until = period.untilAt.getTime();
  const gap = freshAfterDays * dayMs;
  const left = before.map(({ fromAt, untilAt }) => [fromAt.getTime(), untilAt.getTime()] as const);
  for (let grown = true; grown;) {
    grown = false;
    for (const [begin, end] of left) {
      if (end <= begin || begin - until >= gap || from - end >= gap || (begin >= from && end <= until)) continue;
      from = Math.min(from, begin);
      until = Math.max(until, end);
      grown = true;
    }
  }
  return until - from;
}
