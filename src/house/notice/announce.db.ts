import { z } from 'zod';
import type { CampaignState } from '../../kernel/campaign-state.rule.ts';
import {
  recipientsOf,
  rolesToldOf,
  type NoticeAbout,
  type NoticeItem,
  type NoticeKind,
  type Reachable,
} from './notice.rule.ts';
import { roles, type Role } from '../../kernel/permission.rule.ts';
import { insertNotices } from './notice.db.ts';
import { many, maybe, sql, type Db } from '../../kernel/sql.db.ts';

export type Announcement = {
  kind: NoticeKind;
  item: { kind: NoticeItem; id: string };
  /** Who did it, and so need not be told. */
  actorId?: string | null;
  /** Tells two events of one kind about one item apart; without it the second one is the first. */
  step?: string;
  /** Where a setting of the house says who is told. */
  roles?: readonly Role[];
  /** Ids, codes and counts; never personal data, since it leaves the house. */
  details?: Readonly<Record<string, string | number>>;
};

/**
 * Tells whoever is to hear of an event, in the event's own transaction: what is rolled back is not told, what is committed
 * cannot be forgotten. Repeatable by (kind, item, person, step). Gives how many people are told.
 */
export async function announce(tx: Db, event: Announcement, now: Date): Promise<number> {
  const { unit, ownerId } = await standOf(tx, event.item);
  const wanted = event.roles ?? rolesToldOf(event.kind);
  const about: NoticeAbout = { kind: event.kind, unit, ownerId, actorId: event.actorId ?? null, roles: wanted };
  const told = recipientsOf(about, wanted.length > 0 ? await peopleWith(tx, wanted) : []);
  const { kind, item, step = '', details = {} } = event;
  return insertNotices(
    tx,
    [null, ...told].map((staffId) => ({ staffId, kind, item, step, details })),
    now,
  );
}

const Stand = z.object({ unit: z.string().nullable(), ownerId: z.string().nullable() });
const nobodys = { unit: null, ownerId: null };

/** To which unit and to whom an item belongs. */
export async function standOf(tx: Db, item: Announcement['item']): Promise<z.infer<typeof Stand>> {
  if (item.kind === 'gateway' || item.kind === 'channel' || item.kind === 'calendar') return nobodys;
  const query = {
    campaign: sql`select unit, applicant_id as "ownerId" from campaign where id = ${item.id}`,
    form: sql`select unit, applicant_id as "ownerId" from form where id = ${item.id}`,
    credential: sql`select null as unit, staff_id as "ownerId" from credential where id = ${item.id}`,
    import: sql`select null as unit, created_by as "ownerId" from import where id = ${item.id}`,
  }[item.kind];
  return (await maybe(tx, Stand, query)) ?? nobodys;
}

const Person = z.object({ id: z.string(), grants: z.array(z.object({ role: z.enum(roles), unit: z.string() })) });

/** People who can sign in and hold one of the roles, in whatever unit. */
export const peopleWith = (db: Db, wanted: readonly Role[]): Promise<Reachable[]> =>
  many(
    db,
    Person,
    sql`select s.id, jsonb_agg(jsonb_build_object('role', r.role, 'unit', r.unit)) as grants
      from staff s join staff_role r on r.staff_id = s.id
      where s.disabled_at is null and r.role = any(${[...wanted]}::text[]) group by s.id`,
  );

const kindOfMove: Partial<Record<CampaignState, NoticeKind>> = {
  draft: 'form-refused',
  rejected: 'form-rejected',
  expired: 'form-expired',
  paused: 'campaign-paused',
  voided: 'campaign-voided',
  cancelled: 'campaign-cancelled',
  completed: 'campaign-finished',
};

/** Every move of a campaign comes by here, so that none can be made in silence. A pause is news only when no person made it. */
export async function announceMove(
  tx: Db,
  move: { campaignId: string; to: CampaignState; reason: Readonly<Record<string, unknown>> | null },
  now: Date,
): Promise<void> {
  const kind = kindOfMove[move.to];
  const { by, code, gatewayCode } = move.reason ?? {};
  if (!kind || (kind === 'campaign-paused' && by !== 'system')) return;
  const details = Object.fromEntries(
    Object.entries({ code, gatewayCode }).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  // A campaign can be paused, or its form refused, again; its other ends come once.
  const repeats = kind === 'campaign-paused' || kind === 'form-refused';
  await announce(
    tx,
    {
      kind,
      item: { kind: 'campaign', id: move.campaignId },
      actorId: typeof by === 'string' && by !== 'system' ? by : null,
      step: repeats ? now.toISOString() : '',
      details,
    },
    now,
  );
}
