import { execute, type Db, sql } from '../kernel/sql.db.ts';
import { formMoves, type FormState } from './form-state.rule.ts';

/** Moves the campaign's form where it has one and the move is legal. */
export const moveForm = (tx: Db, campaignId: string, to: FormState, now: Date) =>
  execute(
    tx,
    sql`update form set state = ${to}, state_at = ${now} where campaign_id = ${campaignId} and state = any(${[...formMoves[to]]})`,
  );
