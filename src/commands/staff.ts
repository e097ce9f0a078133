import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../domain/app-error.ts';
import { roles, type Role } from '../domain/permission.ts';
import { revokeKeysOf } from '../db/key.ts';
import { findStaff, insertStaff, listStaff, lockStaff, replaceRoles, setDisabled, type StaffRow } from '../db/staff.ts';
import type { Tx } from '../db/sql.ts';
import { demand, mutate, type Context } from './context.ts';

/** A person as the caller gives it. The address is what they will sign in with. */
export const NewStaff = z.object({
  name: z.string().trim().min(1).max(100),
  email: z
    .email()
    .max(254)
    .transform((email) => email.toLowerCase()),
  unit: z.string().trim().min(1).max(100),
  roles: z.array(z.enum(roles)).min(1),
});

export async function createStaff(ctx: Context, input: z.infer<typeof NewStaff>): Promise<{ id: string }> {
  const id = randomUUIDv7();
  return mutate(ctx, 'staff:write', async (tx) => {
    const { name, email, unit } = input;
    const held = [...new Set(input.roles)];
    if (!(await insertStaff(tx, { id, name, email, unit }))) {
      throw new AppError(
        'conflict',
        'staff.email-taken',
        'Somebody with this e-mail address exists already; each person has one of their own.',
      );
    }
    await replaceRoles(tx, id, held);
    return {
      result: { id },
      audit: { action: 'staff.created', objectKind: 'staff', objectId: id, details: { unit, roles: held } },
    };
  });
}

export async function listPeople(ctx: Context): Promise<StaffRow[]> {
  demand(ctx, 'staff:read');
  return listStaff(ctx.pool);
}

export async function setStaffRoles(
  ctx: Context,
  input: { staffId: string; roles: readonly Role[] },
): Promise<StaffRow> {
  return mutate(ctx, 'staff:write', async (tx) => {
    const before = await lockOther(tx, ctx, input.staffId, 'roles');
    const held = [...new Set(input.roles)];
    await replaceRoles(tx, input.staffId, held);
    return {
      result: { ...before, roles: held },
      audit: {
        action: 'staff.roles-set',
        objectKind: 'staff',
        objectId: input.staffId,
        details: { from: before.roles, to: held },
      },
    };
  });
}

/** Refuses the person from now on; their keys are revoked and do not come back when the person does. */
export async function disableStaff(ctx: Context, input: { staffId: string }): Promise<StaffRow> {
  return mutate(ctx, 'staff:write', async (tx) => {
    const before = await lockOther(tx, ctx, input.staffId, 'access');
    const disabledAt = before.disabledAt ?? ctx.now();
    await setDisabled(tx, input.staffId, disabledAt);
    const keysRevoked = await revokeKeysOf(tx, input.staffId);
    return {
      result: { ...before, disabledAt },
      audit: { action: 'staff.disabled', objectKind: 'staff', objectId: input.staffId, details: { keysRevoked } },
    };
  });
}

export async function enableStaff(ctx: Context, input: { staffId: string }): Promise<StaffRow> {
  return mutate(ctx, 'staff:write', async (tx) => {
    const before = await lockOther(tx, ctx, input.staffId, 'access');
    await setDisabled(tx, input.staffId, null);
    return {
      result: { ...before, disabledAt: null },
      audit: { action: 'staff.enabled', objectKind: 'staff', objectId: input.staffId, details: {} },
    };
  });
}

/** Nobody changes their own rights: it takes two to make a leader, and an administrator cannot lock the house from inside. */
async function lockOther(tx: Tx, ctx: Context, staffId: string, what: 'roles' | 'access'): Promise<StaffRow> {
  if (staffId === ctx.staff.id) {
    throw new AppError('denied', `staff.own-${what}`, `Nobody changes their own ${what}; ask another administrator.`);
  }
  const row = (await lockStaff(tx, staffId)) ? await findStaff(tx, staffId) : null;
  if (!row)
    throw new AppError('missing', 'staff.missing', 'There is no such person; `waihu staff list` shows who there is.');
  return row;
}
