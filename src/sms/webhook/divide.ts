import { z } from 'zod';

/**
 * Does `work` on all items together; when something in them is at fault, on each half by itself, down to the single item. Gives
 * those that failed alone. Each call of `work` must be a transaction of its own. A fault that lies elsewhere (the database is
 * away, two callers wait for each other) is thrown: everything is tried again later.
 */
export async function workInHalves<T>(items: readonly T[], work: (items: readonly T[]) => Promise<void>): Promise<T[]> {
  if (items.length === 0) return [];
  try {
    await work(items);
    return [];
  } catch (error) {
    if (!isFaultOfItems(error)) throw error;
    if (items.length === 1) return [...items];
  }
  const middle = Math.ceil(items.length / 2);
  return [...(await workInHalves(items.slice(0, middle), work)), ...(await workInHalves(items.slice(middle), work))];
}

/** PostgreSQL's classes 22 (data), 23 (constraints) and 54 (a limit, such as a row of an index), or a rule that stumbled over the data. */
export function isFaultOfItems(error: unknown): boolean {
  if (error instanceof z.ZodError || error instanceof TypeError || error instanceof RangeError) return true;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(22|23|54)[0-9A-Z]{3}$/.test(code);
}

/** What may be kept and shown of a fault: its class. A message of the database quotes the values it stumbled over. */
export function nameOfFault(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' && /^[\w.-]{1,40}$/.test(code) ? code : typeof name === 'string' ? name : 'unknown';
}
