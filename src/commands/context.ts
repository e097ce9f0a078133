import { AppError } from '../domain/app-error.ts';
import type { AuditEntry } from '../domain/audit.ts';
import { permissionsOf, type Permission, type Role } from '../domain/permission.ts';
import { record } from '../db/audit.ts';
import { transaction, type Pool, type Tx } from '../db/sql.ts';
import type { Processes } from './processes.ts';

export type Staff = { id: string; name: string; unit: string; roles: readonly Role[] };

/** Who acts, on what. One is made for each request. */
export type Context = {
  pool: Pool;
  staff: Staff;
  processes: Processes;
  now(): Date;
};

/** Throws `denied` unless one of the person's roles grants it. */
export function demand(ctx: Pick<Context, 'staff'>, permission: Permission): void {
  if (permissionsOf(ctx.staff.roles).has(permission)) return;
  throw new AppError(
    'denied',
    'permission.denied',
    `This needs the right ${permission}, which none of your roles grants.`,
    { permission },
  );
}

type Recorded<T> = { result: T; audit: Omit<AuditEntry, 'at' | 'actor'> };

/**
 * The shape of every mutation: permission, one transaction, its audit row in it. The type asks for the audit row, so a
 * command cannot forget it.
 */
export async function mutate<T>(
  ctx: Context,
  permission: Permission,
  work: (tx: Tx) => Promise<Recorded<T>>,
): Promise<T> {
  demand(ctx, permission);
  return transaction(ctx.pool, async (tx) => {
    const { result, audit } = await work(tx);
    await record(tx, { ...audit, actor: `staff:${ctx.staff.id}` }, ctx.now());
    return result;
  });
}
