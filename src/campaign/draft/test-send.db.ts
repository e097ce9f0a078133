import { z } from 'zod';
import { roles } from '../../kernel/permission.rule.ts';
import { execute, many, maybe, one, sql, type Db, type Tx } from '../../kernel/sql.db.ts';
import { hold } from '../../kernel/lock.db.ts';

export const testSendStates = ['open', 'calling', 'accepted', 'refused', 'unknown'] as const;
const Row = z.object({
  id: z.uuid(),
  draftId: z.uuid(),
  templateId: z.uuid(),
  sentBy: z.uuid(),
  staffId: z.uuid(),
  phone: z.string(),
  variables: z.record(z.string(), z.string()),
  outId: z.string(),
  state: z.enum(testSendStates),
  createdAt: z.date(),
});
export type TestSend = z.infer<typeof Row>;
const columns = sql`id, draft_id as "draftId", template_id as "templateId", sent_by as "sentBy", staff_id as "staffId", phone, variables, out_id as "outId", state, created_at as "createdAt"`;

export const insertTestSend = (tx: Tx, send: Omit<TestSend, 'state'>) =>
  execute(
    tx,
    sql`insert into test_send (id, draft_id, template_id, sent_by, staff_id, phone, variables, out_id, created_at)
      values (${send.id}, ${send.draftId}, ${send.templateId}, ${send.sentBy}, ${send.staffId}, ${send.phone}, ${JSON.stringify(send.variables)}, ${send.outId}, ${send.createdAt})`,
  );

export const findTestSend = (db: Db, id: string): Promise<TestSend | null> =>
  maybe(db, Row, sql`select ${columns} from test_send where id = ${id}`);

/** Two at once would both see room under a limit: they take turns. */
export const holdTestSends = (tx: Tx) => hold(tx, 'testSends');

const Count = z.object({ ofDraft: z.number(), ofPhone: z.number() });

/** What counts against the limits, whatever became of it. */
export const countTestSends = (
  db: Db,
  of: { draftId: string; phone: string; draftSince: Date; phoneSince: Date },
): Promise<z.infer<typeof Count>> =>
  one(
    db,
    Count,
    sql`select (select count(*) from test_send where draft_id = ${of.draftId} and created_at > ${of.draftSince}) as "ofDraft",
      (select count(*) from test_send where phone = ${of.phone} and created_at > ${of.phoneSince}) as "ofPhone"`,
  );

/** Claims the one call that this row may ever make; false when it was claimed before. */
export async function claimTestSend(db: Db, id: string, now: Date): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`update test_send set state = 'calling', called_at = ${now} where id = ${id} and state = 'open'`,
  );
  return rowCount === 1;
}

/** Writes the end of a call, or of a row whose call is not made. */
export const closeTestSend = (
  db: Db,
  id: string,
  end: {
    from: ('open' | 'calling' | 'unknown')[];
    to: 'accepted' | 'refused' | 'unknown';
    code: string;
    bizId: string | null;
  },
  now: Date,
) =>
  execute(
    db,
    sql`update test_send set state = ${end.to}, code = ${end.code}, biz_id = ${end.bizId}, closed_at = ${now} where id = ${id} and state = any(${end.from})`,
  );

const Line = z.object({
  id: z.uuid(),
  staffName: z.string(),
  phone: z.string(),
  state: z.enum(testSendStates),
  code: z.string().nullable(),
  createdAt: z.date(),
  /** What the carrier's receipt says; null while there is none. */
  delivered: z.boolean().nullable(),
  receiptCode: z.string().nullable(),
  provider: z.enum(['aliyun']),
});
export type TestSendLine = z.infer<typeof Line>;

/** The draft's latest test messages, newest first. */
export const testSendsOf = (db: Db, draftId: string, limit: number): Promise<TestSendLine[]> =>
  many(
    db,
    Line,
    sql`select t.id, s.name as "staffName", t.phone, t.state, t.code, t.created_at as "createdAt", r.delivered, r.error_code as "receiptCode", g.provider
      from test_send t join staff s on s.id = t.staff_id join template e on e.id = t.template_id join gateway_account g on g.id = e.gateway_account_id
      left join lateral (
        select bool_and(delivered) as delivered, min(error_code) as error_code
        from receipt where phone = t.phone and out_id = t.out_id having count(*) > 0) r on true
      where t.draft_id = ${draftId} order by t.created_at desc, t.id desc limit ${limit}`,
  );

const Receiver = z.object({
  id: z.uuid(),
  name: z.string(),
  phone: z.string().nullable(),
  grants: z.array(z.object({ role: z.enum(roles), unit: z.string() })),
});
export type TestReceiver = z.infer<typeof Receiver>;

/** The unit's signers and the person `self`, with the numbers that an administrator has entered; disabled people are none. */
export const testReceivers = (db: Db, unit: string, self: string): Promise<TestReceiver[]> =>
  many(
    db,
    Receiver,
    sql`select s.id, s.name, s.phone,
        (select coalesce(jsonb_agg(jsonb_build_object('role', r.role, 'unit', r.unit)), '[]') from staff_role r where r.staff_id = s.id) as grants
      from staff s
      where s.disabled_at is null and (s.id = ${self} or exists (select from staff_role r
        where r.staff_id = s.id and r.role in ('liaison','leader') and r.unit in ('*', ${unit})))
      order by s.name, s.id limit 100`,
  );
