import { AppError } from '../../kernel/app-error.rule.ts';
import type { Pool } from '../../kernel/sql.db.ts';

/** A file is read on a connection of its own, for as long as it takes to arrive: a quarter of them may be taken by files. */
const share = 4;
const taken = new WeakMap<Pool, number>();

/** Gives what frees the seat again. Throws `import.busy`: slow uploads must leave connections to everybody else. */
export function takeReadingSeat(pool: Pool): () => void {
  const seats = Math.max(1, Math.floor(pool.options.max / share));
  const now = taken.get(pool) ?? 0;
  if (now >= seats)
    throw new AppError('unavailable', 'import.busy', `${seats} files are being read already; try again in a minute.`);
  taken.set(pool, now + 1);
  let free = false;
  return () => {
    if (!free) taken.set(pool, (taken.get(pool) ?? 1) - 1);
    free = true;
  };
}
