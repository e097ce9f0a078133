import { z } from 'zod';
import { execute, maybe, sql, type Db } from '../../kernel/sql.db.ts';

const Row = z.object({
  id: z.uuid(),
  staffName: z.string(),
  startedAt: z.date(),
  touchedAt: z.date(),
  rows: z.number(),
  ofRows: z.number(),
  finishedAt: z.date().nullable(),
  holds: z.boolean().nullable(),
  brokenAt: z.number().nullable(),
  lastHash: z.string().nullable(),
  fault: z.string().nullable(),
  sealedSeq: z.number().nullable(),
  sealedAt: z.string().nullable(),
});
/** One recomputation of the audit chain: running, done, or lost with its process (`touchedAt` stands still). */
export type AuditCheck = z.infer<typeof Row>;

export const latestAuditCheck = (db: Db): Promise<AuditCheck | null> =>
  maybe(
    db,
    Row,
    sql`select c.id, s.name as "staffName", c.started_at as "startedAt", c.touched_at as "touchedAt", c.rows, c.of_rows as "ofRows",
        c.finished_at as "finishedAt", c.holds, c.broken_at as "brokenAt", c.last_hash as "lastHash", c.fault, c.sealed_seq as "sealedSeq", c.sealed_at as "sealedAt"
      from audit_check c join staff s on s.id = c.staff_id order by c.started_at desc limit 1`,
  );

export const insertAuditCheck = (db: Db, check: { id: string; staffId: string; ofRows: number; now: Date }) =>
  execute(
    db,
    sql`insert into audit_check (id, staff_id, started_at, touched_at, of_rows) values (${check.id}, ${check.staffId}, ${check.now}, ${check.now}, ${check.ofRows})`,
  );

export const touchAuditCheck = (db: Db, id: string, rows: number, now: Date) =>
  execute(db, sql`update audit_check set rows = ${rows}, touched_at = ${now} where id = ${id}`);

export const finishAuditCheck = (
  db: Db,
  id: string,
  verdict: {
    rows: number;
    holds: boolean;
    brokenAt: number | null;
    lastHash: string;
    fault: string | null;
    sealed: { seq: number; at: string } | null;
  },
  now: Date,
) =>
  execute(
    db,
    sql`update audit_check set rows = ${verdict.rows}, holds = ${verdict.holds}, broken_at = ${verdict.brokenAt}, last_hash = ${verdict.lastHash},
        fault = ${verdict.fault}, sealed_seq = ${verdict.sealed?.seq ?? null}, sealed_at = ${verdict.sealed?.at ?? null},
        touched_at = ${now}, finished_at = ${now} where id = ${id}`,
  );
