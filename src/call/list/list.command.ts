import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { findAudience } from '../../audience/audience.db.ts';
import { refuseForeignAudience } from '../../audience/audience.command.ts';
import { demandIn, mutate, type Context } from '../../house/context.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { instant, oneLine } from '../../kernel/field.rule.ts';
import { mayInUnit } from '../../kernel/permission.rule.ts';
import type { Db, Tx } from '../../kernel/sql.db.ts';
import { taskKinds } from '../kind.rule.ts';
import { demandScript } from '../script/script.command.ts';
import { callModes } from './callable.db.ts';
import * as db from './list.db.ts';
import { RetryFields } from './retry.db.ts';

export const NewListInput = z.strictObject({
  name: oneLine(80),
  unit: oneLine(80).optional(),
  kind: z.enum(taskKinds),
  mode: z.enum(callModes).default('preview'),
  script: z.string().max(60),
  accountId: z.uuid(),
  callerNumber: oneLine(30),
  ringSeconds: z.int().min(15).max(60).default(30),
  wrapUpSeconds: z.int().min(5).max(900).default(30),
  abandonCap: z.number().min(0).max(0.1).default(0.03),
  source: db.ListSource.nullable().default(null),
  retry: RetryFields.prefault({}),
  opensAt: instant().nullable().default(null),
  closesAt: instant().nullable().default(null),
});
export type NewListInput = z.input<typeof NewListInput>;

/** One of a unit that the caller may not read is missing to them. */
export async function demandList(ctx: Context, at: Db, idOrNumber: string): Promise<db.CallList> {
  const list = await db.findList(at, idOrNumber);
  if (list && mayInUnit(ctx.staff.grants, 'call-list:read', list.unit)) return list;
  throw new AppError(
    'missing',
    'call-list.missing',
    'There is no call list with this id or number; see `waihu call-list list`.',
  );
}

/** The same, held, and of a unit in which the caller may do that. */
export async function holdList(
  ctx: Context,
  tx: Tx,
  idOrNumber: string,
  permission: 'call-list:write' | 'call-list:run',
): Promise<db.CallList> {
  const { id } = await demandList(ctx, tx, idOrNumber);
  const list = await db.lockList(tx, id);
  if (!list) throw new AppError('missing', 'call-list.missing', 'There is no call list with this id.');
  demandIn(ctx, permission, list.unit);
  return list;
}

type Wanted = z.output<typeof NewListInput>;
const fault = (code: string, field: string, message: string): AppError =>
  new AppError('invalid', code, message, { field });

/** What the list is made of must be there; that its script is signed is asked when it opens. */
async function readWanted(ctx: Context, tx: Tx, wanted: Wanted) {
  const script = await demandScript(ctx, tx, wanted.script);
  const account = await db.findCaller(tx, wanted.accountId);
  if (!account) throw fault('call-list.no-account', 'accountId', 'There is no voice account with this id.');
  if (!account.callerNumbers.includes(wanted.callerNumber))
    throw fault('call-list.foreign-caller', 'callerNumber', 'This is no caller number of the voice account.');
  if (wanted.source && 'audience' in wanted.source) {
    await refuseForeignAudience(ctx, tx, wanted.source.audience);
    if ((await findAudience(tx, wanted.source.audience))?.state !== 'open')
      throw fault('call-list.no-audience', 'source', 'There is no open audience with this id.');
  }
  const opensAt = wanted.opensAt === null ? null : new Date(wanted.opensAt);
  const closesAt = wanted.closesAt === null ? null : new Date(wanted.closesAt);
  if (closesAt !== null && closesAt <= (opensAt ?? ctx.now()))
    throw fault('call-list.closes-before', 'closesAt', 'Let the list close after it opens, and in the future.');
  const { script: _, unit: __, ...rest } = wanted;
  // What was signed says what the calls are for.
  return { ...rest, scriptId: script.id, purpose: script.purpose, opensAt, closesAt };
}

export const auditOfList = (
  action: string,
  { id, number }: { id: string; number: string },
  details: Record<string, unknown> = {},
) => ({
  action,
  objectKind: 'call-list',
  objectId: id,
  details: { number, ...details },
});

/** Keeps a draft, without anybody in it. Throws `script.missing`, `call-list.no-account`, `call-list.foreign-caller`, `call-list.no-audience`, `call-list.closes-before`. */
export async function createList(ctx: Context, input: NewListInput): Promise<{ id: string; number: string }> {
  const wanted = NewListInput.parse(input);
  return mutate(ctx, 'call-list:write', async (tx) => {
    const unit = wanted.unit ?? ctx.staff.unit;
    demandIn(ctx, 'call-list:write', unit);
    const id = randomUUIDv7();
    const made = { id, unit, clonedFrom: null, createdBy: ctx.staff.id, createdAt: ctx.now() };
    const number = await db.insertList(tx, { ...(await readWanted(ctx, tx, wanted)), ...made });
    return { result: { id, number }, audit: auditOfList('call-list.create', { id, number }) };
  });
}

/** While nobody is called from it: as a draft, or paused. Throws as `createList`, and `call-list.wrong-state`. */
export async function changeList(
  ctx: Context,
  { list: which, ...input }: NewListInput & { list: string },
): Promise<void> {
  const wanted = NewListInput.parse(input);
  await mutate(ctx, 'call-list:write', async (tx) => {
    const list = await holdList(ctx, tx, which, 'call-list:write');
    if (list.state !== 'draft' && list.state !== 'paused') throw wrongState(list, 'draft');
    await db.rewriteList(tx, { ...(await readWanted(ctx, tx, wanted)), id: list.id });
    return { result: undefined, audit: auditOfList('call-list.change', list) };
  });
}

export const wrongState = ({ state }: { state: string }, to: string): AppError =>
  new AppError('conflict', 'call-list.wrong-state', `This list is ${state}; it cannot become ${to}.`, { state, to });

/** A draft like it, without its people and dates. */
export async function cloneList(
  ctx: Context,
  { list: which }: { list: string },
): Promise<{ id: string; number: string }> {
  return mutate(ctx, 'call-list:write', async (tx) => {
    const like = await holdList(ctx, tx, which, 'call-list:write');
    const id = randomUUIDv7();
    const made = {
      id,
      clonedFrom: like.id,
      createdBy: ctx.staff.id,
      createdAt: ctx.now(),
      opensAt: null,
      closesAt: null,
    };
    const number = await db.insertList(tx, { ...like, ...made });
    return { result: { id, number }, audit: auditOfList('call-list.clone', { id, number }, { from: like.number }) };
  });
}
