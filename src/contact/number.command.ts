import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { readPhone } from '../customer/customer.command.ts';
import { numbersOf, type NumberRow } from '../customer/number.db.ts';
import { numberKinds, numbersAtMost, withPlace } from '../customer/number.rule.ts';
import { record } from '../house/audit/audit.db.ts';
import { mutate, type Context } from '../house/context.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { dayText, paragraph } from '../kernel/field.rule.ts';
import type { Tx } from '../kernel/sql.db.ts';
import { everything } from '../kernel/reach.rule.ts';
import * as db from './number.db.ts';
import { insertSuppression } from './suppression.db.ts';

/** Which customer, as the caller saw them: whoever changes a number says of which state they speak. */
const Seen = z.object({ customerId: z.uuid(), updatedAt: z.date() });
/** One of their numbers, by its place; numbers themselves have no place in an address. */
const Which = Seen.extend({ place: z.int().min(1).max(numbersAtMost) });
const Details = z.object({
  kind: z.enum(numberKinds).default('mobile'),
  validUntil: dayText().nullable().default(null),
});
const reason = paragraph(500);

const changedSince = (): AppError =>
  new AppError('conflict', 'customer.changed-since', 'Somebody changed this customer meanwhile; look again.');

/** Holds the customer, who must be as the caller saw them, and gives their numbers. `beside`: a holder and a number held with them. */
async function hold(
  ctx: Context,
  tx: Tx,
  { customerId, updatedAt }: z.output<typeof Seen>,
  beside: { phone?: string; holderId?: string | null } = {},
): Promise<NumberRow[]> {
  const ids = [customerId, ...(beside.holderId ? [beside.holderId] : [])];
  const held = await db.holdNumbers(tx, ids, beside.phone ?? null);
  const own = held.find(({ id }) => id === customerId);
  if (!own) throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { customerId });
  if (own.updatedAt.getTime() !== updatedAt.getTime()) throw changedSince();
  return numbersOf(tx, customerId, ctx.now());
}

function numberAt(numbers: readonly NumberRow[], place: number): NumberRow {
  const found = numbers[place - 1];
  if (found) return found;
  throw new AppError('missing', 'number.unknown', 'The customer has no such number.', { place });
}

const phonesOf = (numbers: readonly NumberRow[]): string[] => numbers.map(({ phone }) => phone);

const audit = (action: string, customerId: string, details: Record<string, unknown>) => ({
  action,
  objectKind: 'customer',
  objectId: customerId,
  details,
});

function demandRoom(numbers: readonly NumberRow[], phone: string): void {
  if (numbers.some((each) => each.phone === phone))
    throw new AppError('conflict', 'number.theirs-already', 'This is a number of the customer already.', {
      field: 'phone',
    });
  if (numbers.length >= numbersAtMost)
    throw new AppError('conflict', 'number.too-many', 'A customer has ten numbers at most.', { limit: numbersAtMost });
}

const Added = Seen.extend({ phone: z.string(), ...Details.shape });

/**
 * A further number of a customer, behind the others. What was ever said of a number that nobody has stays with it. Throws
 * `phone.invalid`, `customer.unknown`, `customer.changed-since`, `number.theirs-already`, `number.too-many`, and
 * `number.of-another` with the `holderId`: only `takeOverNumber` takes a number from somebody.
 */
export async function addNumber(ctx: Context, input: z.input<typeof Added>): Promise<{ place: number }> {
  const wanted = Added.parse(input);
  const { customerId } = wanted;
  const phone = readPhone(wanted.phone);
  return mutate(ctx, 'customer:write', async (tx) => {
    const numbers = await hold(ctx, tx, wanted, { phone });
    demandRoom(numbers, phone);
    const holderId = await db.findHolder(tx, phone);
    if (holderId !== null)
      throw new AppError('conflict', 'number.of-another', 'This is a number of another customer.', { holderId });
    const moveId = await give(ctx, tx, { ...wanted, phone, from: null, reason: null }, numbers);
    const place = numbers.length + 1;
    return {
      result: { place },
      audit: audit('customer.number-added', customerId, { moveId, place, kind: wanted.kind }),
    };
  });
}

