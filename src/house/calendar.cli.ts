import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { textOfFile } from '../kit/cli/file.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { readJson } from '../kit/cli/json-file.ts';
import { fields } from '../kit/cli/output.ts';

type Notice = { weeks: number; roles: string[] };
type Calendar = { version: string; coveredFrom: string; coveredUntil: string; days: Record<string, string> };

export function addCalendar(program: Command, run: Run): void {
  const calendar = noun(program, 'calendar', 'Holidays and the working days that make up for them');
  verb(calendar, run, {
    name: 'show',
    summary: 'The calendar in force',
    examples: ['calendar show'],
    run: async (session) => {
      const data = await session.client().get<Calendar>('/calendars/active');
      return {
        data,
        text: fields({
          version: data.version,
          covers: `${data.coveredFrom} to ${data.coveredUntil}`,
          'special days': Object.keys(data.days).length,
        }),
      };
    },
  });
  verb<[], { weeks?: string; role: string[] }>(calendar, run, {
    name: 'notice',
    summary: 'When and whom the calendar’s end is told to; with a flag, change it',
    options: [['--weeks <n>', 'so many weeks before its end (1 to 26)']],
    repeated: [['--role <role>', 'people of this role are told']],
    examples: ['calendar notice', 'calendar notice --weeks 8 --role administrator --role supervisor'],
    run: async (session, _, { weeks, role }) => {
      const client = session.client();
      const stands = await client.get<Notice>('/calendars/notice');
      const wanted = {
        weeks: weeks === undefined ? stands.weeks : wholeNumber('--weeks', weeks),
        roles: role.length === 0 ? stands.roles : role,
      };
      const changes = weeks !== undefined || role.length > 0;
      const data = changes ? await client.post<Notice>('/calendars/notice', wanted) : stands;
      return { data, text: fields({ 'weeks before its end': data.weeks, 'roles told': data.roles }) };
    },
  });
  verb<[string]>(calendar, run, {
    name: 'import <file>',
    summary: 'Store the next version (JSON: version, coveredFrom, coveredUntil, days, source) and put it in force',
    examples: ['calendar import calendar-2027.json'],
    run: async (session, [file]) => {
      await session.client().post('/calendars', readJson(file, textOfFile(session.cwd, file)));
      return { data: { imported: true }, text: 'The calendar is in force.' };
    },
  });
}
