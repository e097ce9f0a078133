import { execute, sql, type Tx } from '../../kernel/sql.db.ts';

/** Lists that call with a script that is not signed any more stop at once; whoever is on the line finishes the call. */
export const pauseListsOfScript = (tx: Tx, scriptId: string, now: Date) =>
  execute(
    tx,
    sql`update call_list set state = 'paused', state_reason = jsonb_build_object('code', 'call-list.script-not-signed', 'at', ${now}::timestamptz)
      where script_id = ${scriptId} and state = 'open'`,
  );