type Given = db.NumberDetails & { customerId: string; phone: string; from: string | null; reason: string | null };

/** Writes that the number is the customer's now, behind their others. */
async function give(ctx: Context, tx: Tx, given: Given, numbers: readonly NumberRow[]): Promise<string> {
  const { customerId, phone, from } = given;
  const at = ctx.now();
  await db.giveNumber(tx, phone, customerId, given, at);
  await db.orderNumbers(tx, customerId, [...phonesOf(numbers), phone], at);
  return move(ctx, tx, { phone, from, to: customerId, reason: given.reason });
}

async function move(ctx: Context, tx: Tx, moved: Pick<db.Move, 'phone' | 'from' | 'to' | 'reason'>): Promise<string> {
  const id = randomUUIDv7();
  await db.recordMoves(tx, [{ ...moved, id, at: ctx.now(), source: `staff:${ctx.staff.id}` }]);
  return id;
}

const TakenOver = Added.extend({ holderId: z.uuid(), reason });

/**
 * The number has passed from `holderId`, who has it now, to the customer: contacts with it and what its holder said stay with
 * the holder, what is said of the number stays with the number, and that it is dead is said no more. Open lists from files lose
 * it: what they say is about the holder. A holder with no number left is kept as a former customer. Throws as `addNumber`, and
 * `number.holder-changed` when somebody else has it by now.
 */
export async function takeOverNumber(
  ctx: Context,
  input: z.input<typeof TakenOver>,
): Promise<{ place: number; holderEnded: boolean }> {
  const wanted = TakenOver.parse(input);
  const { customerId, holderId } = wanted;
  const phone = readPhone(wanted.phone);
  return mutate(ctx, 'customer:write', async (tx) => {
    const numbers = await hold(ctx, tx, wanted, { phone, holderId });
    demandRoom(numbers, phone);
    if ((await db.findHolder(tx, phone)) !== holderId) throw holderChanged();
    const at = ctx.now();
    const left = (await numbersOf(tx, holderId, at)).filter((each) => each.phone !== phone);
    const { keptNos } = await db.leaveBehind(tx, [{ phone, formerId: holderId }], at);
    await db.reviveNumbers(tx, [phone], { at, by: ctx.staff.id, reason: wanted.reason });
    // Before the holder ends: the numbers of a customer go with them.
    const moveId = await give(ctx, tx, { ...wanted, phone, from: holderId }, numbers);
    if (left.length > 0) await db.orderNumbers(tx, holderId, phonesOf(left), at);
    else await db.endCustomers(tx, [{ id: holderId, newId: customerId }], { at, source: `staff:${ctx.staff.id}` });
    const holderEnded = left.length === 0;
    const gone = audit('customer.number-passed-on', holderId, {
      moveId,
      newHolderId: customerId,
      holderEnded,
      keptNos,
    });
    await record(tx, { ...gone, actor: `staff:${ctx.staff.id}` }, at);
    const place = numbers.length + 1;
    const details = { moveId, place, holderId, holderEnded, reason: wanted.reason };
    return { result: { place, holderEnded }, audit: audit('customer.number-taken-over', customerId, details) };
  });
}

const holderChanged = (): AppError =>
  new AppError('conflict', 'number.holder-changed', 'The number has come to somebody else meanwhile; look again.');

const Changed = Which.extend({
  kind: z.enum(numberKinds).optional(),
  validUntil: dayText().nullable().optional(),
  /** Another place among the customer's numbers; 1 makes it the first. */
  to: z.int().min(1).max(numbersAtMost).optional(),
});

