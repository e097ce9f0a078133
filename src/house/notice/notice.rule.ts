import { covers, type Grant, type Role } from '../../kernel/permission.rule.ts';

/** What people are told of. `sign-` asks for a signature; the others say what has happened. */
export const noticeKinds = [
  'sign-awaited',
  'sign-reminder',
  'sign-nudge',
  'form-signed',
  'form-rejected',
  'form-expired',
  'form-refused',
  'campaign-paused',
  'campaign-voided',
  'campaign-cancelled',
  'campaign-finished',
  'archive-made',
  'key-awaited',
  'key-added',
  'import-done',
  'account-stopped',
  'opt-out-burst',
  'pushes-waiting',
  'channel-failing',
  'calendar-ending',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

export const noticeItems = ['campaign', 'form', 'credential', 'import', 'gateway', 'channel', 'calendar'] as const;
export type NoticeItem = (typeof noticeItems)[number];

/** The owner of a campaign or a form is its applicant, of a key who signs with it, of an import who uploaded it. */
type Addressee = 'owner' | Role;
type Rule = {
  to: readonly Addressee[];
  /** Harm is running: it breaks through quiet hours and climbs from person to group to SMS to deputy. */
  urgent?: true;
  /** Who did it is told as well: a key that somebody else added under one's name must not pass in silence. */
  evenActor?: true;
  /** Who does not read it in time is stood in for by people of these roles. */
  deputies?: readonly Role[];
};

/** Signers of a form are found by who could sign it (src/form/sign-reminder.rule.ts), everybody else by this table. */
const rules: Record<NoticeKind, Rule> = {
  'sign-awaited': { to: [] },
  'sign-reminder': { to: [] },
  'sign-nudge': { to: [] },
  'form-signed': { to: ['owner'] },
  'form-rejected': { to: ['owner'] },
  'form-expired': { to: ['owner'] },
  'form-refused': { to: ['owner'] },
  'campaign-paused': { to: ['owner', 'operator'], urgent: true, deputies: ['supervisor', 'leader'] },
  'campaign-voided': { to: ['owner', 'operator', 'supervisor'], urgent: true, deputies: ['leader', 'administrator'] },
  'campaign-cancelled': { to: ['owner', 'operator'] },
  'campaign-finished': { to: ['owner', 'operator'] },
  'archive-made': { to: ['owner'] },
  'key-awaited': { to: ['administrator'] },
  'key-added': { to: ['owner'], evenActor: true },
  'import-done': { to: ['owner'], evenActor: true },
  'account-stopped': { to: ['administrator', 'operator'], urgent: true, deputies: ['supervisor'] },
  'opt-out-burst': { to: ['owner', 'operator', 'supervisor'], urgent: true, deputies: ['leader'] },
  'pushes-waiting': { to: ['administrator'] },
  'channel-failing': { to: ['administrator'] },
  'calendar-ending': { to: ['administrator'] },
};

export const isUrgent = (kind: NoticeKind): boolean => rules[kind].urgent === true;
/** Waits for the person's signature: it counts as read once somebody has signed. */
export const asksToSign = (kind: NoticeKind): boolean => kind.startsWith('sign-');

/** `unit` is null for what belongs to the whole house: a grant in any unit will do then. */
export type NoticeAbout = {
  kind: NoticeKind;
  unit: string | null;
  ownerId: string | null;
  actorId: string | null;
  /** Instead of those of the table. */
  roles?: readonly Role[];
};
export type Reachable = { id: string; grants: readonly Grant[] };

/** Roles to look for, so that the query reads no more people than it must. */
export const rolesToldOf = (kind: NoticeKind): Role[] => rules[kind].to.filter((each) => each !== 'owner');
export const deputyRoles = (kind: NoticeKind): readonly Role[] => rules[kind].deputies ?? [];

const holds = (person: Reachable, roles: readonly Role[], unit: string | null): boolean =>
  person.grants.some((grant) => roles.includes(grant.role) && (unit === null || covers(grant.unit, unit)));

/** Who is told, each once; never who did it, unless the kind says so, and nobody decides on the own key. */
export function recipientsOf(about: NoticeAbout, people: readonly Reachable[]): string[] {
  const { to, evenActor } = rules[about.kind];
  const told = people
    .filter((person) => holds(person, about.roles ?? rolesToldOf(about.kind), about.unit))
    .map(({ id }) => id)
    .filter((id) => to.includes('owner') || id !== about.ownerId);
  if (to.includes('owner') && about.ownerId !== null) told.unshift(about.ownerId);
  return [...new Set(told)].filter((id) => evenActor === true || id !== about.actorId);
}
