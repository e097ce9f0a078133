import { demand, unitsFor, type Context } from '../../house/context.ts';
import { maskPhone } from '../../kernel/phone-mask.rule.ts';
import { chinaDateAt } from '../../kernel/working-day.rule.ts';
import type { AgentState } from '../desk/agent-session.rule.ts';
import * as db from './floor.db.ts';
import { callsAffordable, isLong, isOverCap, nearestOf } from './floor.rule.ts';

/** A clock that breaks within so many minutes stands on the board. */
const riskMinutes = 30;
const mostAtRisk = 20;

export type FloorView = {
  at: Date;
  agents: (db.FloorAgent & { seconds: number; isLong: boolean })[];
  states: { state: AgentState; count: number }[];
  calls: { talking: number; ringing: number };
  today: { dialled: number; answered: number; liveAnswers: number; abandoned: number };
  lists: (db.ListFigures & { affordable: number; overCap: boolean })[];
  atRisk: (Omit<db.TaskAtRisk, 'phone'> & { phone: string; secondsLeft: number })[];
};

export const startOfChinaDay = (now: Date): Date => new Date(`${chinaDateAt(now)}T00:00:00+08:00`);

const sum = <Row>(rows: readonly Row[], of: (row: Row) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);

/** The floor as it is this second, for the units that the caller supervises; numbers are masked. */
export async function viewFloor(ctx: Context): Promise<FloorView> {
  demand(ctx, 'floor:read');
  const units = unitsFor(ctx, 'floor:read');
  const now = ctx.now();
  const [agents, lists, atRisk] = await Promise.all([
    db.agentsAtWork(ctx.pool, units),
    db.listFigures(ctx.pool, units, startOfChinaDay(now)),
    db.tasksAtRisk(ctx.pool, units, new Date(now.getTime() + riskMinutes * 60_000), mostAtRisk),
  ]);
  const secondsSince = (since: Date): number => Math.max(0, Math.floor((now.getTime() - since.getTime()) / 1_000));
  const shown = ['talking', 'calling', 'wrap-up', 'ready', 'busy'] as const;
  return {
    at: now,
    agents: agents.map((each) => {
      const seconds = secondsSince(each.since);
      return Object.assign(each, { seconds, isLong: isLong(each.state, seconds) });
    }),
    states: shown.map((state) => ({ state, count: agents.filter((each) => each.state === state).length })),
    calls: { talking: sum(lists, (each) => each.talking), ringing: sum(lists, (each) => each.ringing) },
    today: {
      dialled: sum(lists, (each) => each.dialled),
      answered: sum(lists, (each) => each.answered),
      liveAnswers: sum(lists, (each) => each.liveAnswers),
      abandoned: sum(lists, (each) => each.abandoned),
    },
    lists: lists.map((each) => {
      const abandonment = { answered: each.liveAnswers, abandoned: each.abandoned };
      return Object.assign(each, {
        affordable: callsAffordable(abandonment, each.cap),
        overCap: isOverCap(abandonment, each.cap),
      });
    }),
    atRisk: atRisk.map((each) =>
      Object.assign(each, {
        phone: maskPhone(each.phone),
        secondsLeft: Math.floor(((nearestOf(each) ?? now).getTime() - now.getTime()) / 1_000),
      }),
    ),
  };
}
