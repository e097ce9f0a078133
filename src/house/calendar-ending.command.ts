import { daysCovered } from '../kernel/calendar-change.rule.ts';
import { findCalendar } from '../kernel/calendar.db.ts';
import { transaction, type Pool } from '../kernel/sql.db.ts';
import { chinaDateAt } from '../kernel/working-day.rule.ts';
import { record } from './audit/audit.db.ts';
import { loadCalendarNotice } from './calendar-notice.db.ts';
import { announce } from './notice/announce.db.ts';
import { wasTold } from './notice/notice.db.ts';

/** There is one calendar in force; a notice about it has to name something. */
const theCalendar = '00000000-0000-0000-0000-000000000000';

/**
 * Tells each person of the roles that the setting names once of a calendar that ends within its weeks, and once more when it has ended, on record. Repeatable. `over`
 * is the day it ended on, told by this call for the first time. What cannot be planned or reminded without the next calendar should
 * never come about.
 */
export const tellOfCalendarEnd = (pool: Pool, now: Date): Promise<{ told: number; over: string | null }> =>
  transaction(pool, async (tx) => {
    const calendar = await findCalendar(tx);
    const days = calendar ? daysCovered(calendar, chinaDateAt(now)) : 0;
    const { weeks, roles } = await loadCalendarNotice(tx);
    if (!calendar || days > weeks * 7) return { told: 0, over: null };
    const { version, coveredUntil } = calendar;
    const kind = 'calendar-ending';
    const step = days === 0 ? `${coveredUntil} over` : coveredUntil;
    const before = await wasTold(tx, kind, theCalendar, step);
    const item = { kind: 'calendar', id: theCalendar } as const;
    const told = await announce(tx, { kind, item, step, roles, details: { until: coveredUntil } }, now);
    if (before && told === 0) return { told, over: null };
    await record(
      tx,
      {
        actor: 'system',
        action: 'calendar.ending',
        objectKind: 'calendar',
        objectId: version,
        details: { coveredUntil, days, told },
      },
      now,
    );
    return { told, over: days === 0 && !before ? coveredUntil : null };
  });
