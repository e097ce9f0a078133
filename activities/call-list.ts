import { tendList, type ListStep } from '../src/call/list/tend.command.ts';
import type { Pool } from '../src/kernel/sql.db.ts';

export type CallListActivities = ReturnType<typeof createCallListActivities>;

export const createCallListActivities = ({ pool, now = () => new Date() }: { pool: Pool; now?: () => Date }) => ({
  /** Repeatable: each time it does what the database says is to be done now, and says when to look again. */
  tendCallList: (listId: string): Promise<ListStep> => tendList(pool, listId, now()),
});
