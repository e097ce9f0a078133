import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { isHouseAdministrator } from '../kernel/permission.rule.ts';
import { delegationFault, type DelegationFault } from './delegation.rule.ts';
import {
  endDelegation,
  findDelegation,
  insertDelegation,
  listDelegations,
  ownPeriodsOf,
  type Delegation,
} from './delegation.db.ts';
import { findStaff, lockStaff } from './staff.db.ts';
import { demand, mutate, type Context } from './context.ts';
import { oneLine } from '../kernel/field.rule.ts';
import { demandNotBehind } from './key-approval.command.ts';

const moment = z.coerce.date().min(new Date('1900-01-01')).max(new Date('2999-12-31'));
/** `staffId` is who will be away; without it, the caller. Times are instants; the end is not included. */
export const NewDelegation = z.strictObject({
  staffId: z.uuid().optional(),
  delegateId: z.uuid(),
  role: z.enum(['liaison', 'leader']),
  unit: oneLine(100).default('*'),
  fromAt: moment,
  untilAt: moment,
});

const messages: Record<DelegationFault, string> = {
  'delegation.same-person': 'Nobody stands in for themselves; choose somebody else.',
  'delegation.backwards': 'Let the end come after the beginning.',
  'delegation.over': 'This time is over already.',
  'delegation.too-long': 'A delegation of your own lasts at most 60 days; an administrator can set a longer one.',
  'delegation.role-not-held': 'The absent person does not hold this role for this unit, so nobody can stand in for it.',
};

const isAdministrator = (ctx: Context): boolean => isHouseAdministrator(ctx.staff.grants);

/** Lets somebody sign in the place of a person who is away. Signers say so for themselves, administrators for anybody. */
export async function createDelegation(ctx: Context, input: z.infer<typeof NewDelegation>): Promise<{ id: string }> {
  return mutate(ctx, 'delegation:write', async (tx) => {
    const { delegateId, role, unit, fromAt, untilAt } = input;
    const staffId = input.staffId ?? ctx.staff.id;
    const own = staffId === ctx.staff.id;
    // Two at once would each find the other's period not there yet.
    await lockStaff(tx, staffId);
    if (!own && !isAdministrator(ctx)) throw notYours();
    // An administrator who made themselves somebody's stand-in could sign alone; a second administrator must do it.
    if (delegateId === ctx.staff.id && !own) throw toYourself();
    const absent = await findStaff(tx, staffId);
    const delegate = await findStaff(tx, delegateId);
    if (!absent || !delegate) throw new AppError('missing', 'staff.missing', 'There is no such person.');
    if (!own) await demandNotBehind(tx, ctx, delegateId, toYourself());
    if (delegate.disabledAt) throw new AppError('conflict', 'staff.disabled', 'This person is disabled.');
    const now = ctx.now();
    const fault = delegationFault(
      { staffId, delegateId, role, unit, fromAt, untilAt },
      { grants: absent.grants, own, before: await ownPeriodsOf(tx, staffId, role) },
      now,
    );
    if (fault) throw new AppError('invalid', fault, messages[fault]);
    const id = randomUUIDv7();
    await insertDelegation(tx, { id, staffId, delegateId, role, unit, fromAt, untilAt, createdBy: ctx.staff.id }, now);
    return {
      result: { id },
      audit: {
        action: 'delegation.created',
        objectKind: 'delegation',
        objectId: id,
        details: { staffId, delegateId, role, unit, fromAt: fromAt.toISOString(), untilAt: untilAt.toISOString() },
      },
    };
  });
}

/** Ends a delegation at once. The absent person and administrators may; ending it twice does nothing. */
export async function revokeDelegation(ctx: Context, input: { delegationId: string }): Promise<Delegation> {
  return mutate(ctx, 'delegation:write', async (tx) => {
    const found = await findDelegation(tx, input.delegationId);
    if (!found) throw new AppError('missing', 'delegation.missing', 'There is no such delegation.');
    if (found.staffId !== ctx.staff.id && !isAdministrator(ctx)) throw notYours();
    const now = ctx.now();
    const ended = await endDelegation(tx, found.id, now);
    return {
      result: { ...found, revokedAt: ended ? now : found.revokedAt },
      audit: {
        action: 'delegation.revoked',
        objectKind: 'delegation',
        objectId: found.id,
        details: { staffId: found.staffId, delegateId: found.delegateId, already: !ended },
      },
    };
  });
}

/** One's own, given and taken; an administrator sees everybody's. Newest first. */
export async function browseDelegations(ctx: Context): Promise<Delegation[]> {
  demand(ctx, 'self:read');
  return listDelegations(ctx.pool, isAdministrator(ctx) ? null : ctx.staff.id);
}

const notYours = () =>
  new AppError('denied', 'delegation.not-yours', 'Only the absent person or an administrator decides who stands in.');
const toYourself = () =>
  new AppError('denied', 'delegation.to-yourself', 'Nobody makes themselves a stand-in; ask another administrator.');
