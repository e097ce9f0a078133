import { z } from 'zod';
import { many, sql, type Db } from '../../kernel/sql.db.ts';
import { inUnits } from '../../kernel/units.db.ts';
import { breakReasons } from '../desk/agent-session.rule.ts';

const Row = z.object({
  staffId: z.string(),
  name: z.string(),
  unit: z.string(),
  firstAt: z.date(),
  lastAt: z.date(),
  readySeconds: z.number(),
  callingSeconds: z.number(),
  talkingSeconds: z.number(),
  wrapUpSeconds: z.number(),
  breakSeconds: z.number(),
  awaySeconds: z.number(),
  breaks: z.number(),
  longBreaks: z.number(),
  dialled: z.number(),
  connected: z.number(),
  written: z.number(),
  resolved: z.number(),
  promised: z.number(),
  refused: z.number(),
  optedOut: z.number(),
});
export type AgentDay = z.infer<typeof Row>;

/** What each agent of those units did in that time (F1); stretches are cut at its ends, and one that lasts goes up to `now`. */
export const agentDays = (
  db: Db,
  units: '*' | readonly string[],
  { from, to, now, breakMinutes }: { from: Date; to: Date; now: Date; breakMinutes: number },
): Promise<AgentDay[]> =>
  many(
    db,
    Row,
    sql`with stretch as (
        select staff_id, state, reason, greatest(from_at, ${from}) as f, least(to_at, ${to}) as t from agent_stretch
          where to_at > ${from} and from_at < ${to} and state <> 'away'
        union all
        select staff_id, state, reason, greatest(since, ${from}), least(${now}::timestamptz, ${to}) from agent_session
          where state <> 'away' and since < ${to} and ${now}::timestamptz > ${from}
      ), shift as (
        select staff_id, min(f) as first_at, max(t) as last_at, ${secondsIn('ready')} as ready, ${secondsIn('calling')} as calling,
          ${secondsIn('talking')} as talking, ${secondsIn('wrap-up')} as wrap_up,
          ${seconds(sql`state = 'busy' and ${isBreak}`)} as break, ${seconds(sql`state = 'busy' and not ${isBreak}`)} as away,
          count(*) filter (where state = 'busy' and ${isBreak})::int as breaks,
          count(*) filter (where state = 'busy' and ${isBreak} and t - f > make_interval(mins => ${breakMinutes}))::int as long_breaks
        from stretch where t >= f group by staff_id
      )
      select s.id as "staffId", s.name, s.unit, w.first_at as "firstAt", w.last_at as "lastAt", w.ready as "readySeconds",
        w.calling as "callingSeconds", w.talking as "talkingSeconds", w.wrap_up as "wrapUpSeconds", w.break as "breakSeconds",
        w.away as "awaySeconds", w.breaks, w.long_breaks as "longBreaks", k.dialled, k.connected, n.written, n.resolved, n.promised,
        n.refused, n.opted_out as "optedOut"
      from shift w join staff s on s.id = w.staff_id
        cross join lateral (select count(*) filter (where is_charged)::int as dialled,
            count(*) filter (where connected_at is not null)::int as connected
          from call_attempt where agent_id = s.id and wanted_at >= ${from} and wanted_at < ${to}) k
        cross join lateral (select count(*)::int as written, count(*) filter (where result = 'resolved')::int as resolved,
            count(*) filter (where promised_at is not null)::int as promised, count(*) filter (where result = 'refused')::int as refused,
            count(*) filter (where result = 'do-not-contact')::int as opted_out
          from call_note where agent_id = s.id and at >= ${from} and at < ${to}) n
      where ${inUnits(units, sql`s.unit`)} order by s.unit, s.name, s.id`,
  );

const isBreak = sql`coalesce(reason = any(${[...breakReasons]}::text[]), false)`;
const seconds = (which: ReturnType<typeof sql>) =>
  sql`coalesce(round(extract(epoch from sum(t - f) filter (where ${which}))), 0)::int`;
const secondsIn = (state: string) => seconds(sql`state = ${state}`);
