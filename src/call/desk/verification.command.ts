import { z } from 'zod';
import { findCustomer } from '../../customer/customer.db.ts';
import { numbersOf } from '../../customer/number.db.ts';
import { demand, mutate, type Context } from '../../house/context.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { Tx } from '../../kernel/sql.db.ts';
import { verificationItems } from '../script/content.rule.ts';
import * as db from './verification.db.ts';
import {
  comparable,
  digestsOf,
  identityOf,
  matches,
  triesPerItem,
  type Identity,
  type VerificationItem,
} from './verification.rule.ts';

/** Throws `identity.no-key` in a process that was given none (tests, tools). */
function keyOf(ctx: Context): Uint8Array {
  if (ctx.identityKey) return ctx.identityKey;
  throw new AppError('unavailable', 'identity.no-key', 'This process has no key to compare identities with.');
}

export const IdentityItems = z
  .array(z.strictObject({ item: z.enum(verificationItems), value: z.string().max(500).nullable() }))
  .min(1)
  .max(verificationItems.length);
const Stored = z.object({ customerId: z.uuid(), items: IdentityItems });

/**
 * Keeps what a customer proves who they are by, as keyed hashes; null takes an item away. Nobody can read them again. Throws
 * `customer.unknown`, `identity.unusable` with the item that cannot be one.
 */
export async function storeIdentity(
  ctx: Context,
  input: z.input<typeof Stored>,
): Promise<{ kept: VerificationItem[] }> {
  const { customerId, items } = Stored.parse(input);
  const key = keyOf(ctx);
  for (const { item, value } of items)
    if (value !== null && comparable(item, value) === null)
      throw new AppError('invalid', 'identity.unusable', `This cannot be a ${item}.`, { item });
  return mutate(ctx, 'customer:write', async (tx) => {
    const customer = await findCustomer(tx, customerId);
    if (!customer) throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { customerId });
    const by = { staffId: ctx.staff.id, at: ctx.now() };
    const stored = items.flatMap(({ item, value }) =>
      value === null ? [] : [{ customerId, item, digests: digestsOf(key, customerId, item, value) }],
    );
    await db.storeIdentityItems(tx, stored, by);
    for (const { item, value } of items) if (value === null) await db.removeIdentityItem(tx, customerId, item);
    const kept = await db.keptItems(tx, customerId);
    return {
      result: { kept },
      audit: {
        action: 'customer.identity-set',
        objectKind: 'customer',
        objectId: customerId,
        details: { fields: items.map(({ item }) => item) },
      },
    };
  });
}

/** Which items are on record of a customer, and never what they are. */
export async function showIdentity(
  ctx: Context,
  { customerId }: { customerId: string },
): Promise<{ kept: VerificationItem[] }> {
  demand(ctx, 'customer:read');
  return { kept: await db.keptItems(ctx.pool, customerId) };
}

const Said = z.object({ item: z.enum(verificationItems), said: z.string().trim().min(1).max(200) });
export type CheckAnswer = { answer: 'match' | 'no-match' | 'not-on-record'; triesLeft: number };

/**
 * Compares what the customer in the agent's call has just said with what is on record: match or no match, and nothing else leaves
 * the house. Every try is on record, and after two the item is closed for this call. Throws `identity.no-call`, `identity.no-tries`.
 */
export async function checkIdentity(ctx: Context, input: z.input<typeof Said>): Promise<CheckAnswer> {
  const { item, said } = Said.parse(input);
  const key = keyOf(ctx);
  return mutate<CheckAnswer>(ctx, 'desk:work', async (tx) => {
    const agentId = ctx.staff.id;
    const call = await db.lockCallOf(tx, agentId);
    if (!call)
      throw new AppError(
        'conflict',
        'identity.no-call',
        'Nobody is on the line: an identity is checked in a call only.',
      );
    const { attemptId, customerId } = call;
    const before = (await db.triedItems(tx, attemptId)).find((each) => each.item === item);
    const tries = before?.tries ?? 0;
    const audit = (answer: CheckAnswer['answer']) => ({
      action: 'customer.identity-checked',
      objectKind: 'customer',
      objectId: customerId,
      details: { fields: [item], answer, attemptId },
    });
    if (before?.matched)
      return { result: { answer: 'match' as const, triesLeft: triesPerItem - tries }, audit: audit('match') };
    if (tries >= triesPerItem)
      throw new AppError('conflict', 'identity.no-tries', 'This item was tried twice in this call; try another.', {
        item,
      });
    const digests = await digestsFor(tx, key, customerId, item, ctx.now());
    if (digests.length === 0)
      return { result: { answer: 'not-on-record', triesLeft: triesPerItem - tries }, audit: audit('not-on-record') };
    const matched = matches(key, { customerId, item, said }, digests);
    await db.insertIdentityCheck(tx, { attemptId, item, try: tries + 1, agentId, at: ctx.now(), matched });
    const answer = matched ? 'match' : 'no-match';
    return { result: { answer, triesLeft: triesPerItem - tries - 1 }, audit: audit(answer) };
  });
}

/** What is kept of the item; a name and a number stand in the customer's record anyway, and are compared in the same way. */
async function digestsFor(
  tx: Tx,
  key: Uint8Array,
  customerId: string,
  item: VerificationItem,
  now: Date,
): Promise<readonly string[]> {
  const kept = await db.findIdentityItem(tx, customerId, item);
  if (kept) return kept;
  if (item === 'name') {
    const customer = await findCustomer(tx, customerId);
    return customer?.name ? digestsOf(key, customerId, 'name', customer.name) : [];
  }
  if (item !== 'mobile') return [];
  const numbers = await numbersOf(tx, customerId, now);
  return numbers.flatMap(({ phone }) => digestsOf(key, customerId, 'mobile', phone));
}

export type Verification = {
  state: Identity;
  items: { item: VerificationItem; triesLeft: number; state: 'open' | 'match' | 'no-match'; at: Date | null }[];
};

/** Where the verification of a call stands, for the items that its script asks for. */
export async function verificationOf(
  ctx: Context,
  attemptId: string | null,
  asked: readonly VerificationItem[],
): Promise<Verification> {
  demand(ctx, 'desk:work');
  const tried = attemptId === null ? [] : await db.triedItems(ctx.pool, attemptId);
  const items = asked.map(
    (item) => tried.find((each) => each.item === item) ?? { item, tries: 0, matched: false, at: null },
  );
  return {
    state: identityOf(items),
    items: items.map(({ item, tries, matched, at }) => ({
      item,
      at,
      triesLeft: matched ? 0 : triesPerItem - tries,
      state: matched ? 'match' : tries === 0 ? 'open' : 'no-match',
    })),
  };
}
