import { z } from 'zod';
import { demand, mutate, unitsFor, type Context } from '../../house/context.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { dayText } from '../../kernel/field.rule.ts';
import { chinaDateAt } from '../../kernel/working-day.rule.ts';
import { loadBreakLimits } from '../desk/agent-session.db.ts';
import { agentDays, type AgentDay } from './agent-day.db.ts';

const Day = z.object({ day: dayText().nullish() });
export type DailyReport = { day: string; rows: AgentDay[]; breakMinutes: number };

const dayMs = 86_400_000;

/** What the agents of the caller's units did on a day in China, today where none is named (F1). Throws `floor.future-day`. */
export async function dailyReport(ctx: Context, input: z.input<typeof Day>): Promise<DailyReport> {
  demand(ctx, 'floor:read');
  const now = ctx.now();
  const today = chinaDateAt(now);
  const day = Day.parse(input).day ?? today;
  if (day > today) throw new AppError('invalid', 'floor.future-day', 'That day is still to come.', { field: 'day' });
  const from = new Date(`${day}T00:00:00+08:00`);
  const { minutes } = await loadBreakLimits(ctx.pool);
  const rows = await agentDays(ctx.pool, unitsFor(ctx, 'floor:read'), {
    from,
    to: new Date(from.getTime() + dayMs),
    now,
    breakMinutes: minutes,
  });
  return { day, rows, breakMinutes: minutes };
}

/** The same for a file, on record. */
export async function exportDailyReport(ctx: Context, input: z.input<typeof Day>): Promise<DailyReport> {
  const report = await dailyReport(ctx, input);
  await mutate(ctx, 'floor:read', async () => ({
    result: undefined,
    audit: {
      action: 'agent.report-exported',
      objectKind: 'staff',
      objectId: ctx.staff.id,
      details: { day: report.day, rows: report.rows.length },
    },
  }));
  return report;
}
