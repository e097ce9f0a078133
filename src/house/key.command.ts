import { AppError } from '../kernel/app-error.rule.ts';
import { deleteKey, findKey, listKeys, revokeKey as markRevoked, type KeyRow } from './key.db.ts';
import { findStaff } from './staff.db.ts';
import type { SignIn } from './sign-in/sign-in.ts';
import { demand, mutate, type Context } from './context.ts';

export type KeyContext = Context & { signIn: Pick<SignIn, 'issueKey'> };

const secondsADay = 86_400;

/** The secret is in the answer and nowhere else. */
export async function createKey(
  ctx: KeyContext,
  input: { staffId: string; name: string; expiresInDays?: number | undefined },
): Promise<{ id: string; secret: string }> {
  demand(ctx, 'key:write');
  const person = await findStaff(ctx.pool, input.staffId);
  if (!person)
    throw new AppError('missing', 'staff.missing', 'There is no such person; `waihu staff list` shows who there is.');
  if (person.disabledAt)
    throw new AppError('conflict', 'staff.disabled', 'This person is disabled; enable them before giving them a key.');
  const expiresInSeconds = input.expiresInDays === undefined ? null : input.expiresInDays * secondsADay;
  // The library writes on a connection of its own, so the key comes first; its secret leaves only after the record is
  // committed. A key without a record is therefore a key that nobody holds.
  const issued = await ctx.signIn.issueKey({ staffId: input.staffId, name: input.name, expiresInSeconds });
  try {
    return await mutate(ctx, 'key:write', () =>
      Promise.resolve({
        result: issued,
        audit: {
          action: 'key.created',
          objectKind: 'key',
          objectId: issued.id,
          details: { staffId: input.staffId, name: input.name, expiresInDays: input.expiresInDays ?? null },
        },
      }),
    );
  } catch (error) {
    await deleteKey(ctx.pool, issued.id).catch(() => undefined);
    throw error;
  }
}

export async function listApiKeys(ctx: Context, input: { staffId?: string | undefined }): Promise<KeyRow[]> {
  demand(ctx, 'staff:read');
  return listKeys(ctx.pool, input.staffId ?? null);
}

/** Repeatable: a revoked key stays revoked. */
export async function revokeKey(ctx: Context, input: { keyId: string }): Promise<KeyRow> {
  return mutate(ctx, 'key:write', async (tx) => {
    const key = await findKey(tx, input.keyId);
    if (!key)
      throw new AppError('missing', 'key.missing', 'There is no such key; `waihu key list` shows what there is.');
    const changed = await markRevoked(tx, input.keyId);
    return {
      result: { ...key, enabled: false },
      audit: {
        action: 'key.revoked',
        objectKind: 'key',
        objectId: input.keyId,
        details: { staffId: key.staffId, changed },
      },
    };
  });
}
