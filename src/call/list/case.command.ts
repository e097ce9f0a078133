import { createHash } from 'node:crypto';
import { z } from 'zod';
import { demandIn, mutate, type Context } from '../../house/context.ts';
import { findAudience } from '../../audience/audience.db.ts';
import { findStaffByEmail } from '../../house/staff.db.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { findCalendar } from '../../kernel/calendar.db.ts';
import { instant, oneLine, paragraph } from '../../kernel/field.rule.ts';
import { normalizeMobile } from '../../kernel/phone.rule.ts';
import { takeTime, type Tx } from '../../kernel/sql.db.ts';
import { breaksAt, defaultKinds, taskKinds, type TaskKind } from '../kind.rule.ts';
import { addCases, fillFrom, type NewCase } from './fill.db.ts';
import type { CallList } from './list.db.ts';
import { auditOfList, holdList, wrongState } from './list.command.ts';

/** One person to be called about something; by customer id, else by number. */
export const CaseInput = z.strictObject({
  externalId: oneLine(200).nullable().default(null),
  phone: z.string().max(60).nullable().default(null),
  kind: z.enum(taskKinds).nullable().default(null),
  reason: paragraph(500, 0).default(''),
  promisedAt: instant().nullable().default(null),
  /** Who promised, by e-mail address: for a quarter of an hour the call is theirs. */
  agent: z.string().max(200).nullable().default(null),
  /** The caller's own key: the same again makes no second task. Without one it is the person and the kind. */
  sourceKey: oneLine(200).nullable().default(null),
});
export type CaseInput = z.input<typeof CaseInput>;

export type CaseFault =
  | 'case.nobody'
  | 'case.unknown-customer'
  | 'case.phone-unfit'
  | 'case.unknown-agent'
  | 'case.unreadable';
export type CaseAnswer =
  /** The place in what was given, from 0. */
  { place: number; taskId: string; added: boolean } | { place: number; fault: CaseFault; field: string };

const refuseClosed = (list: CallList): void => {
  if (list.state === 'closed') throw wrongState(list, 'open');
};

/** When its clock breaks. */
async function clockOf(tx: Tx, now: Date): Promise<(kind: TaskKind) => Date> {
  const calendar = await findCalendar(tx);
  const known = new Map<TaskKind, Date>();
  return (kind) => {
    const at = known.get(kind) ?? breaksAt(defaultKinds[kind].clock, now, calendar);
    known.set(kind, at);
    return at;
  };
}

/** A number in a key would be read by whoever reads keys. */
const keyOf = ({ externalId, phone }: { externalId: string | null; phone: string | null }, kind: string): string =>
  `person:${createHash('sha256')
    .update(externalId ?? phone ?? '')
    .digest('hex')
    .slice(0, 32)}:${kind}`;

/** Adds cases; each stands for itself, and one that cannot be read stops none of the others. */
export async function addCasesTo(
  ctx: Context,
  { list: which, cases, source = 'api' }: { list: string; cases: readonly unknown[]; source?: 'api' | 'file' },
): Promise<CaseAnswer[]> {
  if (cases.length > 5_000)
    throw new AppError('invalid', 'case.too-many', 'Give 5,000 cases at most at a time.', { limit: 5_000 });
  return mutate(ctx, 'call-list:write', async (tx) => {
    const list = await holdList(ctx, tx, which, 'call-list:write');
    refuseClosed(list);
    const now = ctx.now();
    const dueOf = await clockOf(tx, now);
    const answers: CaseAnswer[] = [];
    const fit: { place: number; row: NewCase }[] = [];
    const agents = new Map<string, string | null>();
    for (const [place, given] of cases.entries()) {
      const read = await readCase(tx, given, list, { dueOf, agents });
      if ('fault' in read) answers.push({ place, ...read });
      else fit.push({ place, row: read });
    }
    const added = await addCases(
      tx,
      list.id,
      fit.map(({ row }) => row),
      now,
    );
    for (const [index, { place }] of fit.entries()) {
      const put = added[index];
      if (!put?.taskId) answers.push({ place, fault: 'case.unknown-customer', field: 'externalId' });
      else answers.push({ place, taskId: put.taskId, added: put.isNew });
    }
    answers.sort((a, b) => a.place - b.place);
    const count = answers.filter((each) => 'added' in each && each.added).length;
    return {
      result: answers,
      audit: auditOfList('call-list.add', list, {
        added: count,
        refused: answers.filter((each) => 'fault' in each).length,
        source,
      }),
    };
  });
}

async function readCase(
  tx: Tx,
  given: unknown,
  list: CallList,
  { dueOf, agents }: { dueOf: (kind: TaskKind) => Date; agents: Map<string, string | null> },
): Promise<NewCase | { fault: CaseFault; field: string }> {
  const parsed = CaseInput.safeParse(given);
  if (!parsed.success) return { fault: 'case.unreadable', field: String(parsed.error.issues[0]?.path[0] ?? '') };
  const { externalId, agent, promisedAt, reason, kind: said, sourceKey } = parsed.data;
  const kind = said ?? list.kind;
  const raw = parsed.data.phone?.trim() ?? '';
  if (externalId === null && raw === '') return { fault: 'case.nobody', field: 'phone' };
  const number = raw === '' ? null : normalizeMobile(raw);
  if (externalId === null && number?.ok !== true) return { fault: 'case.phone-unfit', field: 'phone' };
  const phone = number?.ok ? number.phone : null;
  const promisedBy = agent === null ? null : await agentOf(tx, agent, agents);
  if (agent !== null && promisedBy === null) return { fault: 'case.unknown-agent', field: 'agent' };
  return {
    externalId,
    phone: externalId === null ? phone : null,
    kind,
    reason,
    sourceKey: sourceKey ?? keyOf({ externalId, phone }, kind),
    promisedAt: promisedAt === null ? null : new Date(promisedAt),
    promisedBy,
    dueAt: dueOf(kind),
  };
}

async function agentOf(tx: Tx, email: string, known: Map<string, string | null>): Promise<string | null> {
  const key = email.trim().toLowerCase();
  if (!known.has(key)) known.set(key, (await findStaffByEmail(tx, key))?.id ?? null);
  return known.get(key) ?? null;
}

/** Brings the list to what its filter or audience says now. Throws `call-list.no-source`, `call-list.no-audience`. */
export async function fillList(
  ctx: Context,
  { list: which }: { list: string },
): Promise<{ people: number; added: number; returned: number; left: number; strangers: number }> {
  return mutate(ctx, 'call-list:write', async (tx) => {
    const list = await holdList(ctx, tx, which, 'call-list:write');
    refuseClosed(list);
    await takeTime(tx);
    const now = ctx.now();
    const dueAt = (await clockOf(tx, now))(list.kind);
    const filled = await fillFrom(tx, list, await originOf(ctx, tx, list), { now, dueAt });
    return { result: filled, audit: auditOfList('call-list.fill', list, filled) };
  });
}

async function originOf(ctx: Context, tx: Tx, { source }: CallList) {
  if (source === null)
    throw new AppError(
      'conflict',
      'call-list.no-source',
      'This list has no filter and no audience: add people by file or one by one.',
    );
  demandIn(ctx, 'call-list:write', ctx.staff.unit);
  if ('filter' in source) return { id: '00000000-0000-0000-0000-000000000000', filter: source.filter };
  const audience = await findAudience(tx, source.audience);
  if (audience?.state !== 'open')
    throw new AppError('conflict', 'call-list.no-audience', 'The audience of this list is not there any more.');
  return audience;
}
