import { AppError } from '../kernel/app-error.rule.ts';
import {
  afterFirstDays,
  couldActAs,
  defaultWayInDays,
  judgeApproval,
  waysInSince,
  type Approval,
} from './key-approval.rule.ts';
import { rightsOf } from '../kernel/permission.rule.ts';
import type { CredentialRow } from './credential.db.ts';
import { listStaff } from './staff.db.ts';
import type { Db, Tx } from '../kernel/sql.db.ts';
import { findFirstDaysUntil, waysInGiven } from './way-in.db.ts';
import { demand, type Context } from './context.ts';

export const wayInDaysOf = (ctx: Pick<Context, 'wayInDays'>): number => ctx.wayInDays ?? defaultWayInDays;

export const throughAnother = 'This person gave you a way in of late; another administrator must decide about them.';

async function loadHouse(db: Db, since: Date) {
  const people = (await listStaff(db)).filter(({ disabledAt }) => disabledAt === null);
  return {
    waysIn: await waysInGiven(db, since),
    approvers: people.filter(({ grants }) => rightsOf(grants).has('credential:decide')).map(({ id }) => id),
    firstDaysUntil: await findFirstDaysUntil(db),
    nameOf: new Map(people.map(({ id, name }) => [id, name])),
  };
}

type Asked = Pick<CredentialRow, 'staffId' | 'requestedAt'>;
export type KeyApproval = Approval & {
  /** Names of those who could approve instead. */
  ableNames: string[];
};

/** Who gave this person a way in within the days that count, newest first: what somebody who approves their key should know. */
export async function showWaysIn(
  ctx: Context,
  staffId: string,
): Promise<{ at: Date; giver: string; action: string }[]> {
  demand(ctx, 'staff:read');
  const now = ctx.now();
  const given = await waysInGiven(ctx.pool, waysInSince(now, now, wayInDaysOf(ctx)));
  const names = new Map((await listStaff(ctx.pool)).map(({ id, name }) => [id, name]));
  return given
    .filter((each) => each.staffId === staffId)
    .map(({ at, giverId, action }) => ({ at, giver: names.get(giverId) ?? giverId, action }))
    .toReversed();
}

/** What the rule says of the caller and each of these keys: for pages, which say it before anybody presses a button. */
export async function judgeKeys(ctx: Context, keys: readonly Asked[]): Promise<KeyApproval[]> {
  const now = ctx.now();
  return Promise.all(
    keys.map(async ({ staffId, requestedAt }) => {
      const house = await loadHouse(ctx.pool, waysInSince(requestedAt, now, wayInDaysOf(ctx)));
      const approval = judgeApproval(ctx.staff.id, staffId, house, now);
      const able = approval.kind === 'dependent' ? approval.able : [];
      return { ...approval, ableNames: able.map((id) => house.nameOf.get(id) ?? '') };
    }),
  );
}

/**
 * Throws `credential.gave-way-in` unless the caller may make this key good (src/house/key-approval.rule.ts). Gives what the
 * record says of an approval that rests on the house's first days.
 */
export async function demandIndependence(tx: Tx, ctx: Context, asked: Asked): Promise<{ firstDays?: true }> {
  const now = ctx.now();
  const days = wayInDaysOf(ctx);
  const house = await loadHouse(tx, waysInSince(asked.requestedAt, now, days));
  const approval = judgeApproval(ctx.staff.id, asked.staffId, house, now);
  if (approval.kind === 'first-days') return { firstDays: true };
  if (approval.kind === 'independent') return approval.restsOnFirstDays ? { firstDays: true } : {};
  const able = approval.kind === 'dependent' ? approval.able.map((id) => house.nameOf.get(id) ?? '') : [];
  const why = `You, or somebody who let you in, gave this person a way in within the last ${days} days, so you cannot make their signing key good.`;
  if (able.length > 0) {
    const people = able.join('、');
    throw new AppError('denied', 'credential.gave-way-in', `${why} Able to: ${people}.`, { days, people });
  }
  throw new AppError('denied', 'credential.nobody-independent', `${why} Nobody else can yet.`, { days });
}

/** Throws `fault` where one person could stand behind the caller and whoever asked: then nobody else would decide. */
export async function demandUnrelated(tx: Tx, ctx: Context, asked: Asked, fault: AppError): Promise<void> {
  const house = await loadHouse(tx, waysInSince(asked.requestedAt, ctx.now(), wayInDaysOf(ctx)));
  const { kind } = judgeApproval(ctx.staff.id, asked.staffId, { ...house, approvers: [] }, ctx.now());
  if (kind !== 'independent') throw fault;
}

/** Throws `fault` where the person who is to be changed could act as the caller: nobody changes themselves by a second account. */
export async function demandNotBehind(tx: Tx, ctx: Context, staffId: string, fault: AppError): Promise<void> {
  const now = ctx.now();
  const waysIn = await waysInGiven(tx, waysInSince(now, now, wayInDaysOf(ctx)));
  const later = afterFirstDays({ waysIn, firstDaysUntil: await findFirstDaysUntil(tx) });
  if (couldActAs(ctx.staff.id, later).has(staffId)) throw fault;
}

/** Until when a house's only administrator may approve alone; null once the first days are over. */
export async function firstDaysUntil(ctx: Pick<Context, 'pool' | 'now'>): Promise<Date | null> {
  const until = await findFirstDaysUntil(ctx.pool);
  return until && until >= ctx.now() ? until : null;
}
