import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { covers, houseRoles, roles, type Grant, type Role } from '../kernel/permission.rule.ts';
import { revokeInvitationsOf } from './invitation.db.ts';
import { revokeKeysOf } from './key.db.ts';
import { deleteSessionsOf } from './session.db.ts';
import {
  findStaff,
  findStaffByEmail,
  insertStaff,
  listStaff,
  lockStaff,
  replaceGrants,
  setDisabled,
  setFacts,
  setLanguage,
  setPhone,
  type StaffRow,
} from './staff.db.ts';
import type { Tx } from '../kernel/sql.db.ts';
import { normalizeMobile } from '../kernel/phone.rule.ts';
import { demand, mutate, type Context } from './context.ts';
import { oneLine } from '../kernel/field.rule.ts';
import { ensureUnits, UnitName } from './unit.command.ts';
import { demandNotBehind, throughAnother, wayInDaysOf } from './key-approval.command.ts';

const GrantInput = z.object({ role: z.enum(roles), unit: oneLine(100) });

/** `roles` hold in every unit, `grants` in the one they name ('*' is every one); both together are what a person may do. */
export const HeldRoles = z.object({
  roles: z.array(z.enum(roles)).default([]),
  grants: z.array(GrantInput).default([]),
});
type HeldRoles = z.input<typeof HeldRoles>;

/** Throws `staff.house-role` for a role over the whole house in one unit: there its rights would be bound to nothing. */
function demandBound(wanted: readonly Grant[]): void {
  const loose = wanted.find(({ role, unit }) => unit !== '*' && houseRoles.has(role));
  if (!loose) return;
  throw new AppError(
    'invalid',
    'staff.house-role',
    `The role ${loose.role} decides about the whole house; it is granted for every unit or not at all.`,
    { field: 'roles', role: loose.role },
  );
}

/** Each pair once, and none that the same role in every unit covers already. */
function grantsOf({ roles: everywhere = [], grants = [] }: HeldRoles): Grant[] {
  const all = [...everywhere.map((role) => ({ role, unit: '*' })), ...grants];
  const wide = new Set<Role>(all.filter(({ unit }) => unit === '*').map(({ role }) => role));
  const kept = all.map((grant) => (wide.has(grant.role) ? { role: grant.role, unit: '*' } : grant));
  return [...new Map(kept.map((grant) => [`${grant.role} ${grant.unit}`, grant])).values()];
}
const rolesOf = (grants: readonly Grant[]): Role[] => [...new Set(grants.map(({ role }) => role))];

/** A person as the caller gives it. The address is what they will sign in with. */
export const NewStaff = z.object({
  name: oneLine(100),
  email: z
    .email()
    .max(254)
    .transform((email) => email.toLowerCase()),
  unit: UnitName,
  ...HeldRoles.shape,
});
export type NewStaff = z.input<typeof NewStaff>;

export async function createStaff(ctx: Context, input: NewStaff): Promise<{ id: string }> {
  const id = randomUUIDv7();
  return mutate(ctx, 'staff:write', async (tx) => {
    const grants = await insertPerson(tx, { actor: `staff:${ctx.staff.id}`, now: ctx.now() }, id, input);
    return {
      result: { id },
      audit: { action: 'staff.created', objectKind: 'staff', objectId: id, details: { unit: input.unit, grants } },
    };
  });
}

/** Stores a person with their roles. Throws `staff.email-taken`, `staff.no-role`. */
export async function insertPerson(
  tx: Tx,
  { actor, now }: { actor: string; now: Date },
  id: string,
  input: NewStaff,
): Promise<Grant[]> {
  const { name, email, unit } = NewStaff.parse(input);
  const grants = grantsOf(input);
  if (grants.length === 0)
    throw new AppError('invalid', 'staff.no-role', 'Give the person at least one role.', { field: 'roles' });
  demandBound(grants);
  await ensureUnits(tx, [unit, ...grants.map((grant) => grant.unit)], actor, now);
  if (!(await insertStaff(tx, { id, name, email, unit }))) {
    throw new AppError(
      'conflict',
      'staff.email-taken',
      'Somebody with this e-mail address exists already; each person has one of their own.',
    );
  }
  await replaceGrants(tx, id, grants);
  return grants;
}

export async function listPeople(ctx: Context): Promise<StaffRow[]> {
  demand(ctx, 'staff:read');
  return listStaff(ctx.pool);
}

export async function setStaffRoles(ctx: Context, input: { staffId: string } & HeldRoles): Promise<StaffRow> {
  return mutate(ctx, 'staff:write', async (tx) => {
    const before = await lockOther(tx, ctx, input.staffId, 'roles');
    const grants = grantsOf(input);
    demandBound(grants);
    // Taking something away from whoever let one in is no way to more rights for them.
    if (!grants.every(({ role, unit }) => before.grants.some((held) => held.role === role && covers(held.unit, unit))))
      await demandNotBehind(
        tx,
        ctx,
        input.staffId,
        new AppError('denied', 'staff.own-roles-through-another', throughAnother, { days: wayInDaysOf(ctx) }),
      );
    const held = new Set(before.grants.map(({ unit }) => unit));
    const added = grants.map(({ unit }) => unit).filter((unit) => !held.has(unit));
    await ensureUnits(tx, added, `staff:${ctx.staff.id}`, ctx.now());
    await replaceGrants(tx, input.staffId, grants);
    return {
      result: { ...before, roles: rolesOf(grants), grants },
      audit: {
        action: 'staff.roles-set',
        objectKind: 'staff',
        objectId: input.staffId,
        details: { from: before.grants, to: grants },
      },
    };
  });
}