/** Kind, last day and place of a number; what is left out stays. Throws `customer.unknown`, `customer.changed-since`, `number.unknown`. */
export async function changeNumber(ctx: Context, input: z.input<typeof Changed>): Promise<{ place: number }> {
  const wanted = Changed.parse(input);
  const { customerId, place } = wanted;
  return mutate(ctx, 'customer:write', async (tx) => {
    const numbers = await hold(ctx, tx, wanted);
    const standing = numberAt(numbers, place);
    const { kind = standing.kind, validUntil = standing.validUntil } = wanted;
    const ordered = withPlace(numbers, place, wanted.to ?? place);
    const to = ordered.indexOf(standing) + 1;
    await db.describeNumber(tx, standing.phone, { kind, validUntil });
    await db.orderNumbers(tx, customerId, phonesOf(ordered), ctx.now());
    const fields = [
      ...(kind === standing.kind ? [] : ['number-kind']),
      ...(validUntil === standing.validUntil ? [] : ['valid-until']),
      ...(to === place ? [] : ['place']),
    ];
    const details = { place, toPlace: to, fields, changed: fields.length > 0 };
    return { result: { place: to }, audit: audit('customer.number-changed', customerId, details) };
  });
}

const Removed = Which.extend({ reason });

/**
 * The number is the customer's no more, and nobody's as far as the house knows: contacts and the customer's own word stay with
 * them, and with the number as long as nobody has it. Throws as `changeNumber`, and `number.only`: a customer has one at least.
 */
export async function removeNumber(ctx: Context, input: z.input<typeof Removed>): Promise<void> {
  const wanted = Removed.parse(input);
  const { customerId, place } = wanted;
  await mutate(ctx, 'customer:write', async (tx) => {
    const numbers = await hold(ctx, tx, wanted);
    const { phone } = numberAt(numbers, place);
    if (numbers.length === 1)
      throw new AppError('conflict', 'number.only', 'This is the only number of the customer; add another one first.');
    await db.leaveBehind(tx, [{ phone, formerId: customerId }], ctx.now());
    await db.freeNumber(tx, phone);
    const others = phonesOf(numbers).filter((each) => each !== phone);
    await db.orderNumbers(tx, customerId, others, ctx.now());
    const moveId = await move(ctx, tx, { phone, from: customerId, to: null, reason: wanted.reason });
    const details = { moveId, place, reason: wanted.reason };
    return { result: undefined, audit: audit('customer.number-removed', customerId, details) };
  });
}

const Judged = Which.extend({ reason });

/** Nobody is reached by the number, whoever has it: said from now on until somebody says otherwise. Throws as `changeNumber`. */
export async function markNumberDead(ctx: Context, input: z.input<typeof Judged>): Promise<{ changed: boolean }> {
  const wanted = Judged.parse(input);
  return mutate(ctx, 'suppression:write', async (tx) => {
    const { phone } = numberAt(await hold(ctx, tx, wanted), wanted.place);
    const createdAt = ctx.now();
    const { suppression, added } = await insertSuppression(tx, {
      id: randomUUIDv7(),
      phone,
      kind: 'dead-number',
      ...everything,
      source: 'staff',
      reason: wanted.reason,
      createdAt,
      createdBy: ctx.staff.id,
      expiresAt: null,
    });
    const details = { place: wanted.place, suppressionId: suppression.id, reason: wanted.reason, changed: added };
    return { result: { changed: added }, audit: audit('customer.number-dead', wanted.customerId, details) };
  });
}

/** The number is in use after all: whatever says that it is dead ends. Throws as `changeNumber`. */
export async function markNumberAlive(ctx: Context, input: z.input<typeof Judged>): Promise<{ changed: boolean }> {
  const wanted = Judged.parse(input);
  return mutate(ctx, 'suppression:lift', async (tx) => {
    const { phone } = numberAt(await hold(ctx, tx, wanted), wanted.place);
    const ended = await db.reviveNumbers(tx, [phone], { at: ctx.now(), by: ctx.staff.id, reason: wanted.reason });
    const changed = ended > 0;
    const details = { place: wanted.place, ended, reason: wanted.reason, changed };
    return { result: { changed }, audit: audit('customer.number-alive', wanted.customerId, details) };
  });
}
