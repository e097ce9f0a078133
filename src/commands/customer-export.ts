import { randomUUIDv7 } from 'node:crypto';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { AppError } from '../domain/app-error.ts';
import { maskPhone } from '../domain/phone.ts';
import { csvWriter } from '../text/csv-writer.ts';
import { mutate, type Context } from './context.ts';
import { Browse, browsePlain } from './customer-search.ts';

const Wanted = Browse.omit({ after: true, limit: true }).extend({
  /** Whole numbers; asks for a reason. */
  plain: z.boolean().default(false),
  reason: z.string().trim().max(500).default(''),
});

const rowsAtOnce = 1_000;

/**
 * The customers of a filter as a CSV stream, numbers masked unless `plain`; put on record before the first row leaves.
 * `headings` and `words` are in the reader's language. Throws `export.reason-short` (whole numbers, under four characters).
 */
export async function exportCustomers(
  ctx: Context,
  input: z.input<typeof Wanted>,
  words: { headings: readonly string[]; word: (kind: 'tier' | 'answer', value: string) => string },
): Promise<Readable> {
  const { plain, reason, ...filter } = Wanted.parse(input);
  if (plain && Array.from(reason).length < 4) {
    throw new AppError(
      'invalid',
      'export.reason-short',
      'Say what whole numbers are needed for, in at least 4 characters.',
      {
        field: 'reason',
      },
    );
  }
  const exportId = randomUUIDv7();
  const { search, ...named } = filter;
  // The filter without what somebody typed: that may be a name.
  const asked = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== null && value !== undefined));
  const details = { ...asked, typed: Boolean(search), plain, ...(reason && { reason }) };
  await mutate(ctx, 'customer:export', () =>
    Promise.resolve({
      result: null,
      audit: { action: 'customer.export', objectKind: 'export', objectId: exportId, details },
    }),
  );

  async function* rows(): AsyncGenerator<readonly string[]> {
    yield words.headings;
    for (let after: string | null = null; ;) {
      const page: Awaited<ReturnType<typeof browsePlain>> = await browsePlain(ctx, {
        ...filter,
        after,
        limit: rowsAtOnce,
      });
      for (const row of page.rows) {
        yield [
          row.externalId ?? '',
          plain ? row.phone.replace(/^\+86/, '') : maskPhone(row.phone),
          row.name ?? '',
          row.tier === null ? '' : words.word('tier', row.tier),
          words.word('answer', row.marketingConsent === null ? 'none' : row.marketingConsent ? 'yes' : 'no'),
          words.word('answer', row.suppressed ? 'yes' : 'no'),
          row.createdAt.toISOString(),
        ];
      }
      after = page.next;
      if (after === null) return;
    }
  }
  const source = Readable.from(rows());
  const csv = csvWriter();
  source.on('error', (error) => csv.destroy(error));
  // Whoever stops reading stops the queries too.
  csv.once('close', () => source.destroy());
  return source.pipe(csv);
}
