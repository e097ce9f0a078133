import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { textOfFile } from '../kit/cli/file.ts';
import { readJson } from '../kit/cli/json-file.ts';
import { fields } from '../kit/cli/output.ts';

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