/** Refuses the person from now on; their sessions and links end, and their keys are revoked and do not come back when the person does. */
export async function disableStaff(ctx: Context, input: { staffId: string }): Promise<StaffRow> {
  return mutate(ctx, 'staff:write', async (tx) => {
    const before = await lockOther(tx, ctx, input.staffId, 'access');
    const disabledAt = before.disabledAt ?? ctx.now();
    await setDisabled(tx, input.staffId, disabledAt);
    const keysRevoked = await revokeKeysOf(tx, input.staffId);
    await revokeInvitationsOf(tx, input.staffId, disabledAt);
    const sessionsEnded = await deleteSessionsOf(tx, input.staffId);
    return {
      result: { ...before, disabledAt },
      audit: {
        action: 'staff.disabled',
        objectKind: 'staff',
        objectId: input.staffId,
        details: { keysRevoked, sessionsEnded },
      },
    };
  });
}

export async function enableStaff(ctx: Context, input: { staffId: string }): Promise<StaffRow> {
  return mutate(ctx, 'staff:write', async (tx) => {
    const before = await lockOther(tx, ctx, input.staffId, 'access');
    await demandNotBehind(
      tx,
      ctx,
      input.staffId,
      new AppError('denied', 'staff.own-access-through-another', throughAnother, { days: wayInDaysOf(ctx) }),
    );
    await setDisabled(tx, input.staffId, null);
    return {
      result: { ...before, disabledAt: null },
      audit: { action: 'staff.enabled', objectKind: 'staff', objectId: input.staffId, details: {} },
    };
  });
}

export const StaffFacts = NewStaff.pick({ name: true, email: true, unit: true });

/**
 * Changes what a person is called, signs in with and belongs to. Another address is a way in for whoever set it
 * (src/house/way-in.db.ts), and links and sessions of before end with it. Throws `staff.email-taken`, `unit.retired`.
 */
export async function setStaffFacts(
  ctx: Context,
  input: { staffId: string } & z.output<typeof StaffFacts>,
): Promise<StaffRow> {
  return mutate(ctx, 'staff:write', async (tx) => {
    const { staffId, ...facts } = input;
    const before = await demandStaff(tx, staffId);
    const moved = facts.email !== before.email;
    if (moved && (await findStaffByEmail(tx, facts.email)))
      throw new AppError(
        'conflict',
        'staff.email-taken',
        'Somebody with this e-mail address exists already; each person has one of their own.',
        { field: 'email' },
      );
    if (facts.unit !== before.unit) await ensureUnits(tx, [facts.unit], `staff:${ctx.staff.id}`, ctx.now());
    await setFacts(tx, staffId, facts);
    if (moved) await revokeInvitationsOf(tx, staffId, ctx.now());
    const sessionsEnded = moved && staffId !== ctx.staff.id ? await deleteSessionsOf(tx, staffId) : 0;
    const fields = (['name', 'email', 'unit'] as const).filter((field) => facts[field] !== before[field]);
    return {
      result: { ...before, ...facts },
      audit: {
        action: moved ? 'staff.email-set' : 'staff.facts-set',
        objectKind: 'staff',
        objectId: staffId,
        details: { fields, sessionsEnded },
      },
    };
  });
}

/** The phone that test messages of this person go to: E.164, or null for none. */
export async function setStaffPhone(ctx: Context, input: { staffId: string; phone: string | null }): Promise<StaffRow> {
  return mutate(ctx, 'staff:write', async (tx) => {
    const before = await demandStaff(tx, input.staffId);
    const phone = input.phone === null ? null : demandPhone(input.phone);
    await setPhone(tx, input.staffId, phone);
    return {
      result: { ...before, phone },
      // The number itself stays out of the record, which nobody can take it out of again.
      audit: {
        action: 'staff.phone-set',
        objectKind: 'staff',
        objectId: input.staffId,
        details: { set: phone !== null },
      },
    };
  });
}

function demandPhone(given: string): string {
  const read = normalizeMobile(given);
  if (read.ok) return read.phone;
  throw new AppError('invalid', `phone.${read.reason}`, 'Give a mainland mobile number.', { field: 'phone' });
}

/** The language in which the caller sees the pages. */
export async function setOwnLanguage(ctx: Context, input: { language: StaffRow['language'] }): Promise<void> {
  return mutate(ctx, 'self:write', async (tx) => {
    await setLanguage(tx, ctx.staff.id, input.language);
    return {
      result: undefined,
      audit: {
        action: 'staff.language-set',
        objectKind: 'staff',
        objectId: ctx.staff.id,
        details: { language: input.language },
      },
    };
  });
}

/** Nobody changes their own rights: it takes two to make a leader, and an administrator cannot lock the house from inside. */
async function lockOther(tx: Tx, ctx: Context, staffId: string, what: 'roles' | 'access'): Promise<StaffRow> {
  if (staffId === ctx.staff.id) {
    throw new AppError('denied', `staff.own-${what}`, `Nobody changes their own ${what}; ask another administrator.`);
  }
  return demandStaff(tx, staffId);
}

/** The person, locked until the transaction ends. Throws `staff.missing`. */
export async function demandStaff(tx: Tx, staffId: string): Promise<StaffRow> {
  const row = (await lockStaff(tx, staffId)) ? await findStaff(tx, staffId) : null;
  if (!row)
    throw new AppError('missing', 'staff.missing', 'There is no such person; `waihu staff list` shows who there is.');
  return row;
}
