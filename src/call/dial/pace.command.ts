import { transaction, type Pool } from '../../kernel/sql.db.ts';
import { claimForDial } from '../claim.db.ts';

/** Takes the next tasks of a list to be dialled without an agent: reserved, and each with a call that is wanted. Gives the calls' ids. */
export const claimPaced = (pool: Pool, claim: Parameters<typeof claimForDial>[1]): Promise<string[]> =>
  transaction(pool, async (tx) => (await claimForDial(tx, claim)).map(({ attemptId }) => attemptId));
