import { z } from 'zod';
import { contactPurposes } from '../../kernel/reach.rule.ts';
import { many, sql, type Db } from '../../kernel/sql.db.ts';

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

/**
 * Those of the lists that people may be called from at `now`: open, in their time, with a script whose form is signed and an account that
 * works. Asked anew by every claim: a list is stopped the moment one of them is not so.
 */
export const callableLists = (db: Db, ids: readonly string[], now: Date): Promise<CallableList[]> =>
  many(
    db,
    Row,
    sql`select l.id, l.purpose, l.mode, l.script_id as "scriptId", l.account_id as "accountId", l.caller_number as "callerNumber"
      from call_list l join script s on s.id = l.script_id
        join form f on f.subject_kind = 'script' and f.subject_id = s.id
        join voice_account a on a.id = l.account_id
      where l.id = any(${[...ids]}::uuid[]) and l.state = 'open' and s.state = 'signed' and f.state = 'signed' and a.state = 'active'
        and coalesce(l.opens_at <= ${now}, true) and coalesce(l.closes_at > ${now}, true)`,
  );
