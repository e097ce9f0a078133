import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import * as db from './import.db.ts';
import { readFile } from './file.db.ts';
import { heldNos } from '../person-change.db.ts';
import { listFaults } from './row.db.ts';
import type { Db, Pool } from '../../kernel/sql.db.ts';
import { errorReport } from './error-report.ts';
import type { RowFault } from '../../kernel/file/fault.rule.ts';
import { demand, type Context } from '../../house/context.ts';
import { Page, pageOf } from '../customer.command.ts';

export async function requireImport(at: Db, id: string): Promise<db.Import> {
  return (await db.findImport(at, id)) ?? unknownImport(id);
}
export function unknownImport(importId: string): never {
  throw new AppError('missing', 'import.unknown', 'There is no such import.', { importId });
}

/** Throws `import.unknown`. Imports of customers need `customer:read`, of audiences `audience:read`. */
export async function loadImport(ctx: Context, id: string): Promise<db.Import> {
  const found = await requireImport(ctx.pool, id);
  demand(ctx, found.kind === 'customers' ? 'customer:read' : 'audience:read');
  return found;
}

export async function listImports(
  ctx: Context,
  input: z.input<typeof Page> = {},
): Promise<{ rows: db.Import[]; next: string | null }> {
  demand(ctx, 'customer:read');
  return pageOf(Page.parse(input), (before, limit) => db.listImports(ctx.pool, before, limit));
}

/** The files that consents and subscriptions came from, by their `source`. */
export async function filesBehind(ctx: Context, rows: readonly { source: string }[]): Promise<db.SourceFiles> {
  demand(ctx, 'customer:read');
  return db.filesOfSources(
    ctx.pool,
    rows.map(({ source }) => source),
  );
}

export type NamedImport = db.NamedImport;

/** As `loadImport`, with the name of whoever uploaded it. */
export async function loadNamedImport(ctx: Context, id: string): Promise<NamedImport> {
  await loadImport(ctx, id);
  return (await db.findNamedImport(ctx.pool, id)) ?? unknownImport(id);
}

export async function browseImports(
  ctx: Context,
  input: z.input<typeof Page> = {},
): Promise<{ rows: NamedImport[]; next: string | null }> {
  demand(ctx, 'customer:read');
  return pageOf(Page.parse(input), (before, limit) => db.listNamedImports(ctx.pool, before, limit));
}

/** How many no's in force would stay with who has the numbers that a file may pass on. Throws `import.unknown`. */
export async function countHeldNos(ctx: Context, id: string): Promise<number> {
  await loadImport(ctx, id);
  return heldNos(ctx.pool, id, ctx.now());
}

/** The first bytes of the kept file, for whoever may accept it. Throws `import.unknown`. */
export async function headOfImport(ctx: Context, id: string): Promise<Buffer> {
  await loadImport(ctx, id);
  const { value } = await readFile(ctx.pool, id).next();
  return value ?? Buffer.alloc(0);
}

/** The first bad rows, masked. Throws `import.unknown`. */
export async function firstFaults(ctx: Context, id: string, limit: number): Promise<RowFault[]> {
  await loadImport(ctx, id);
  return (await listFaults(ctx.pool, id, null, limit)) as RowFault[];
}

/** The bad rows of an import, as a CSV stream (src/customer/import/error-report.ts). Whoever calls checks the right by `loadImport`. */
export const importErrorsCsv = (pool: Pool, id: string, language: 'zh' | 'en' = 'zh'): Readable =>
  errorReport(faultsOf(pool, id), language);

const faultPage = 1_000;
async function* faultsOf(pool: Pool, id: string): AsyncGenerator<RowFault> {
  for (let after: string | null = null; ;) {
    const page = await listFaults(pool, id, after, faultPage);
    for (const fault of page) yield fault as RowFault;
    if (page.length < faultPage) return;
    after = page.at(-1)?.position ?? null;
  }
}
