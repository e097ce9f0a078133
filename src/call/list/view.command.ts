import { z } from 'zod';
import { Page, pageOf } from '../../customer/customer.command.ts';
import { demand, unitsFor, type Context } from '../../house/context.ts';
import { maskPhone } from '../../kernel/phone-mask.rule.ts';
import { whyNow, type Why } from '../priority.rule.ts';
import { taskStates, type TaskCounts } from '../task.rule.ts';
import { callersOf, countTasks, listLists, type CallList } from './list.db.ts';
import { demandList } from './list.command.ts';
import { listStates } from './state.rule.ts';
import { listTasks, type TaskLine } from './task-list.db.ts';

export type ListView = CallList & { counts: TaskCounts; given: number };

const Listing = Page.extend({ state: z.enum(listStates).nullish() });

const withCounts = (lists: readonly CallList[], counts: ReadonlyMap<string, TaskCounts>): ListView[] =>
  lists.flatMap((list) => {
    const of = counts.get(list.id);
    return of ? [{ ...list, counts: of, given: Object.values(of).reduce((sum, n) => sum + n, 0) }] : [];
  });

export async function browseLists(
  ctx: Context,
  input: z.input<typeof Listing> = {},
): Promise<{ rows: ListView[]; next: string | null }> {
  demand(ctx, 'call-list:read');
  const { state, ...page } = Listing.parse(input);
  const filter = { state: state ?? null, units: unitsFor(ctx, 'call-list:read') };
  const { rows, next } = await pageOf(page, (before, limit) => listLists(ctx.pool, filter, before, limit));
  return {
    rows: withCounts(
      rows,
      await countTasks(
        ctx.pool,
        rows.map(({ id }) => id),
      ),
    ),
    next,
  };
}

/** Throws `call-list.missing`. */
export async function showList(ctx: Context, idOrNumber: string): Promise<ListView> {
  demand(ctx, 'call-list:read');
  const list = await demandList(ctx, ctx.pool, idOrNumber);
  const [view] = withCounts([list], await countTasks(ctx.pool, [list.id]));
  return view as ListView;
}

const Tasks = Page.extend({ list: z.string().max(60), state: z.enum(taskStates).nullish() });
export type TaskView = Omit<TaskLine, 'phone'> & { phone: string; why: Why };

/** Tasks of a list, newest first, each with why it is called now or when it may be. */
export async function browseTasks(
  ctx: Context,
  input: z.input<typeof Tasks>,
): Promise<{ rows: TaskView[]; next: string | null }> {
  demand(ctx, 'call-list:read');
  const { list: which, state, ...page } = Tasks.parse(input);
  const list = await demandList(ctx, ctx.pool, which);
  const now = ctx.now();
  const { rows, next } = await pageOf(page, (before, limit) =>
    listTasks(ctx.pool, list.id, state ?? null, before, limit),
  );
  const shown = rows.map((row): TaskView =>
    Object.assign({}, row, { phone: maskPhone(row.phone), why: whyNow(row, now, null) }),
  );
  return { rows: shown, next };
}

/** Numbers that a new list may call with. */
export async function listCallers(ctx: Context): Promise<{ id: string; name: string; callerNumber: string }[]> {
  demand(ctx, 'call-list:read');
  return callersOf(ctx.pool);
}
