import { randomUUIDv7 } from 'node:crypto';
import { Readable } from 'node:stream';
import type { z } from 'zod';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { csvWriter } from '../kernel/csv-writer.ts';
import { mutate, type Context } from '../house/context.ts';
import { Browse, browsePlain } from './search.command.ts';
import { takePlainExport } from './plain-export.command.ts';

const Wanted = Browse.omit({ after: true, limit: true });
type Words = { headings: readonly string[]; word: (kind: 'tier' | 'answer', value: string) => string };

const rowsAtOnce = 1_000;

/**
 * The customers of a filter as a CSV stream, numbers masked; put on record before the first row leaves. `headings` and `words`
 * are in the reader's language.
 */
export async function exportCustomers(ctx: Context, input: z.input<typeof Wanted>, words: Words): Promise<Readable> {
  const filter = Wanted.parse(input);
  const { search, ...named } = filter;
  // The filter without what somebody typed: that may be a name.
  const asked = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== null && value !== undefined));
  await mutate(ctx, 'customer:export', () =>
    Promise.resolve({
      result: null,
      audit: {
        action: 'customer.export',
        objectKind: 'export',
        objectId: randomUUIDv7(),
        details: { ...asked, typed: Boolean(search), plain: false },
      },
    }),
  );
  return csvOf(ctx, filter, words, null);
}

/**
 * Whole numbers, of an export that may be taken now (src/customer/plain-export.command.ts): every row names who took the file and
 * when, so that one that turns up elsewhere says where it came from.
 */
export async function exportPlain(
  ctx: Context,
  id: string,
  words: Words & { marks: readonly string[] },
): Promise<Readable> {
  const filter = await takePlainExport(ctx, id);
  const mark = [`${ctx.staff.name} · ${id}`, ctx.now().toISOString()];
  return csvOf(ctx, filter, { ...words, headings: [...words.headings, ...words.marks] }, mark);
}

/** `mark`: the last columns of every row; with it the numbers are whole. */
function csvOf(ctx: Context, filter: z.output<typeof Wanted>, words: Words, mark: readonly string[] | null): Readable {
  const shown = (phone: string): string => (mark ? phone.replace(/^\+86/, '') : maskPhone(phone));
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
          shown(row.phone),
          row.further.map(shown).join('、'),
          row.name ?? '',
          row.tier === null ? '' : words.word('tier', row.tier),
          words.word('answer', row.marketingConsent === null ? 'none' : row.marketingConsent ? 'yes' : 'no'),
          words.word('answer', row.suppressed ? 'yes' : 'no'),
          row.createdAt.toISOString(),
          ...(mark ?? []),
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
