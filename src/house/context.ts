import { AppError } from '../kernel/app-error.rule.ts';
import type { AuditEntry } from './audit/audit.rule.ts';
import { isActive, type StandIn } from './delegation.rule.ts';
import { mayInUnit, rightsOf, unitsOf, type Grant, type Permission, type Role } from '../kernel/permission.rule.ts';
import type { AuditSeals } from './audit/seals.ts';
import { record } from './audit/audit.db.ts';
import type { Seal } from './notice/sealed.ts';
import { transaction, type Pool, type Tx } from '../kernel/sql.db.ts';
import type { Processes } from './processes.ts';

/**
 * `grants` say in which unit a role holds; `roles` are their distinct names. A grant with `onBehalfOf` is another
 * person's, for as long as the caller stands in for them.
 */
export type Staff = {
  id: string;
  name: string;
  unit: string;
  roles: readonly Role[];
  grants: readonly (Grant & { onBehalfOf?: string })[];
  /** Of the pages, as the person has chosen it. */
  language?: Language;
};
type Language = 'zh-CN' | 'en';

/** The person who acts: their own grants, and those of whom they stand in for at `now`. */
export function actingStaff(
  person: { id: string; name: string; unit: string; grants: readonly Grant[]; language: Language },
  standIns: readonly StandIn[],
  now: Date,
): Staff {
  const taken = standIns
    .filter((each) => isActive(each, now))
    .map(({ role, unit, staffId }) => ({ role, unit, onBehalfOf: staffId }));
  const grants = [...person.grants, ...taken];
  const { id, name, unit, language } = person;
  return { id, name, unit, roles: [...new Set(grants.map(({ role }) => role))], grants, language };
}

/** Who acts, on what. One is made for each request. */
export type Context = {
  pool: Pool;
  staff: Staff;
  processes: Processes;
  now(): Date;
  /** Hosts that an account may name (WAIHU_GATEWAY_ENDPOINTS, WAIHU_VOICE_HOSTS); Alibaba's own when it is not given. */
  gatewayEndpoints?: readonly string[];
  /** Seals the passwords of PBX accounts under the installation's key. */
  voiceSeal?: Seal;
  /** The installation's key and file of seals. Without them acts are recorded unsealed, and nothing can be sent on them. */
  seals?: AuditSeals;
  /** What identities of customers are hashed with, to be compared and never read. */
  identityKey?: Uint8Array;
  /** The session in which the person acts; absent or null with an API key, which others may have issued. */
  session?: { id: string } | null;
  /** Days for which giving somebody a way in bars from approving their signing keys; 30 unless the installation says otherwise. */
  wayInDays?: number;
};

/** Throws `denied` unless one of the person's roles grants it. */
export function demand(ctx: Pick<Context, 'staff'>, permission: Permission): void {
  if (rightsOf(ctx.staff.grants).has(permission)) return;
  throw new AppError(
    'denied',
    'permission.denied',
    `This needs the right ${permission}, which none of your roles grants.`,
    { permission },
  );
}

/** As `demand`, for something that belongs to an organisational unit. */
export function demandIn(ctx: Pick<Context, 'staff'>, permission: Permission, unit: string): void {
  demand(ctx, permission);
  if (mayInUnit(ctx.staff.grants, permission, unit)) return;
  throw new AppError(
    'denied',
    'permission.denied-in-unit',
    `You do not have the right ${permission} in the unit ${unit}.`,
    {
      permission,
      unit,
    },
  );
}

/** Throws `session.own-needed` unless the person acts in a session of their own: what must not be done by API key. */
export function demandOwnSession(ctx: Pick<Context, 'session'>): void {
  if (ctx.session) return;
  throw new AppError(
    'denied',
    'session.own-needed',
    'This is done signed in as yourself (console, or `--email` on the command), never with an API key: somebody else may have issued the key.',
  );
}

/** In which units the caller may: '*' for every one, else their names (none when the right is not held at all). */
export const unitsFor = (ctx: Pick<Context, 'staff'>, permission: Permission): '*' | string[] =>
  unitsOf(ctx.staff.grants, permission);

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
  const done = await transaction(ctx.pool, async (tx) => {
    const recorded = await work(tx);
    await record(tx, { ...recorded.audit, actor: `staff:${ctx.staff.id}` }, ctx.now(), ctx.seals?.key);
    return recorded;
  });
  // What leaves the house stands in the record: that place is sealed before it goes.
  if (done.audit.action.includes('export')) await ctx.seals?.sealHead();
  return done.result;
}
