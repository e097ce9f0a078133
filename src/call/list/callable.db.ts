import { z } from 'zod';
import { contactPurposes } from '../../kernel/reach.rule.ts';
import { many, sql, type Db, type Sql } from '../../kernel/sql.db.ts';

export const callModes = ['preview', 'progressive', 'predictive'] as const;

const Row = z.object({
  id: z.uuid(),
  purpose: z.enum(contactPurposes),
  mode: z.enum(callModes),
  scriptId: z.uuid(),
  accountId: z.uuid(),
  callerNumber: z.string(),
});
export type CallableList = z.infer<typeof Row>;

/** Of a list `l` that people may be called from at `now`: open, in its time, with a script whose form is signed and an account that works. */
export const isCallableList = (now: Date): Sql =>
  sql`l.state = 'open' and coalesce(l.opens_at <= ${now}, true) and coalesce(l.closes_at > ${now}, true)
    and exists (select from script s join form f on f.subject_kind = 'script' and f.subject_id = s.id
      where s.id = l.script_id and s.state = 'signed' and f.state = 'signed')
    and exists (select from voice_account a where a.id = l.account_id and a.state = 'active')`;

/** Those of the lists that people may be called from at `now`. Asked anew by every claim: a list is stopped the moment one of them is not so. */
export const callableLists = (db: Db, ids: readonly string[], now: Date): Promise<CallableList[]> =>
  many(
    db,
    Row,
    sql`select l.id, l.purpose, l.mode, l.script_id as "scriptId", l.account_id as "accountId", l.caller_number as "callerNumber"
      from call_list l where l.id = any(${[...ids]}::uuid[]) and ${isCallableList(now)}`,
  );
