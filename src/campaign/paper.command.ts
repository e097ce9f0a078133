import { findSamples, membersAt, type FormMember, type FormSamples } from '../audience/frozen.db.ts';
import { windowStateAt, type Window } from '../contact/sending-window.rule.ts';
import type { Form } from '../form/form.rule.ts';
import type { Context } from '../house/context.ts';
import { findCalendar } from '../kernel/calendar.db.ts';

/** Members of the form's frozen list at those places, unmasked: for their renderings. The caller has read the form. */
export const formMembers = (ctx: Context, form: Form, seqs: readonly number[]): Promise<FormMember[]> =>
  membersAt(ctx.pool, form.audience.id, seqs);

/** Who gets the shortest, the usual and the longest text; the caller has read the form. */
export const formSamples = (ctx: Context, form: Form): Promise<FormSamples | null> =>
  findSamples(ctx.pool, form.audience.id);

/** Signed, and its window is open: it is about to begin. */
export async function windowIsOpen(ctx: Context, window: Window): Promise<boolean> {
  const calendar = await findCalendar(ctx.pool);
  return calendar !== null && windowStateAt(window, calendar, ctx.now()).kind === 'open';
}
