import { z } from 'zod';
import type { Translate } from '../../kernel/translate.ts';
import type { Api } from '../../kit/http/api.ts';
import { sendCsv } from '../../kit/http/send-csv.ts';
import { formatClock } from '../../kit/page/format.ts';
import type { Pages } from '../../kit/page/page.ts';
import { blank } from '../../kit/page/query.ts';
import type { AgentDay } from './agent-day.db.ts';
import { dailyReport, exportDailyReport } from './agent-day.command.ts';
import { watchOf } from '../desk/watch.ts';

const hidden = { hide: true };
const Query = z.object({ day: z.preprocess(blank, z.iso.date().optional().catch(undefined)) });

const columns = [
  'name',
  'unit',
  'first',
  'last',
  'dialled',
  'connected',
  'written',
  'resolved',
  'promised',
  'refused',
  'opted-out',
  'talk',
  'talk-each',
  'wrap-up',
  'wrap-up-each',
  'ready',
  'break',
  'breaks',
  'long-breaks',
  'away',
] as const;

const each = (seconds: number, count: number): string => (count === 0 ? '—' : watchOf(seconds / count));

const cellsOf = (row: AgentDay): Record<(typeof columns)[number], string | number> => ({
  name: row.name,
  unit: row.unit,
  first: formatClock(row.firstAt).slice(0, 5),
  last: formatClock(row.lastAt).slice(0, 5),
  dialled: row.dialled,
  connected: row.connected,
  written: row.written,
  resolved: row.resolved,
  promised: row.promised,
  refused: row.refused,
  'opted-out': row.optedOut,
  talk: watchOf(row.talkingSeconds),
  'talk-each': each(row.talkingSeconds, row.connected),
  'wrap-up': watchOf(row.wrapUpSeconds),
  'wrap-up-each': each(row.wrapUpSeconds, row.written),
  ready: watchOf(row.readySeconds + row.callingSeconds),
  break: watchOf(row.breakSeconds),
  breaks: row.breaks,
  'long-breaks': row.longBreaks,
  away: watchOf(row.awaySeconds),
});

const headsOf = (t: Translate): string[] => columns.map((column) => t(`floor.day-${column}`));

export function agentDayPages(app: Api, pages: Pages): void {
  app.get(
    '/floor/report',
    { config: { needs: 'floor:read', page: true }, schema: { ...hidden, querystring: Query } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const report = await dailyReport(pages.contextOf(request), request.query);
      return pages.page(request, reply, 'floor/report', {
        title: t('floor.report'),
        nav: 'floor',
        crumbs: [{ href: '/floor', label: t('floor.title') }],
        styles: ['floor.css'],
        day: report.day,
        breakMinutes: report.breakMinutes,
        heads: headsOf(t).map((label, index) => ({ label, right: index > 3 })),
        rows: report.rows.map((row) => ({
          cells: Object.values(cellsOf(row)).map((value, index) => ({ value, right: index > 3 })),
          isLong: row.longBreaks > 0,
        })),
      });
    },
  );
  app.get(
    '/floor/report.csv',
    { config: { needs: 'floor:read', page: false }, schema: { ...hidden, querystring: Query } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const report = await exportDailyReport(pages.contextOf(request), request.query);
      return sendCsv(reply, linesOf(t, report.rows), {
        fileName: `agents-${report.day}.csv`,
        shownName: `${t('floor.report')}-${report.day}.csv`,
      });
    },
  );
}

async function* linesOf(t: Translate, rows: readonly AgentDay[]): AsyncGenerator<unknown[]> {
  yield headsOf(t);
  for (const row of rows) yield Object.values(cellsOf(row));
}
